"""Make `pipelines/storage/fingerprints.zdict`, the Zstandard dictionary of the stored fingerprints.

    cuttings demo --db demo.db && python -m tools.fit_dictionary demo.db

It is trained on the invented articles of the demo. A database can only be read with the dictionary that it
was written with: a new one gets a new file and the old one stays.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import zstandard

from pipelines.storage.store import Store
from pipelines.storage.tables.matching import DICTIONARY

# 336 fingerprints of news take 2,790 bytes each without a dictionary, 2,672 with this one, 2,653 with 32,768.
SIZE = 8_192


def main() -> None:
    """Write the file, unless it is there."""
    parser = argparse.ArgumentParser(description="Train the dictionary of the stored fingerprints.")
    parser.add_argument("database", type=Path)
    database = parser.parse_args().database
    if DICTIONARY.exists():
        parser.error(f"{DICTIONARY} is there; databases that were written with it need it as it is")
    with Store(database, read_only=True) as store:
        bodies: list[bytes | bytearray | memoryview] = [
            *store.fingerprints.load(store.articles.ids()).values(),
        ]
    DICTIONARY.write_bytes(zstandard.train_dictionary(SIZE, bodies).as_bytes())
    print(f"wrote {DICTIONARY} from {len(bodies)} fingerprints")


if __name__ == "__main__":
    main()
