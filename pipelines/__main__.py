"""The first code of ``cuttings`` and of ``python -m pipelines``: SIGINT is handled before anything else."""

try:
    import os
    import sys

    from pipelines import interrupts
except KeyboardInterrupt:
    raise SystemExit(130) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


# For the linear algebra of NumPy. Our products are small: threads wait for each other more than they work,
# in each worker of a backfill once more. On two loaded cores `score` with the encoder took 33 ms of CPU an
# article with two threads and 10 with one.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main() -> "NoReturn":
    """Run the command line and exit."""
    try:
        sys.unraisablehook = interrupts.end_if_dropped
        interrupts.end_on_sigint()
        for variable in ONE_THREAD:
            os.environ.setdefault(variable, "1")  # read once, when NumPy is imported
        from pipelines.commands import main as run_command_line  # noqa: PLC0415 - SIGINT first
    except KeyboardInterrupt:
        interrupts.end(interrupts.SIGINT)
    run_command_line()


if __name__ == "__main__":
    main()
