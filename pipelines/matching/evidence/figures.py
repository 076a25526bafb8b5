"""Numbers that two texts share."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.matching.fingerprint import NUMBER_FLAG, Fingerprint
from pipelines.matching.surface_forms import is_day, is_figure


def shared_figures(a: Fingerprint, b: Fingerprint) -> tuple[list[str], list[str]]:
    """Return the numbers of both, heaviest first: those that count or measure, then years and parts of names.

    Days of a month are left out. A number has its unit where both texts give the same one. Of "9to5Mac" and
    its end "5Mac" the first is enough.
    """
    measures, others = [], []
    for term, form, other_form in _shared_numbers(a, b):
        if is_day(form) or is_day(other_form):
            continue
        if is_figure(form) and is_figure(other_form):
            measures.append(form if form == other_form else term)
        elif form == other_form and not form.startswith("0"):
            others.append(form)
    whole = [form for form in others if not any(form != each and form in each for each in others)]
    return measures, list(dict.fromkeys(whole))


def shares_days_only(a: Fingerprint, b: Fingerprint) -> bool:
    """Return whether both share numbers, all of which are days of a month in both."""
    numbers = list(_shared_numbers(a, b))
    return bool(numbers) and all(is_day(form) and is_day(other) for _, form, other in numbers)


def has_figures(fingerprint: Fingerprint) -> bool:
    """Return whether the fingerprint kept a number of its text."""
    return any(flag & NUMBER_FLAG for flag in fingerprint.flags)


def _shared_numbers(a: Fingerprint, b: Fingerprint) -> Iterator[tuple[str, str, str]]:
    """Yield each number of both with its form in either text, heaviest first."""
    position = b.profile.position
    for i, term in enumerate(a.terms):
        if term in position and a.flags[i] & NUMBER_FLAG:
            yield term, a.profile.forms[i], b.profile.forms[position[term]]
