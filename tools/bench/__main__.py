"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.crawl import crawl_bench
from tools.bench.environments import ROOT, Environment, Peer, default_cache, environments, read_peers
from tools.bench.page import page, plots
from tools.bench.readme import with_table
from tools.bench.robots import robots_bench
from tools.bench.stories import stories_bench
from tools.bench.text import text_bench
from tools.bench.unseen import read_lines, unseen_stories, unseen_texts

DOCS = ROOT / "docs"
HERE_ONLY = ("--results", "--cache", "--left-out-stories", "--left-out-texts")  # options with a path
RESULTS = DOCS / "benchmarks.json"
Known = Mapping[str, Environment]


def text(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure clean text."""
    if not options.pages:
        raise SystemExit("tools.bench text: name at least one set: --pages FOLDER (truth.jsonl and pages/)")
    return text_bench(options.pages, peers, known, options.every)


def stories(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure stories."""
    return stories_bench(peers, known, public=options.files, only=options.only, skip=options.skip, tell=print)


def crawl(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure crawling."""
    return crawl_bench(peers, known)


def robots(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure decisions of robots.txt."""
    if not options.cases:
        raise SystemExit("tools.bench robots: name the cases: --cases FOLDER")
    return robots_bench(options.cases, peers, known)


def unseen(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Score our own results on data that the models did not see."""
    rows: dict[str, list[dict[str, Any]]] = {}
    if options.left_out_stories:
        rows |= unseen_stories(read_lines(options.left_out_stories), options.files)
    if options.left_out_texts:
        rows |= unseen_texts(read_lines(options.left_out_texts), options.pages, options.every)
    if not rows:
        raise SystemExit("tools.bench unseen: needs --left-out-stories, or --left-out-texts and --pages")
    return [{"set": name, "rows": its} for name, its in rows.items()]


BENCHES: Mapping[str, Callable[[argparse.Namespace, Sequence[Peer], Known], Any]] = {
    "text": text,
    "stories": stories,
    "crawl": crawl,
    "robots": robots,
    "unseen": unseen,
}


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the command line as options."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("what", nargs="+", choices=(*BENCHES, "page"))
    parser.add_argument("--pages", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each Nth page only")
    parser.add_argument("--files", type=Path, metavar="DIR", help="labelled public files, for stories")
    parser.add_argument("--only", default="", metavar="WORDS", help="sets of stories with this in the name")
    parser.add_argument("--skip", default="", metavar="WORD", help="peers of stories that are not asked")
    parser.add_argument("--cases", type=Path, metavar="DIR", help="cases of robots.txt")
    parser.add_argument("--left-out-stories", type=Path, metavar="FILE", help="for unseen; see there")
    parser.add_argument("--left-out-texts", type=Path, metavar="FILE", help="for unseen; see there")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder of the environments")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON that is added to")
    return parser.parse_args(arguments)


def peers_section(peers: Sequence[Peer], known: Known) -> list[dict[str, Any]]:
    """Return who was asked, with versions, or why not."""
    return [
        {"name": peer.name, "packages": list(peer.packages), "reason": known[peer.name].reason}
        for peer in peers
    ]


def merged(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the old sets, those measured anew in their places, and the others after them."""
    anew = {each["set"]: each for each in new}
    kept = [anew.pop(each["set"], each) for each in old]
    return [*kept, *anew.values()]


def write_page(path: Path) -> None:
    """Write the page, its plots and the table of the README from the results."""
    results = json.loads(path.read_text(encoding="utf-8"))
    (DOCS / "benchmarks.md").write_text(page(results), encoding="utf-8")
    for name, picture in plots(results).items():
        (DOCS / name).write_text(picture, encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), results), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Run what is asked for and add it to the results; sets of other runs stay."""
    options = parsed(arguments)
    for what in options.what:
        if what == "page":
            write_page(options.results)
        else:
            measure(what, options, arguments)


def told(arguments: Sequence[str]) -> str:
    """Return the command as others would give it: without where this machine keeps things."""
    words = iter(arguments)
    kept = [word for word in words if word not in HERE_ONLY or not next(words, "")]
    return "python -m tools.bench " + shlex.join(kept)


def commit() -> str:
    """Return the commit that is measured, short; "an unknown commit" outside a clone."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "an unknown commit"


def measure(what: str, options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Run one benchmark and write its sets into the results."""
    peers = [peer for peer in read_peers() if peer.bench == what]
    known = environments(peers, options.cache)
    today = datetime.now(UTC).date().isoformat()
    how = {"measured": f"{today} at {commit()}", "command": told(arguments)}
    sets = [{**each, **how} for each in BENCHES[what](options, peers, known)]
    results = options.results
    kept = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    kept[what] = {
        "python": platform.python_version(),
        "peers": peers_section(peers, known),
        "sets": merged(kept.get(what, {}).get("sets", []), sets),
    }
    results.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
