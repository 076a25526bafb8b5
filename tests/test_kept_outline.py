"""An outline that was kept is that of the page, and gives the same article."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scraper.articles import SiteKnowledge, read_page, survey
from scraper.extraction.document import read_document
from scraper.extraction.kept_outline import pack_outline, unpack_outline
from scraper.models import Link
from tests.desk import page, report
from tests.factories import make_page

NESTED = (
    "<html><body class=home><script>x</script><!-- c --><main><div class='a b'>"
    + "<div>" * 20
    + "<p>Deep words here.</p>"
    + "</div>" * 20
    + "<table><tr><th>Home</th><th>Grade</th></tr><tr><td>Elm</td><td>Good</td></tr></table>"
    + "<nav><a href=/>Menu</a></nav><ul><li>One<li>Two</ul><pre>a\nb</pre></div></main></body></html>"
)


@pytest.mark.parametrize(
    "markup", [NESTED, page("Alder opens hub", *report("Alder")), "<p>x", "<div><br></div>"]
)
def test_what_was_kept_is_the_outline(markup: str) -> None:
    first, again = read_document(markup), read_document(markup)
    packed = pack_outline(first.outline, first.root)
    kept, walked = unpack_outline(packed, again.root), again.outline
    assert kept.elements == walked.elements
    assert kept.parents == walked.parents
    assert [block._replace(path=0) for block in kept.blocks] == [
        block._replace(path=0) for block in walked.blocks
    ]
    paths = [block.path for block in walked.blocks]
    assert [block.path for block in kept.blocks] == [list(dict.fromkeys(paths)).index(path) for path in paths]


def test_a_page_is_read_alike_with_it() -> None:
    fetched = make_page(page("Alder opens hub", *report("Alder")).encode())
    link, now = Link(url=fetched.url), datetime(2026, 6, 1, tzinfo=UTC)
    assert survey(fetched).outline == b""
    outline = survey(fetched, keep=True).outline
    alone = read_page(fetched, link, SiteKnowledge(), now=now)
    assert outline
    assert read_page(fetched, link, replace(SiteKnowledge(), outline=outline), now=now) == alone
