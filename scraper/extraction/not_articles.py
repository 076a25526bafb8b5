"""Refuse pages that are not articles, with the reason: walls, soft 404s, list pages, pages without text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scraper.errors import EmptyPageError, ExtractionError, MissingPageError, NotAnArticleError, WallError
from scraper.extraction.blocks import TextBlock

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SHORT_BODY = 120  # words; walls and error pages have fewer
BRIEF = 25  # words; the shortest notices of DEV have more
NO_BODY = 12  # words; fewer are a heading
TEASER_WORDS = 12  # from here a block is running text
HEADLINE_WORDS = (4, 30)  # a link of so many words reads like a headline
LIST_LINKS = 8  # headline links; an article's own row of related stories has three to six
LIST_SHARE = 0.6  # of the running blocks that follow a headline link: more is a list of teasers
LIST_TEASERS = 3
ENTRY_SHARE = 0.7  # of all words that are entries; of 771 articles of DEV that declare none the most is .63
ENTRY_REACH = 3  # blocks from the headline of an entry to its teaser, or to its "Read more"
ENTRY_LINK = 0.12  # of the characters of a row or an item that are its headline
ENTRY_WORDS = (6, 80)  # of a row or an item with its teaser
MORE_WORDS = 4  # of the link below a teaser
LEAD_WORDS = 60  # of running text above the first headline link: an article whose sub-headings are links
LINKED = 0.8
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))

_CHALLENGE = re.compile(
    r"""just[ ]a[ ]moment|checking[ ](?:your[ ]browser|if[ ]the[ ]site[ ]connection[ ]is[ ]secure)
    |verify(?:ing)?[ ](?:that[ ])?you[ ]are[ ](?:a[ ])?human|are[ ]you[ ]a[ ](?:robot|human)|unusual[ ]traffic
    |attention[ ]required![ ]\|[ ]cloudflare|enable[ ]javascript[ ]and[ ]cookies[ ]to[ ]continue
    |complete[ ]the[ ](?:captcha|security[ ]check)|pardon[ ]our[ ]interruption
    |access[ ](?:to[ ]this[ ]page[ ]has[ ]been[ ])?denied|ddos[ ]protection""",
    re.IGNORECASE | re.VERBOSE,
)
_MISSING = re.compile(
    r"""^\W*(?:(?:error[ ])?40[34]\b|(?:oops|sorry)\W+.{0,40}(?:not[ ]found|can.t[ ](?:be[ ]found|find))
    |(?:page|article|story|content|file)[ ](?:you[ ]\w+[ ])?(?:is[ ]|was[ ]|has[ ])?(?:been[ ])?
      (?:not[ ]found|not[ ]available|removed|no[ ]longer[ ](?:available|exists?))
    |not[ ]found\b|(?:we[ ])?(?:can.t|couldn.t|could[ ]not|cannot)[ ]find[ ](?:the|that|this)[ ]page
    |(?:this|the|that)[ ]page[ ](?:can.t[ ]be[ ]found|doesn.t[ ]exist|does[ ]not[ ]exist|isn.t[ ]available
      |could[ ]not[ ]be[ ]found|no[ ]longer[ ]exists)
    |(?:die[ ])?seite[ ](?:wurde[ ])?nicht[ ]gefunden|(?:cette[ ]|la[ ])?page[ ](?:est[ ])?introuvable
    |p[áa]gina[ ]n(?:o|ão)[ ]encontrada|pagina[ ]n(?:on[ ]trovata|iet[ ]gevonden))""",
    re.IGNORECASE | re.VERBOSE,
)
_LOGIN = re.compile(
    r"""^\W*(?:(?:member|subscriber|user|account|staff)?[ ]?(?:log[ ]?in|sign[ ]?in|log[ ]?on)\b
    |(?:please[ ])?(?:log|sign)[ ]in[ ](?:to|or)\b|create[ ](?:an|your)[ ](?:free[ ])?account
    |register[ ]to[ ](?:read|continue)|subscribe[ ]to[ ](?:read|continue)
    |forgot(?:ten)?[ ](?:your[ ])?password)""",
    re.IGNORECASE | re.VERBOSE,
)
_CONSENT = re.compile(
    r"""before[ ]you[ ]continue|we[ ]value[ ]your[ ]privacy|your[ ]privacy[ ](?:choices|matters)
    |(?:manage|cookie)[ ](?:consent|preferences|settings)|accept[ ](?:all[ ])?cookies
    |we[ ](?:and[ ]our[ ](?:\d+[ ])?partners[ ])?(?:use|store)[ ].{0,40}cookies""",
    re.IGNORECASE | re.VERBOSE,
)
_CONSENT_WORDS = re.compile(
    r"""cookies?\b|\btracking\b|\bzustimmung|\beinwilligung|datenschutz|\bconsent|\bprivacy\b|\biab\b
    |\d[ ]?(?:partners?|partenaires|partner|socios)\b|personali[sz]ed|consentement|\btraceurs|consentimiento
    |\bconsenso\b|informativa|toestemming|samtycke|\bsamtykke""",
    re.IGNORECASE | re.VERBOSE,
)
_CONSENT_BUTTON = re.compile(
    r"^\W*(?:i )?(?:accept|agree|akzeptier|alle akzept|zustimm|einverstanden|tout accepter|aceptar|aceito"
    r"|aceitar|accett|akkoord|alles accept|godkänn|godta|zgadzam|akceptuj)",
    re.IGNORECASE,
)
CONSENT_SHARE = 0.7  # of the words of a page that asks for consent: its paragraphs speak of nothing else
_BLOCKED = re.compile(
    r"\bunavailable (?:due to|for) legal reasons|\baccess cannot be granted\b"
    r"|\bfrom a country belonging to the european economic area",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"(?:enable|requires?|turn on|need) (?:\w+ )?javascript|javascript (?:is )?(?:disabled|required|"
    r"must be enabled)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBody:
    """The blocks of a page, which of them were chosen, and what the page says of itself."""

    root: HtmlElement
    blocks: tuple[TextBlock, ...]
    chosen: Sequence[bool]
    title: str
    head_title: str
    declares_article: bool
    url: str

    @property
    def words(self) -> int:
        """Words of the chosen blocks."""
        return sum(
            block.words for block, is_chosen in zip(self.blocks, self.chosen, strict=True) if is_chosen
        )


def require_article(body: ChosenBody) -> None:
    """Raise `ExtractionError` when the page is not an article; the message says what it is."""
    if body.words < SHORT_BODY and (error := _short_page(body)):
        raise error
    if not body.declares_article and _is_list(body):
        raise NotAnArticleError(
            "this is a list of other stories, not an article; to watch it, add it as a listing", body.url
        )
    if body.words < NO_BODY:
        raise _nothing(body)


def _short_page(body: ChosenBody) -> ExtractionError | None:
    """Return the error of a page of few words whose headings are those of a wall or an error page."""
    headings = [
        body.title,
        body.head_title,
        *(block.text for block in body.blocks if block.tag in ("h1", "h2")),
    ][:8]
    texts = [*headings, *(block.text for block in body.blocks[:60] if block.words < 40)]
    if any(_CHALLENGE.search(text) for text in headings) or (
        len(body.blocks) < 40 and any(_CHALLENGE.search(text) for text in texts)
    ):
        return WallError(
            "the site sent a bot challenge instead of the article; ask the publisher for access", body.url
        )
    if any(_MISSING.search(text) for text in headings):
        return MissingPageError("the page says that the article was not found (a soft 404)", body.url)
    if any(_LOGIN.search(text) for text in headings) and _has_password(body.root):
        return WallError(
            "the site sent a login page instead of the article; the story is for members", body.url
        )
    if any(_BLOCKED.search(text) for text in texts):
        return WallError("the site refuses readers from this country", body.url)
    if any(_CONSENT.search(text) for text in headings) or _asks_consent(body):
        return WallError("the site sent a consent page instead of the article", body.url)
    return None


def _asks_consent(body: ChosenBody) -> bool:
    """Return whether what was chosen speaks of consent alone, and the page has a button to give it."""
    chosen = [block for block, is_chosen in zip(body.blocks, body.chosen, strict=True) if is_chosen]
    of_consent = sum(block.words for block in chosen if _CONSENT_WORDS.search(block.text))
    if body.declares_article or not of_consent or of_consent < CONSENT_SHARE * body.words:
        return False
    buttons = body.root.iter("button", "a")
    return any(_CONSENT_BUTTON.match("".join(each.itertext())) for each in buttons)


def _has_password(root: HtmlElement) -> bool:
    return any((field.get("type") or "").lower() == "password" for field in root.iter("input")) or any(
        (field.get("type") or "").lower() == "email" for field in root.iter("input")
    )


def _is_list(body: ChosenBody) -> bool:
    """Return whether the running text is teasers below linked headlines, or there are only headlines."""
    headline = [
        HEADLINE_WORDS[0] <= block.words <= HEADLINE_WORDS[1] and _is_link(block) for block in body.blocks
    ]
    if _has_mostly_entries(body, headline):
        return True
    if sum(headline) < LIST_LINKS and not _has_many_articles(body.root):
        return False
    if body.words < BRIEF and sum(headline) >= LIST_LINKS:
        return True
    if _has_lead(body, headline):
        return False
    running = [
        index
        for index, (block, is_chosen) in enumerate(zip(body.blocks, body.chosen, strict=True))
        if is_chosen and block.words >= TEASER_WORDS and not headline[index]
    ]
    after = sum(1 for index in running if any(headline[max(0, index - ENTRY_REACH) : index]))
    return len(running) >= LIST_TEASERS and after >= len(running) * LIST_SHARE


def _has_mostly_entries(body: ChosenBody, headline: Sequence[bool]) -> bool:
    """Return whether most words that were chosen are entries of a list: headlines and what follows them.

    The rule asks for no weight and no length of a teaser: pages of one-line teasers pass the other one.
    """
    blocks = body.blocks
    starts = [
        headline[index] or _is_row(block) or _leads_on(blocks, index) for index, block in enumerate(blocks)
    ]
    if sum(starts) < LIST_LINKS or _has_lead(body, starts):
        return False
    entries = sum(
        block.words
        for index, (block, is_chosen) in enumerate(zip(blocks, body.chosen, strict=True))
        if is_chosen and any(starts[max(0, index - ENTRY_REACH) : index + 1])
    )
    return entries >= ENTRY_SHARE * max(1, body.words)


def _has_lead(body: ChosenBody, starts: Sequence[bool]) -> bool:
    """Return whether running text stands above the first entry: an article whose sub-headings are links."""
    first = starts.index(True) if any(starts) else len(starts)
    above = zip(body.blocks[:first], body.chosen[:first], strict=True)
    words = (block.words for block, is_chosen in above if is_chosen and block.words >= TEASER_WORDS)
    return sum(words) >= LEAD_WORDS


def _is_link(block: TextBlock) -> bool:
    return block.link_length >= len(block.text) * LINKED


def _is_row(block: TextBlock) -> bool:
    """Return whether a block is the row of a table or an item, with its linked headline and its teaser."""
    return (
        block.tag in ("tr", "li")
        and ENTRY_WORDS[0] <= block.words < ENTRY_WORDS[1]
        and block.link_length >= len(block.text) * ENTRY_LINK
    )


def _leads_on(blocks: Sequence[TextBlock], index: int) -> bool:
    """Return whether a block is a heading with a short link ("Read more") close below it."""
    if blocks[index].tag not in _HEADINGS or blocks[index].words < HEADLINE_WORDS[0]:
        return False
    below = blocks[index + 1 : index + 1 + ENTRY_REACH]
    return any(block.words <= MORE_WORDS and _is_link(block) for block in below)


def _has_many_articles(root: HtmlElement) -> bool:
    articles = list(root.iter("article"))
    linked = sum(
        1
        for article in articles
        if article.find(".//h2//a") is not None or article.find(".//h3//a") is not None
    )
    return linked >= LIST_LINKS


def _nothing(body: ChosenBody) -> ExtractionError:
    """Return the error of a page without text, with the reason as far as the page shows it."""
    if body.root.find(".//frameset") is not None or body.root.find(".//frame") is not None:
        return EmptyPageError(
            "the page consists of frames; give the URL of the frame that holds the story", body.url
        )
    if any(_SCRIPT.search(block.text) for block in body.blocks):
        return EmptyPageError(
            "the page shows its text only with JavaScript, which cuttings does not run", body.url
        )
    if body.blocks and all(block.link_length >= len(block.text) * LINKED for block in body.blocks):
        return NotAnArticleError(
            "the page holds nothing but links; to watch it, add it as a listing", body.url
        )
    return EmptyPageError("the page has no article text", body.url)
