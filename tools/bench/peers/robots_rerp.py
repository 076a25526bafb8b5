"""robotexclusionrulesparser."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from robotexclusionrulesparser import RobotExclusionRulesParser

from tools.bench.loop import serve


def decisions(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each (agent, address) of a robots.txt whether it may be fetched."""
    rules = RobotExclusionRulesParser()
    rules.parse(base64.b64decode(request["robots"]).decode("utf-8", "replace"))
    return {"allowed": [bool(rules.is_allowed(agent, url)) for agent, url in request["cases"]]}


if __name__ == "__main__":
    serve(decisions)
