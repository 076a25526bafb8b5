"""The loop of a peer's program: a request a line, a reply a line. Standard library only.

A reply has what the work gave, `cpu` (seconds of this process for this request,
with `cpu_saved`, what an earlier process of the run had done of it) and, where the peer failed on it,
`error`. What a peer prints goes to standard error, so that it cannot be taken for a reply.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Work = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def serve(work: Work, prepare: Work | None = None) -> None:
    """Answer every request on standard input by ``work``, whose argument ``prepare`` makes unmeasured."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        if prepare:
            request = prepare(request)
        before = time.process_time()
        try:
            reply = dict(work(request))
        except Exception as error:  # noqa: BLE001 (a peer may raise anything; its name and words are the result)
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        reply["cpu"] = time.process_time() - before + reply.pop("cpu_saved", 0.0)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def page(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request for a page with its `html` read from `path`, gzipped or plain, as UTF-8."""
    content = Path(request["path"]).read_bytes()
    if request["path"].endswith(".gz"):
        content = gzip.decompress(content)
    return {**request, "html": content.decode("utf-8", "replace")}
