"""Read the lines of a page that was saved as plain text, and describe each without its mark-up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from scraper.extraction.blocks import block_hash
from scraper.extraction.characters import without_controls
from scraper.extraction.dates import is_only_date

MAX_LINES = 8_000  # as MAX_BLOCKS of pages
BULLET = re.compile(r"^\s*(?:[•◦▪●‣⁃∙■□○*·]|[-–—](?=\s)|\d{1,2}[.)](?=\s))\s*")
SENTENCE_END = re.compile(r"[.!?…][\"”’')\]»*]*\s*$")
SENTENCE_BREAK = re.compile(r"[.!?][\"”’')\]]*\s+[\"“‘'(\[]*[A-Z]")
TRUNCATED = re.compile(
    r"(?:\[\s*(?:\.{3}|…|&hellip;)\s*\]|(?<=\w)\s?(?:\.{3}|…))\s*(?:read\s+(?:full\s+story|more)|more|"
    r"continue\s+reading)?\W*$",
    re.IGNORECASE,
)
CALL = re.compile(
    r"""(?ix)^\W*(?:subscribe|sign[ ]?(?:up|in|out)|log[ ]?(?:in|out)|register|contact[ ]us|make[ ]an?[ ]|
    read[ ](?:the[ ])?(?:full|more|next|also|now)|share|follow|donate|
    download|more[ ](?:like|from|on|about|stories|news)|related|recommended|cookie|
    accept|close|menu|search|skip[ ]to|click|view|see[ ](?:all|more)|also[ ]read|
    join|get[ ](?:the|our|your)|buy|shop|listen|watch|print|email|copy|comments?|
    leave[ ]a|post[ ]a|report|load[ ]more|show|next|previous|back[ ]to|advertis\w+|
    sponsored|most[ ](?:read|popular)|trending|latest|popular|top[ ]stories|
    editor'?s|newsletter|about[ ](?:us|the)|tags?|topics?|filed|categor\w+|from[ ][£$€]|learn[ ]more)\b"""
)
PROMISE = re.compile(
    r"(?i)\b(?:newsletters?|subscri\w+|sign(?:ing)?\s+up|your\s+(?:inbox|e?mail|account|browser|privacy)|"
    r"cookies?|privacy\s+(?:policy|notice)|terms\s+(?:of|and|&)|"
    r"all\s+rights\s+reserved|copyright|©|click\s+here|find\s+out\s+more|unsubscribe|membership|log\s*in|"
    r"logged\s+in|register(?:ed)?\s+(?:now|today|for|in|office|charity)|"
    r"affiliate|commission|advert\w*|partners?hip|website|web\s*site|app\s+store|javascript|download|"
    r"comments?\s+(?:are|policy|section|below)|"
    r"our\s+(?:team|journalism|site|website|readers|journalists|services?)|contact\s+us|"
    r"email\s+(?:address|us|him|her|them)|follow\s+(?:us|him|her|them|me)|donat\w+)\b"
)
CAPTION = re.compile(
    r"(?i)\b(?:pictures?|photos?|photographs?|images?|illustrations?|credits?|video|pic)\s*(?:by|"
    r"courtesy(?:\s+of)?|credit)?\s*[:/|]\s*\S|"
    r"\((?:ap|getty|reuters|pa|afp|epa|file)\b[^)]*\)\s*$|\b(?:getty|shutterstock|istock|alamy|reuters|"
    r"afp|ap\s+photo|unsplash|associated\s+press)\b[^.]{0,30}$|/\w+\s+images"
)
BYLINE = re.compile(
    r"(?i)^\W*(?:(?:written|posted|words|story|report(?:ed)?|published|updated|last\s+updated)\b|"
    r"by\s+[A-Z])|\b\d+\s+min(?:ute)?s?\b|\bmin\s+read\b|\bago\b"
)
SPEECH = re.compile(
    r"(?i)\b(?:said|says|told|adds?|added|according|announced|asked|wrote|warned|explained|argued|tells|"
    r"noted)\b"
)
QUOTE = re.compile(r"[\"“”«»]")
CONTACT = re.compile(r"@\w|\bhttps?:|\bwww\.|\.com\b|\b\d{3}[-\s.]\d{3,4}\b|\btel\b", re.IGNORECASE)
SECOND_PERSON = frozenset(("you", "your", "yours", "we", "our", "us"))
# English function words: running text is a third of them, menus have none (the observation behind jusText).
FUNCTION_WORDS = frozenset(
    """
    a about after all also an and are as at be been but by can could did do for from had has have he her
    his how i if in into is it its just me more my no not of on one or our out said she so some that the
    their them then there they this to up us was we were what when which who will with would you your
    """.split()
)
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line with text. ``words`` are lower case; ``repeats`` counts the lines of the page with the
    same text.
    """

    text: str
    words: tuple[str, ...]
    bullet: bool
    hash: int  # `blocks.block_hash`: the same as of this text in a page's mark-up
    repeats: int
    furniture: bool
    date: bool  # says nothing but a date

    @property
    def content_words(self) -> tuple[str, ...]:
        """The words that carry what the line is about."""
        return tuple(word for word in self.words if len(word) > 3 and word not in FUNCTION_WORDS)


def read_lines(page_text: str, furniture: Collection[int] = frozenset()) -> list[Line]:
    """Return the lines that hold text, in order, bullets without their marks; at most `MAX_LINES`."""
    return lines_of(list(_texts(page_text)), furniture)


def lines_of(texts: Sequence[tuple[str, bool]], furniture: Collection[int] = frozenset()) -> list[Line]:
    """Return one line for each (text, is a bullet) pair, so that positions stay the same."""
    texts = texts[:MAX_LINES]
    hashes = [block_hash(text) for text, _ in texts]
    repeats = Counter(hashes)
    return [
        Line(
            text=text,
            words=tuple(WORD.findall(text.lower())),
            bullet=bullet,
            hash=key,
            repeats=repeats[key],
            furniture=key in furniture,
            date=is_only_date(text),
        )
        for (text, bullet), key in zip(texts, hashes, strict=True)
    ]


def line_blocks(page_text: str) -> tuple[int, ...]:
    """Return the distinct identities of the lines of a dump, the same as of a page's blocks."""
    return tuple(dict.fromkeys(block_hash(text) for text, _ in _texts(page_text)))


def _texts(page_text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line that holds text, with whether it is a bullet."""
    marked = False
    for raw in without_controls(page_text).splitlines():
        text = " ".join(raw.replace("\u200b", "").replace("\ufeff", "").split())
        bare = BULLET.sub("", text)
        if bare:
            yield bare, marked or bare != text
            marked = False
        elif text:  # a bullet on a line of its own belongs to the next line
            marked = True


FEATURES = [
    "bias",
    "words_log",
    "long",
    "sentence",
    "sentences",
    "truncated",
    "call",
    "promise",
    "caption",
    "byline_mark",
    "speech",
    "quote",
    "contact",
    "second_person",
    "function",
    "function_high",
    "bullet",
    "date",
    "colon",
    "capitals",
    "digits",
    "commas",
    "repeated",
    "furniture",
    "short",
    "tiny",
    "question",
]


def line_features(line: Line) -> list[float]:
    """Return the features of one line by itself, in the order of `FEATURES`."""
    text, count = line.text, len(line.words)
    function = sum(word in FUNCTION_WORDS for word in line.words) / count if count else 0.0
    capitals = len(re.findall(r"(?<!^)\b[A-Z]", text)) / count if count else 1.0
    return [
        1.0,
        min(count, 120) ** 0.5 / 5,
        float(count >= 25),
        float(bool(SENTENCE_END.search(text))),
        min(len(SENTENCE_BREAK.findall(text)), 4) / 2,
        float(bool(TRUNCATED.search(text))),
        float(count < 16 and bool(CALL.search(text))),
        min(len(PROMISE.findall(text)), 3) / 2,
        float(count < 60 and bool(CAPTION.search(text))),
        float(count < 20 and bool(BYLINE.search(text))),
        float(bool(SPEECH.search(text))),
        float(bool(QUOTE.search(text))),
        float(bool(CONTACT.search(text))),
        min(1.0, 4 * sum(word in SECOND_PERSON for word in line.words) / count) if count else 0.0,
        function * 2,
        float(function > 0.25),
        float(line.bullet),
        float(line.date),
        float(text.endswith(":")),
        min(capitals, 1.0),
        min(1.0, 4 * sum(char.isdigit() for char in text) / len(text)),
        min(1.0, text.count(",") / 4),
        float(line.repeats > 1),
        float(line.furniture),
        float(count < 8),
        float(count < 4),
        float("?" in text),
    ]
