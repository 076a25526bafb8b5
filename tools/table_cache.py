"""Feature tables kept on disk, so that a second fit does not compare a million pairs again."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.matcher_data import RATED, Table, path_of

FOLDER = Path(tempfile.gettempdir()) / "cuttings-tables"
ROOT = Path(__file__).parents[1]
# A table is a function of these. What clusters and explains is not among them.
_READ = (
    "features", "fingerprint", "comparisons", "sweep", "blocking", "prefilter", "meaning", "encoder",
    "tokens", "dates", "term_weights", "surface_forms", "bodies", "members", "closeness",
)  # fmt: skip


def cached(build: Callable[[str], Table], name: str, *, data: str = "") -> Table:
    """Return the table of a labelled file, from the disk where neither the file nor the matcher changed.

    ``data``: what else the table is made from, in a word that changes with it.
    """
    digest = hashlib.blake2b(f"{name} {data}".encode(), digest_size=12)
    for module in _READ:
        digest.update((ROOT / "pipelines" / "matching" / f"{module}.py").read_bytes())
    for module in ("matcher_data", *(("altered_pairs", "met_pairs") if data else ())):
        digest.update((ROOT / "tools" / f"{module}.py").read_bytes())
    if not data:
        path = path_of(name.partition("+")[0], "pairs" if name in RATED else "clustering")
        digest.update(path.read_bytes())
    kept = FOLDER / f"{name}-{digest.hexdigest()}.pickle"
    if kept.is_file():
        found: Table = pickle.loads(kept.read_bytes())
        return found
    made = build(name)
    FOLDER.mkdir(exist_ok=True)
    partial = kept.with_suffix(".partial")
    partial.write_bytes(pickle.dumps(made))
    partial.replace(kept)
    return made
