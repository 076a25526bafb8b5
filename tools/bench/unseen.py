"""Our own results on data that the models did not see: scored here, made by two programs beside the data.

`tests.benchmarks.left_out_stories` and `tests.benchmarks.left_out_texts` fit the models without the files, or
the sites, that they are then asked about; they need ../shared and `pip install 'cuttings[fit]'`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bench.stories import WITH, WITHOUT, Labelled, file_sets
from tools.bench.story_scores import figures, mean_of_files
from tools.bench.text import read_pages
from tools.bench.text_scores import Scores, page_score

SITES = "cuttings, the site left out of the fit"
Line = dict[str, Any]


def read_lines(path: Path) -> list[Line]:
    """Return the objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def unseen_stories(lines: Sequence[Line], public: Path | None) -> dict[str, list[Line]]:
    """Return a row with the encoder and one without for each set of files that the lines cover."""
    labelled, found = Labelled(public), {}
    for files in file_sets(public):
        rows = []
        for how, meaning in ((WITH, True), (WITHOUT, False)):
            its = {line["file"]: line["stories"] for line in lines if line["meaning"] is meaning}
            if all(name in its for name in files.measured):
                scored = {
                    name: figures(
                        labelled.events(name), [its[name][row["id"]] for row in labelled.rows(name)]
                    )
                    for name in files.measured
                }
                rows.append({"name": f"cuttings, left out of the fit, {how}", **mean_of_files(scored)})
        found[files.name] = rows
    return found


def unseen_texts(lines: Sequence[Line], folders: Sequence[Path], every: int) -> dict[str, list[Line]]:
    """Return a row for each set of pages."""
    found = {}
    for folder in folders:
        its = {line["id"]: line["text"] for line in lines if line["set"] == folder.name}
        pages = read_pages(folder, every)
        scores = Scores(page_score(page.body, its[page.id]) for page in pages)
        found[folder.name] = [{
            "name": SITES,
            **scores.figures(),
            "nothing": sum(not its[page.id].strip() for page in pages),
        }]  # fmt: skip
    return found
