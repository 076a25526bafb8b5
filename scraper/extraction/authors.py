"""Who wrote it: names of people, without "By", roles, credentials, handles and the publisher's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6  # "Maria de los Angeles Garcia Lopez"
MAX_AUTHORS = 20

LEAD = re.compile(
    r"""(?ix)^[\s:|•·,–—-]*(?:(?:(?:exclusive|analysis|opinion|review|feature|comment)\s+)?
    (?:written|posted|published|reported|words?|stor(?:y|ies)|text|article|authored|compiled|reviewed|edited|photos?|posts?|review|report|news)?\s*by\b
    |authors?\b\s*:|from\s+our\b|words?\s*:|reporters?\s*:|de\b(?=\s+[A-Z]))[\s:|•·-]*"""
)
SPLIT = re.compile(r"\s*(?:[;|•·/\n\t]|,\s+and\b|,|\s&\s|\s+\band\b|\s+\bwith\b|\+|\s[–—-]\s)\s*", re.IGNORECASE)
TRAIL = re.compile(
    r"(?i)\s*(?:\(.*|\[.*|\b(?:for|at|in)\s+(?:the\s+)?[A-Z@].*|\bis\s+an?\b.*|\b(?:published|updated|posted|last|on)\b.*|\d.*|@.*|https?:.*|\bfollow\b.*|[-–—:,.*]+)$"
)
ROLE = re.compile(
    r"""(?ix)\b(?:reporters?|editors?|editorial|correspondents?|staff|writers?|journalists?|contributors?|contributing|columnists?|producer|
    presenter|freelance|bureau|newsroom|desk|team|admin(?:istrator)?|webmaster|guest|author|authors|critic|director|manager|officer|
    photographer|photography|photos?|illustrat(?:or|ion)|blogger|analyst|fellow|professor|lecturer|president|founder|chief|secretary|
    advertis\w+|sponsored|press\s+release|newswire|wire|news|magazine|media|reviewed|fact[- ]?check\w*|published|updated|
    read|mins?|minutes?|share|comments?|follow|subscribe|email|bio|profile|more|view|posts|articles|all|unknown|anonymous|none|null|undefined|
    network|newspapers?|limited|ltd|inc|llc|plc|foundation|institute|university|council|association|department|ministry|government|company|group|
    tribune|gazette|herald|times|post|journal|chronicle|daily|weekly|today|online|tv|radio|services?)\b"""
)
CREDENTIAL = re.compile(
    r"(?:Ph\.?\s?D|M\.?D|D\.?O|M\.?A|B\.?A|M\.?Sc|B\.?Sc|MBA|MPH|R\.?N|R\.?D|RDN|Esq|Jr|Sr|I{2,3}|CFP|CEPF|CFA|CPA|CPP|PSP|LCSW|J\.?D|OBE|MBE|CBE|FRS|MP|QC|KC)\.?[®™]?",
)
SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV)\.?")
AGENCY = re.compile(
    r"(?i)^(?:the\s+)?(?:associated\s+press|ap|reuters|afp\w*|agence\s+france[- ]presse|pa|pa\s+media|press\s+association|bloomberg|upi|"
    r"xinhua|ani|pti|ians|dpa|efe|ap\s+news|cnn\s+wire|tribune\s+news\s+service)$"
)
NAME_WORD = re.compile(r"(?:[^\W\d_][\w.'’ʼ`-]*|[A-Z]\.)", re.UNICODE)
PARTICLE = frozenset(
    "de da do dos del della der den di du la le van von zu zur bin ibn al el y e und st mac ter ten af of the".split()
)


def clean_authors(values: Iterable[str], *, own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """The people named in ``values``, in order, each once; agencies only where no person is named.

    ``own_names`` are the publisher's: a site that signs with its own name says nothing about the author.
    """
    own = {_key(name) for name in own_names} - {""}
    people: dict[str, str] = {}
    agencies: dict[str, str] = {}
    for value in values:
        for name in split_names(value):
            if _key(name) in own:
                continue
            if AGENCY.match(name):
                agencies.setdefault(_key(name), name)
            elif is_name(name):
                people.setdefault(_key(name), name)
    return tuple((people or agencies).values())[:MAX_AUTHORS]


def split_names(value: str) -> list[str]:
    """The parts of a byline that may be names: "By Ann Lee, Health Editor, and Bo Ek" -> Ann Lee, Health Editor, Bo Ek."""
    text = " ".join(re.sub(r"[\u200b\ufeff]", "", value).replace("\xa0", " ").split(" "))
    text = LEAD.sub("", text)
    if reversed_name := re.fullmatch(r"\s*([^\W\d_][\w'’-]+),\s+([^\W\d_][\w.'’-]+(?:\s+[A-Z]\.)?)\s*", text):
        if not CREDENTIAL.fullmatch(reversed_name[2]) and not ROLE.search(reversed_name[0]):
            return [f"{reversed_name[2]} {reversed_name[1]}"]
    names: list[str] = []
    for part in SPLIT.split(text):
        name = _bare(part)
        if SUFFIX.fullmatch(name) and names:
            names[-1] = f"{names[-1]} {name}"
        elif name and not CREDENTIAL.fullmatch(name):
            names.append(name)
    return names


def is_name(name: str) -> bool:
    """Whether a string can be a person's name or pen name: few words, letters, no role, no address."""
    words = name.split()
    if not words or len(name) > MAX_NAME_CHARS or len(words) > MAX_NAME_WORDS or len(name) < 2:
        return False
    if any(mark in name for mark in "@/<>{}=%#\\_") or ROLE.search(name):
        return False
    if not all(NAME_WORD.fullmatch(word) for word in words):
        return False
    capital = [word for word in words if word[0].isupper() or not word[0].islower()]
    return bool(capital) and all(word in capital or word.lower() in PARTICLE or len(words) == 2 for word in words)


def byline_authors(line: str) -> tuple[str, ...]:
    """The people named by a line that says "By …"; empty when it does not start so or names nobody."""
    lead = LEAD.match(line)
    return clean_authors([line]) if lead and lead[0].strip(" :|•·,–—-") else ()


def _bare(part: str) -> str:
    name = LEAD.sub("", part).strip(' "“”()[]:;,–—-*·•')
    name = TRAIL.sub("", name).strip(" :,–—-")
    words = name.split()
    while len(words) > 2 and CREDENTIAL.fullmatch(words[-1]) and not SUFFIX.fullmatch(words[-1]):
        words.pop()
    name = " ".join(words)
    return name.title() if name.isupper() and len(words) > 1 else name


def _key(name: str) -> str:
    return "".join(re.findall(r"\w+", name.lower().removeprefix("the "))).removesuffix("com")
