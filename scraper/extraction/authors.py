"""Clean bylines into names: without "By", roles, credentials, handles and the publisher's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from scraper.extraction.characters import clean_characters

MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 6  # "Maria de los Angeles Garcia Lopez"
MAX_AUTHORS = 20
MIN_OWN_NAME = 6  # letters of a publisher's name that may begin a longer form of it
MAX_VALUE_CHARS = 600  # a longer value is a biography

WEEKDAY = r"(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\.?"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
ONLY_MONTH = re.compile(rf"(?i){MONTH}")
# Words that stand before "by", "von", "par" and the like: "A guest post by", "Propos recueillis par".
_BEFORE_BY = """
    a an the guest exclusive analysis opinion review feature comment commentary written posted published
    reported authored compiled reviewed contributed words story stories text article articles blog column
    essay post posts interview report reporting additional news features and photos pictures photographs
    more all view see other read ein eine einen gastbeitrag gastkommentar kommentar analyse bericht
    reportage kolumne artikel beitrag essay geschrieben verfasst propos recueillis publié écrit rédigé
    entretien réalisé texte un une tribune escrito publicado redactado texto artículo entrevista cura
    scritto pubblicato testo articolo intervista geschreven gepubliceerd tekst bijdrage een redigido
    matéria napisał skrevet
""".split()
_WORDS = "|".join(_BEFORE_BY)
_NAME_FOLLOWS = r"(?=\s+[^\W\d_]+[\s-][^\W\d_])"
LEAD = re.compile(
    rf"""(?x)^[\s:|•·,–—-]*(?:
    (?i:(?:(?:{_WORDS})\s+){{0,5}}by\b)
    | (?i:(?:(?:{_WORDS})\s+){{0,4}}(?:von|par|por|door|af|av|di|da|de))\b{_NAME_FOLLOWS}
    | (?i:by)(?=[A-Z][a-z])                      # "By" and a linked name without a blank between them
    | (?i:(?:about\s+the\s+)?authors?|words?|reporters?|contributors?|by|interview|redaktion
      |autor(?:in|en|es|a|ka|zy)?
      |auteure?s?|autore|autrice|text[eo]?(?:\s+und\s+fotos?)?|tekst|von|par|por|di|door
      |автор(?:ы|ка)?|текст|συντάκτης|yazar|penulis|oleh|szerző|kirjoittaja|teksti|forfatter|skribent)\s*:
    | (?:文|文責|取材|執筆|著者|作者|編集|记者|記者|글|기자)\s?[・:：／/]\s?
    | (?:بقلم|מאת|oleh|yazan|írta)\s*:?(?=\s)
    | (?i:more|articles)\s+from{_NAME_FOLLOWS} | (?i:words|from|follow)(?=\s+[A-Z][\w’'-]+\s+[A-Z])
    | (?i:from\s+our\b)
    | (?:本[报報][讯訊]?\s*)?(?:记者|記者|作者|撰文|取材)(?=\s)   # Chinese and Japanese: reporter, author
    )[\s:：|•·-]*"""
)
# Who took the pictures or edited the text did not write it.
OTHER_CREDIT = re.compile(
    r"(?i)^(?:(?:main|header|cover|lead)\s+)?(?:photo(?:graph(?:y|s)?)?s?|pictures?|images?|illustrations?|"
    r"fotos?|bild(?:er)?|edit(?:ed|ing)|translat(?:ed|ion)|produced|design(?:ed)?|graphics?)(?:\s+credit)?\s*"
    r"(?::|\s(?:by|von|par|por|di)\b)"
)
MAIL = re.compile(r"<?\S+@\S+\.\w+>?")
SPLIT = re.compile(
    r"\s*(?:[;|•·/\n\t]|,\s+and\b|,|\s&\s|\s+\band\b|\s+\bwith\b|\+|\s[–—-]\s)\s*", re.IGNORECASE
)
# "and" in other languages: between two full names only, because names hold it too ("Ortega y Gasset").
AND = re.compile(r"\s+(?:und|et|y|e|en|i|og|och|oraz|и|та|και|ve)\s+", re.IGNORECASE)
# "mira@paper.example (Mira Castleton)", as RSS wants authors, and "Mira Castleton <mira@paper.example>".
ADDRESSED = re.compile(r"\S+@\S+\s*\(([^()]+)\)|([^<>]+?)\s*<\S+@\S+>")
# What follows a name in a byline: a bracket, an employer, a date, a biography, a handle.
TRAIL = re.compile(
    rf"""(?ix)\s*(?:\(.*|\[.*|기자|記者|记者
    |\b(?:photos?|photographs?|pictures?|images?|fotos?|bild(?:er)?|illustrations?)\s?(?::|by\b).*
    |\b(?:for|at|in)\s+(?:the\s+)?[A-Z@].*|\bis\s+an?\b.*|\b(?:published|updated
    |posted|last|on)\b.*
    |\bet\s+al\b.*
    |\b(?:{WEEKDAY},?\s+)?(?:\d|{MONTH}(?=\s+\d)).*|@.*|https?:.*|\bfollow\b.*|[-–—:,*]+)$"""
)
CREDENTIAL = re.compile(
    r"(?:Ph\.?\s?D|M\.?D|D\.?O|M\.?A|B\.?A|M\.?Sc|B\.?Sc|MBA|MPH|R\.?N|R\.?D|RDN|Esq|Jr|Sr|I{2,3}|CFP|"
    r"CEPF|CFA|CPA|CPP|PSP|LCSW|J\.?D|OBE|MBE|CBE|"
    r"FRS|MP|QC|KC|Dip\w*)\.?[®™]?"
)
SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV)\.?")
AGENCY_NAME = (
    r"associated\s+press|ap|reuters|afp\w*|agence\s+france[- ]presse|pa|pa\s+media|press\s+association|"
    r"bloomberg|upi|xinhua|ani|pti|ians|dpa|efe|"
    r"ap\s+news|cnn\s+wire|tribune\s+news\s+service"
)
AGENCY = re.compile(rf"(?i)^(?:the\s+)?(?:{AGENCY_NAME})$")
AGENCY_AFTER_NAME = re.compile(
    r"(?i)(?<=\w)[\s,]+(?:the\s+)?"
    r"(?:associated\s+press|reuters|pa\s+media|press\s+association|agence\s+france[- ]presse)$"
)
# Words of no person's name: roles, parts of a newspaper's name, buttons.
_NOBODY = (
    r"(?:la\s+|die\s+)?(?:redaktion(?:en|steam)?|rédaction|redacción|redazione|redactie|redakcja|redação|"
    r"toimitus)"
)
NOBODY = re.compile(rf"(?i)^(?:{_NOBODY}|(?:staff|guest)\s+(?:reporter|writer|author)s?|staff)$")
NO_NAME = re.compile(
    rf"""(?ix)\b(?:reporters?|editors?|editor-in-chief|editorial|correspondents?|staff|writers?
    |journalists?|contributors?|contributing|columnists?|
    producer|presenter|freelance|bureau|newsroom|admin(?:istrator)?|webmaster|critic|director|manager
    |officer|photographer|photography|photos?|
    illustrat(?:or|ion)|blogger|analyst|professor|lecturer|president|founder|co-founder|secretary
    |chair(?:man|woman)?|head\s+of|labs?|ceo|cto|cfo|
    advertis\w+|sponsored|press\s+release|newswire|
    news|magazine|fact[- ]?check\w*|published|updated|minutes?|comments?|subscribe|profile|
    unknown|anonymous|none|null|undefined|network|newspapers?|limited|ltd|inc|llc|plc|
    gmbh|corp(?:oration)?|co-operative|foundation
    |institute|university|council|association|
    department|ministry|government|company|group|tribune|gazette|herald|times|journal|chronicle|daily
    |weekly|online|tv|radio|services?|report|
    terms|privacy|cookies?|policy|twitter|facebook|linkedin|whatsapp|instagram|pinterest|reddit|youtube
    |tiktok|wikipedia|contributed|special\s+to|object|et\s+al
    |{_NOBODY}
    |commissioner|commission|trust|charity|authority|agency|office|committee|campaign|alliance|coalition
    |federation|society
    |centre|hospital|partnership|forum|parliament)\b"""
)
NO_NAME_KEY = re.compile(
    r"^(?:media|group|corporation|corp|company|ltd|limited|inc|llc|plc|news|newspapers?|"
    r"team|staff|desk|online|"
    r"digital|uk|us|ireland|scotland|wales|international|publishing|press|editorial|newsroom|reporters?|web)"
)
# Names of buttons and sections when they come first or alone; "Simon Read" and "Ann Guest" are people.
BUTTONS = frozenset(
    """
    edit manage add show hide get sign log login register subscribe contact load open close click next
    previous back listen watch save reply select choose topics comments
    read more view all share email print copy follow about by see latest home menu search this author
    authors guest team the our your press staff admin editor bio post posts article articles opinion
    comment media desk today tags topics
    artikel beitrag merken teilen folgen drucken anhören vorlesen kommentieren kommentare partager enregistrer
    imprimer écouter suivre commenter compartir guardar escuchar imprimir comentar condividi ascolta commenta
    delen bewaar bewaren luister reageer volg spara lyssna
    """.split()
)
COLLECTIVE = re.compile(
    r"(?i)(?:^team\s+\w+|\b(?:staff|team|editorial\s+board|editorial\s+team|editors|newsroom|news\s+desk|"
    r"reporters|correspondents))$"
)
BARE_COLLECTIVE = re.compile(
    r"(?i)^(?:the\s+)?(?:news\s+|our\s+|web\s+|guest\s+|site\s+)?(?:staff(?:\s+(?:writers?|reporters?|"
    r"report|editors?))?|team|editors?|editorial\s+team|newsroom|reporters?|correspondents?)$"
)
# Words that outlets are called by, and people too ("Emily Post"): looked at only where the site has the
# author's name.
OUTLET = re.compile(
    r"""(?ix)\b(?:the|post|star|sun|mail|mirror|echo|press|express|argus|observer|guardian|standard
    |telegraph|review|today|now|
    first|care|community|insider|digest|wire|week|world|nation|business|tech\w*|politic\w*|sports?|life
    |city|voice|hub)\b"""
)
LAST_FIRST = re.compile(r"([^\W\d_][\w'’-]+),\s+([^\W\d_][\w.'’-]+(?:\s+[A-Z]\.)?)")
# "Jane Smith Social Affairs Correspondent": a role without anything before it to tell it from the name
NAME_AND_ROLE = re.compile(
    r"(?i)(?!(?:chief|senior|political|social|health|education|home|legal|local|deputy|news|our|the)\b)"
    r"([^\W\d_]+\s+(?:[a-z]\.\s+)?[\w'’-]+)\s+\S.*\b(?:reporter|correspondent|editor|writer|columnist|"
    r"journalist)"
)
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,8}")
ACRONYM = re.compile(r"[A-Z]{3,}")
NAME_WORD = re.compile(r"(?:[^\W\d_][\w.'’ʼ`-]*|[A-Z]\.)")
PARTICLES = frozenset(
    """
    de da do dos del della der den di du la le van von zu zur bin ibn al el y e und st mac ter ten af of
    the
    """.split()
)


def clean_authors(
    values: Iterable[str], *, own_names: Sequence[str] = (), full_names: bool = False
) -> tuple[str, ...]:
    """Return the people named in ``values`` in order, each once; a collective or an agency only if no
    person is named.

    ``own_names`` are the publisher's: a site that signs with its own name says nothing about the author.
    ``full_names`` requires two words, for text that may not be a byline.
    """
    own = {_key(name) for name in own_names} - {""}
    people: dict[str, str] = {}
    others: dict[str, str] = {}
    for value in values:
        for name in split_names(value, own_names):
            if _is_own(_key(name), own):
                continue
            if AGENCY.match(name) or _is_collective(name):
                others.setdefault(_key(name), name)
            elif is_name(name):
                people.setdefault(_key(name), name)
    if full_names:
        people = {key: name for key, name in people.items() if is_full(name)}
    if len(people) > 1:
        # "Chip Mitchell, WBEZ", "Tracy Parker, Dietitian": one word beside a full name is not a person.
        people = {key: name for key, name in people.items() if is_full(name)} or people
    return tuple((people or others).values())[:MAX_AUTHORS]


def own_site_authors(values: Iterable[str]) -> tuple[str, ...]:
    """Return the people whose own site this is: authors declared under the site's name, if it is not an
    outlet's.
    """
    return tuple(name for name in clean_authors(values, full_names=True) if not OUTLET.search(name))


def clean_organisations(values: Iterable[str], *, own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the agencies and collective bylines among declared organisations.

    A department or a publisher is not an author. Organisations are read whole: "Department for Families
    and Learning" is one name.
    """
    own = {_key(name) for name in own_names}
    names = (" ".join(value.split()) for value in values)
    return tuple(
        dict.fromkeys(
            name for name in names if _key(name) not in own and (AGENCY.match(name) or _is_collective(name))
        )
    )


def split_names(value: str, own_names: Sequence[str] = ()) -> list[str]:
    """Return the parts of a byline that may be names: "By Ann Lee, Editor, and Bo Ek" gives Ann Lee,
    Editor, Bo Ek.
    """
    text = clean_characters(value[:MAX_VALUE_CHARS]).replace("\xa0", " ").strip()
    if addressed := ADDRESSED.fullmatch(text):
        text = addressed[1] or addressed[2]
    text = LEAD.sub("", MAIL.sub(" ", text) if "@" in text else text).strip()
    whole = [_turned(part) for part in text.split(";")]
    if all(whole):
        return whole
    names: list[str] = []
    for part in (piece for item in SPLIT.split(text) for piece in _two_names(item)):
        name = "" if OTHER_CREDIT.match(part) else _bare(part, own_names)
        if SUFFIX.fullmatch(name) and names:
            names[-1] = f"{names[-1]} {name}"
        elif name and not CREDENTIAL.fullmatch(name) and not ONLY_MONTH.fullmatch(name):
            names.append(name)
    return names


def _two_names(part: str) -> list[str]:
    """Return the full names that "und", "et", "y" and the like stand between; the part itself otherwise."""
    pieces = AND.split(part)
    if any(piece.rpartition(" ")[2].lower() in PARTICLES for piece in pieces[:-1]):  # "von und zu Alm"
        return [part]
    is_list = all(len(LEAD.sub("", piece).split()) > 1 or NO_NAME.search(piece) for piece in pieces)
    return pieces if is_list else [part]


def _turned(text: str) -> str:
    """Return "Brazil, Rachel", as libraries write names, the right way round; an empty string for
    anything else.
    """
    found = LAST_FIRST.fullmatch(text.strip())
    if not found or CREDENTIAL.fullmatch(found[2]) or ONLY_MONTH.fullmatch(found[2]) or NO_NAME.search(text):
        return ""
    return f"{found[2]} {found[1]}"


def is_name(name: str) -> bool:
    """Return whether a string can be a person's name or pen name: few words, letters, no role, no
    address.
    """
    words = name.split()
    if not words or not 2 <= len(name) <= MAX_NAME_CHARS or len(words) > MAX_NAME_WORDS:
        return False
    if any(mark in name for mark in "@/<>{}=%#\\_?!") or NO_NAME.search(name):
        return False
    if BARE_COLLECTIVE.match(name):
        return False
    if len(words) == 1 and (ACRONYM.fullmatch(name) or name.endswith(("'s", "’s"))):  # NSPCC, Barnardo's
        return False
    if words[0].lower() in BUTTONS or not all(NAME_WORD.fullmatch(word) for word in words):
        return False
    capital = [word for word in words if not word[0].islower()]
    return bool(capital) and all(
        word in capital or word.lower() in PARTICLES or len(words) == 2 for word in words
    )


def is_full(name: str) -> bool:
    """Return whether a name has several parts, or is in a script that puts no spaces between them."""
    return " " in name or bool(UNSPACED.fullmatch(name))


def byline_authors(line: str, own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the people named by a line that says "By …"; none for any other line."""
    lead = LEAD.match(line)
    return (
        clean_authors([line], own_names=own_names, full_names=True)
        if lead and lead[0].strip(" :|•·,–—-")
        else ()
    )


def is_own_name(name: str, own_names: Sequence[str]) -> bool:
    """Return whether a name is one of the publisher's, or a longer form of it ("Bay Gazette Staff")."""
    return _is_own(_key(name), {_key(own) for own in own_names} - {""})


def _is_own(key: str, own: set[str]) -> bool:
    """Return whether a name is the publisher's: as it stands, or with "Corporation", "Media" and the like."""
    return key in own or any(
        len(name) >= MIN_OWN_NAME and key.startswith(name) and NO_NAME_KEY.search(key[len(name) :])
        for name in own
    )


def _is_collective(name: str) -> bool:
    return (
        bool(COLLECTIVE.search(name))
        and not BARE_COLLECTIVE.match(name)
        and len(name.split()) <= MAX_NAME_WORDS
        and len(name) <= MAX_NAME_CHARS
    )


def _bare(part: str, own_names: Sequence[str]) -> str:
    name = LEAD.sub("", part).strip(' "“”()[]:;,–—-*·•')
    name = TRAIL.sub("", name).strip(" :,–—-")
    name = AGENCY_AFTER_NAME.sub("", name)
    for own in own_names:  # "Greyson Steele Battle Creek Enquirer"
        if (
            " " in own
            and name.lower().endswith(f" {own.lower()}")
            and len(name.split()) > len(own.split()) + 1
        ):
            name = name[: -len(own)].strip()
    if role := NAME_AND_ROLE.fullmatch(name):
        name = role[1]
    words = name.split()
    while len(words) > 2 and CREDENTIAL.fullmatch(words[-1]) and not SUFFIX.fullmatch(words[-1]):
        words.pop()
    if (
        words
        and words[-1].endswith(".")
        and len(words[-1]) > 3
        and "." not in words[-1][:-1]
        and not SUFFIX.fullmatch(words[-1])
    ):
        words[-1] = words[-1][:-1]  # the full stop of a sentence, not of an initial
    name = " ".join(words)
    return name.title() if name.isupper() and len(words) > 1 else name


def _key(name: str) -> str:
    return "".join(re.findall(r"\w+", name.lower().removeprefix("the "))).removesuffix("com")
