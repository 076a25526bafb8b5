"""Consent notices in other languages than English, and lines that say only how long ago something was."""

from __future__ import annotations

import pytest

from scraper.extraction.exclusions import RELATIVE_TIME
from scraper.extraction.phrases import load_phrases


@pytest.mark.parametrize(
    "notice",
    [
        "Wir und unsere 14 Partner verwenden Cookies und verarbeiten Ihre Daten.",
        "Ihre Einwilligung können Sie jederzeit widerrufen.",
        "Nous et nos 14 partenaires utilisons des cookies.",
        "Nosotros y nuestros 14 socios usamos cookies para medir la audiencia.",
        "Noi e i nostri 14 partner utilizziamo cookie tecnici.",
        "Wij en onze 14 partners plaatsen cookies op uw apparaat.",
    ],
)
def test_a_consent_notice_is_dropped_in_its_language(notice: str) -> None:
    rule = load_phrases().dropped_by(notice)
    assert rule is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "Der Minister und sein Partner eröffneten die neue Schule.",
        "Les partenaires de la ville ont signé la charte lundi.",
        "Los socios del club votaron el domingo.",
    ],
)
def test_a_sentence_about_partners_is_kept(sentence: str) -> None:
    assert load_phrases().dropped_by(sentence) is None


@pytest.mark.parametrize(
    ("line", "is_relative"),
    [
        ("3 hours ago", True),
        ("Yesterday", True),
        ("vor 2 Stunden", True),
        ("il y a 3 heures", True),
        ("hace 5 minutos", True),
        ("2 ore fa", True),
        ("3時間前", True),
        ("The school closed 3 years ago.", False),
        ("Yesterday the school closed.", False),
    ],
)
def test_a_line_of_relative_time_says_nothing_else(line: str, is_relative: bool) -> None:
    assert bool(RELATIVE_TIME.fullmatch(line)) is is_relative
