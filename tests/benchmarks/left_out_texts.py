"""Write the texts that the body classifier gives for pages of sites that its weights did not see, for
`python -m tools.bench text --left-out FILE`.

    python -m tests.benchmarks.left_out_texts FILE.jsonl [SET_DIR ...]     (default: both sets of ../shared)

Five folds by site over all sets together, as `tools/fit_body_choice.py` validates; a line a page: `set`, `id`, `text`.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

from tools.fit_body_choice import ROOT, SHARED, cross_validate, read_examples, texts

FOLDS = 5
PENALTIES = (100.0, 100.0, 100.0)
WEIGHTS = ROOT / "scraper" / "extraction" / "body_weights.toml"


def main(path: str, *folders: str) -> None:
    """Write the texts of all sets."""
    places = [Path(each) for each in folders] or [SHARED / "extraction", SHARED / "extraction_wide"]
    sets = {place.name: read_examples(place) for place in places}
    everything = [example for examples in sets.values() for example in examples]
    shipped = tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    unseen = cross_validate(everything, FOLDS, PENALTIES, shipped["sift_below"])
    lines = [
        {"set": name, "id": page, "text": text}
        for name, examples in sets.items()
        for page, text in texts(examples, unseen, shipped["threshold"]).items()
    ]
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
