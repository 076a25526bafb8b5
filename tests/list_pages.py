"""Pages that are not articles, in many forms of mark-up: news lists, tag pages, search results, calendars.

Every text is made here. The pages of one site share menu, boxes and footer, as real ones do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

SITES = 11  # one for each form of an entry

_WHO = (
    "council", "trust", "minister", "charity", "union", "inspector", "college", "hospital", "commissioner",
    "regulator", "foster carers", "head teacher", "county court", "housing association", "youth club",
)  # fmt: skip
_DID = (
    "backs", "rejects", "publishes", "delays", "welcomes", "opens", "reviews", "defends", "drops", "explains",
)  # fmt: skip
_WHAT = (
    "plan for new homes", "cut to school transport", "report on missing children", "pay offer", "summer fund",
    "inquiry into care costs", "guidance on hotels", "training for staff", "strategy for 2027", "data rules",
)  # fmt: skip
_WHEN = ("on Tuesday", "last week", "after a vote", "in the spring", "despite warnings", "for the first time")
_WHERE = ("Penmore", "Haldenshire", "Calderwick", "Town Hall, Mill Road", "Online", "Marlbeck Library")
_MORE = (
    "It follows months of talks with families.", "Staff say that they were not told.", "Costs have doubled.",
    "The decision is final.", "A public meeting is planned, and papers are due before it.",
)  # fmt: skip
_TOPICS = ("News", "Opinion", "Features", "Jobs", "Events", "Research", "Resources", "About us", "Contact")
_MONTHS = ("January", "March", "May", "June", "September", "October", "November")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list."""

    headline: str
    teaser: str
    day: str
    author: str
    address: str


@dataclass(frozen=True, slots=True)
class Site:
    """One invented site: its markup and its chance."""

    host: str
    chance: random.Random = field(repr=False)
    row: Callable[[Entry], str]
    wrap: str
    furniture: tuple[str, str]

    def page(self, title: str, inner: str) -> str:
        """Return a whole page."""
        above, below = self.furniture
        head = f"<head><title>{title} | {self.host}</title></head>"
        return (
            f"<!doctype html><html lang=en>{head}<body>{above}{self.wrap.format(inner)}{below}</body></html>"
        )


def _sentence(chance: random.Random) -> str:
    subject = f"{'A' if chance.random() < 0.5 else 'The'} {chance.choice(_WHO)}"
    return f"{subject} {chance.choice(_DID)} the {chance.choice(_WHAT)} {chance.choice(_WHEN)}."


def _entry(chance: random.Random, length: int) -> Entry:
    sentences = [_sentence(chance)] + [
        chance.choice((_sentence(chance), chance.choice(_MORE))) for _ in range(3)
    ]
    teaser = " ".join(sentences[:length])
    if chance.random() < 0.3:
        teaser = f"{teaser.rstrip('.')} [...]" if chance.random() < 0.5 else f"{teaser.rstrip('.')}…"
    who, did, what = chance.choice(_WHO), chance.choice(_DID), chance.choice(_WHAT)
    return Entry(
        headline=f"{who.capitalize()} {did} {what} {chance.choice(('', chance.choice(_WHEN)))}".strip(),
        teaser=teaser if length else "",
        day=f"{chance.randint(1, 28)} {chance.choice(_MONTHS)} 2026",
        author=f"{chance.choice(('Ann', 'Ravi', 'Tess'))} {chance.choice(('Quill', 'Lark', 'Osei'))}",
        address=f"/{chance.randint(2020, 2026)}/{chance.randint(100, 9999)}-{what.replace(' ', '-')}",
    )


def _teaser(entry: Entry, tag: str = "p", name: str = "") -> str:
    attribute = f' class="{name}"' if name else ""
    return f"<{tag}{attribute}>{entry.teaser}</{tag}>" if entry.teaser else ""


def _link(entry: Entry, text: str | None = None) -> str:
    return f'<a href="{entry.address}">{text or entry.headline}</a>'


def _article(entry: Entry) -> str:
    return f"<article><h2>{_link(entry)}</h2><time>{entry.day}</time>{_teaser(entry)}</article>"


def _article_excerpt(entry: Entry) -> str:
    teaser = _teaser(entry, "div", "entry-summary")
    byline = f'<div class="entry-meta">By {entry.author} on {entry.day}</div>'
    return (
        f'<article class="post type-post hentry"><h2 class="entry-title">{_link(entry)}</h2>{byline}{teaser}'
        f"{_link(entry, 'Continue reading')}</article>"
    )


def _item(entry: Entry) -> str:
    return f"<li><h3>{_link(entry)}</h3>{_teaser(entry)}<span class=date>{entry.day}</span></li>"


def _bare_item(entry: Entry) -> str:
    return f"<li>{_link(entry)} <span>{entry.day}</span></li>"


def _card(entry: Entry) -> str:
    inner = f'<img src="a.jpg" alt=""><h3 class="card__title">{entry.headline}</h3>{_teaser(entry, "div")}'
    return f'<div class="card"><a class="card__link" href="{entry.address}">{inner}</a></div>'


def _card_with_button(entry: Entry) -> str:
    teaser = _teaser(entry, "p", "card-text")
    return (
        f'<div class="col"><div class="card-body"><h3 class="card-title">{entry.headline}</h3>{teaser}'
        f"{_link(entry, 'Read more')}</div></div>"
    )


def _result(entry: Entry) -> str:
    address = f"<cite>www.example.org{entry.address}</cite>"
    return f'<div class="result"><h4>{_link(entry)}</h4>{address}{_teaser(entry, "p", "snippet")}</div>'


def _row(entry: Entry) -> str:
    return f"<tr><td>{entry.day}</td><td>{_link(entry)}</td><td>{entry.teaser}</td></tr>"


def _definition(entry: Entry) -> str:
    return f"<dt>{_link(entry)}</dt>{_teaser(entry, 'dd')}<dd>{entry.day}</dd>"


def _event(entry: Entry) -> str:
    place = _WHERE[len(entry.headline) % len(_WHERE)]
    return (
        f'<div class="event"><p class="event-date">{entry.day}, 10am to 4pm</p><h3>{_link(entry)}</h3>'
        f"<p>{place}</p>{_teaser(entry)}{_link(entry, 'Book your place')}</div>"
    )


def _paragraphs(entry: Entry) -> str:
    return f"<p><strong>{_link(entry)}</strong></p>{_teaser(entry)}<p>{entry.day} | {entry.author}</p>"


_ROWS: tuple[Callable[[Entry], str], ...] = (
    _article, _article_excerpt, _item, _bare_item, _card, _card_with_button, _result, _row, _definition,
    _event, _paragraphs,
)  # fmt: skip
_AROUND: dict[Callable[[Entry], str], str] = {
    _item: "<ul class=list>{}</ul>",
    _bare_item: "<ul>{}</ul>",
    _row: "<table>{}</table>",
    _definition: "<dl>{}</dl>",
}
_WRAPS = (
    "<main>{}</main>",
    '<div id="content" class="site-content">{}</div>',
    '<div class="container"><div class="row">{}</div></div>',
    "<section>{}</section>",
    '<main id="main"><article class="page">{}</article></main>',
    "{}",
)
_BOXES = (
    '<div class="newsletter"><h3>Stay in touch</h3><p>{say}</p><form><input type=email></form></div>',
    "<aside><h2>Most read</h2><ol>{links}</ol></aside>",
    '<div class="cookie-banner"><p>{say}</p><button>Accept</button><button>Settings</button></div>',
    '<section class="about"><h2>Who we are</h2><p>{say}</p></section>',
    '<div class="sponsors"><p>{say}</p></div>',
)
_SAID = (
    "Get the stories that matter in your inbox every Friday morning.",
    "We use cookies to remember your choices and to count our visitors.",
    "We are a network of carers, teachers and social workers in every county.",
    "Our work is paid for by members and by three foundations, which see nothing before you do.",
    "Subscribe",
    "Subscribe to our magazine and save a third of the cover price in the first year.",
    "Follow us for the latest from our reporters.",
    "You can unsubscribe at any time, and we never pass your address on.",
)


def _furniture(chance: random.Random) -> tuple[str, str]:
    """Return what stands above and below the content of every page of a site."""
    topics = chance.sample(_TOPICS, 6)
    menu = "".join(f'<li><a href="/{topic.lower()}">{topic}</a></li>' for topic in topics)
    above = f"<header><a href=/>Home</a><nav><ul>{menu}</ul></nav></header>"
    links = "".join(f"<li>{_link(_entry(chance, 0))}</li>" for _ in range(5))
    boxes = [chance.choice(_BOXES).format(say=chance.choice(_SAID), links=links) for _ in range(3)]
    address = (
        f"<p>{chance.randint(1, 90)} Mill Road, Penmore. Registered charity {chance.randint(1, 10**6)}.</p>"
    )
    tag = chance.choice(("footer", 'div class="bottom"'))
    below = f"{''.join(boxes[1:])}<{tag}>{address}<p>© 2026 All rights reserved.</p></{tag.split()[0]}>"
    return above + (boxes[0] if chance.random() < 0.4 else ""), below


def _list(site: Site, title: str, count: int, lead: str = "") -> str:
    length = site.chance.choice((0, 1, 1, 2, 3))
    rows = "".join(site.row(_entry(site.chance, length)) for _ in range(count))
    heading = f"<h1>{title}</h1>" if site.chance.random() < 0.8 else ""
    pages = '<div class="pagination"><a href="?p=1">1</a> <a href="?p=2">2</a> <a href="?p=2">Next</a></div>'
    return site.page(title, f"{heading}{lead}{_AROUND.get(site.row, '{}').format(rows)}{pages}")


def _news(site: Site) -> str:
    return _list(
        site,
        site.chance.choice(("Latest news", "News", "Blog", "Press releases")),
        site.chance.randint(8, 25),
    )


def _tag(site: Site) -> str:
    topic = site.chance.choice(_WHAT).capitalize()
    lead = f"<p>Everything that we have written about the {topic.lower()}.</p>"
    return _list(site, topic, site.chance.randint(8, 20), lead if site.chance.random() < 0.5 else "")


def _search(site: Site) -> str:
    word = site.chance.choice(_WHO)
    count = site.chance.randint(8, 12)
    lead = f"<p>{count * 7} results for “{word}”</p><form><input name=q><button>Search</button></form>"
    return _list(site, "Search results", count, lead)


def _calendar(site: Site) -> str:
    return _list(site, site.chance.choice(("Events", "What’s on", "Training")), site.chance.randint(8, 18))


_KINDS = (_news, _tag, _search, _calendar)


def list_pages(sites: int = SITES, *, seed: int = 5) -> Iterator[tuple[str, str]]:
    """Yield the address and the source of each page: two of each site."""
    for number in range(sites):
        site = _site(number, seed)
        for kind in _KINDS[number % 2 :: 2]:
            yield f"https://{site.host}/{kind.__name__.strip('_')}", kind(site)


def article_pages(
    paragraphs: Sequence[str], sites: int = SITES, *, seed: int = 5
) -> Iterator[tuple[str, str]]:
    """Yield the address and the source of an article on each site, with a list of other stories below it."""
    for number in range(sites):
        site = _site(number, seed)
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        others = "".join(site.row(_entry(site.chance, 1)) for _ in range(12))
        below = f'<div class="more-stories"><h2>More stories</h2>{_AROUND.get(site.row, "{}").format(others)}</div>'
        yield (
            f"https://{site.host}/story",
            site.page("A story of this site", f"<h1>A story of this site</h1>{text}{below}"),
        )


def _site(number: int, seed: int) -> Site:
    chance = random.Random(seed * 1000 + number)
    row, wrap = _ROWS[number % len(_ROWS)], _WRAPS[number % len(_WRAPS)]
    return Site(f"list-{number}.example", chance, row, wrap, _furniture(chance))
