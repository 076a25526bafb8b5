"""Every phrase rule does what its example and its counter-example say."""

from __future__ import annotations

import pytest

from scraper.extraction.phrases import PhraseRule, load_phrases

RULES = load_phrases().rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_meets_its_example_and_not_its_counter_example(rule: PhraseRule) -> None:
    assert rule.name in load_phrases().met(rule.example)
    assert rule.name not in load_phrases().met(rule.counter_example)
    assert rule.pattern.search(rule.counter_example.lower()) is None


def test_names_are_unique_and_every_rule_says_why() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.why for rule in RULES)


def test_a_dropping_rule_is_named() -> None:
    rule = load_phrases().dropped_by("Read Full Story")
    assert rule is not None
    assert rule.name == "read on"


def test_a_pointer_goes_only_when_it_is_a_link() -> None:
    pointer = "READ MORE: Ten councils fined over late plans"
    assert load_phrases().dropped_by(pointer) is None
    assert load_phrases().dropped_by(pointer, linked=True) is not None
