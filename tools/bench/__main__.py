"""Command line of the benchmarks."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.crawl import crawl_bench
from tools.bench.environments import ROOT, Environment, Peer, default_cache, environments, read_peers
from tools.bench.robots import robots_bench
from tools.bench.stories import stories_bench
from tools.bench.text import text_bench
from tools.bench.unseen import read_lines, unseen_stories, unseen_texts

RESULTS = ROOT / "docs" / "benchmarks.json"
Known = Mapping[str, Environment]


def text(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure clean text."""
    if not options.pages:
        raise SystemExit("tools.bench text: name at least one set: --pages FOLDER (truth.jsonl and pages/)")
    return text_bench(options.pages, peers, known, options.every)


def stories(options: argparse.Namespace, peers: Sequence[Peer], known: Known) -> Any:
    """Measure stories."""
    return stories_bench(options.files, peers, known, print)


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
    if not options.left_out_stories or not options.left_out_texts or not options.pages:
        raise SystemExit("tools.bench unseen: needs --left-out-stories, --left-out-texts and --pages")
    return unseen_stories(read_lines(options.left_out_stories), options.files) | unseen_texts(
        read_lines(options.left_out_texts), options.pages, options.every
    )


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


def main(arguments: Sequence[str]) -> None:
    """Run what is asked for and add it to the results."""
    options = parsed(arguments)
    kept = json.loads(options.results.read_text(encoding="utf-8")) if options.results.is_file() else {}
    for what in options.what:
        peers = [peer for peer in read_peers() if peer.bench == what]
        known = environments(peers, options.cache)
        kept[what] = {
            "measured": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "command": "python -m tools.bench " + " ".join(arguments),
            "peers": peers_section(peers, known),
            "sets": BENCHES[what](options, peers, known),
        }
        options.results.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
