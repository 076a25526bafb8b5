"""The first code of ``cuttings`` and of ``python -m pipelines``: SIGINT is handled before anything else."""

try:
    import sys

    from pipelines import interrupts
except KeyboardInterrupt:
    raise SystemExit(130) from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the command line and exit."""
    try:
        sys.unraisablehook = interrupts.end_if_dropped
        interrupts.end_on_sigint()
        from pipelines.commands import main as run_command_line  # noqa: PLC0415 - SIGINT first
    except KeyboardInterrupt:
        interrupts.end(interrupts.SIGINT)
    run_command_line()


if __name__ == "__main__":
    main()
