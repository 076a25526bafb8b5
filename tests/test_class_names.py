"""The groups of class names: found by letters first, the same as if every pattern were tried."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from scraper.extraction.class_names import group_names, name_groups

NAMES = """
articleBody story-text o_teaser__card mt-4 css-1x2y3z eMailForm mailing-list signup-box adSlot bad-gateway header
ad ads nav-item prevNext sidebar_right gdpr-modal BtnPrimary pull-quote infoBox is-hidden sr-only editors-note
relatedContent mostPopular footer__legal hero text-block timestamp published updatedAt socialShare foot endOfPage
""".split()


def test_groups_are_those_whose_patterns_meet_the_name() -> None:
    source = files("scraper.extraction").joinpath("class_names.toml").read_text("utf-8")
    patterns = [re.compile(table["pattern"], re.VERBOSE) for table in tomllib.loads(source)["group"]]
    for name in NAMES:
        text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower().replace("_", "-")
        met = {group for group, pattern in zip(group_names(), patterns, strict=True) if pattern.search(text)}
        bits = name_groups(name)
        assert met == {group for place, group in enumerate(group_names()) if bits >> place & 1}, name
