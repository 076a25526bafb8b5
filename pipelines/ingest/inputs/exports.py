"""Exports of Nexis Uni, Factiva and ProQuest to articles: licensed text without any scraping. Pure.

Each service puts its own marks around an article. The forms are those that the public tools of researchers
read: LexisNexisTools (Nexis, old and Nexis Uni), tm.plugin.factiva (Factiva) and pq_parser (ProQuest)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.ingest.inputs.detection import UnusableInput
from pipelines.ingest.inputs.documents import document_lines
from pipelines.ingest.inputs.export_labels import in_english
from pipelines.ingest.inputs.records import Imported, ReadyArticle, failure, headline_or_imported
from scraper.extraction.authors import clean_authors
from scraper.extraction.dates import parse_date
from scraper.languages import NAMES, language_tag
from scraper.models import Article, Provenance
from scraper.source_files import fresh_id

MAX_SOURCE_CHARS = 80
HEAD_LINES = 12  # before the first field of an article: title, publication, date, edition

NEXIS_END = re.compile(r"^\s*End of Document\s*$", re.IGNORECASE)
NEXIS_START = re.compile(r"^\s*\d+ of \d+ DOCUMENTS\s*$")
NEXIS_FIELD = re.compile(
    r"^\s*(Section|Length|Byline|Highlight|Headline|Dateline|Body|Graphic|Classification|Load-Date|Language|"
    r"Publication-Type|Publication Type|Journal Code|Subject|Correction|Series|Column|Acc-No|URL|Notes?|Type|"
    r"Distribution|Copyright)(?:\s*:\s*|\s*$)(.*)$",
    re.IGNORECASE,
)
NEXIS_COVER = re.compile(
    r"^\s*(?:User Name|Date and Time|Job Number|Documents? \(\d+\)|Client/Matter|Search Terms)\b"
)
NEXIS_TRAILING = frozenset(
    "graphic classification load-date language publication-type subject acc-no url notes note type "
    "distribution copyright".split()
) | {"publication type", "journal code"}

FACTIVA_END = re.compile(r"^\s*Document ([A-Za-z]\w{9,})\s*$")
FACTIVA_CODE = re.compile(
    r"^\s*(HD|CR|BY|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|CT|RF|CO|IN|NS|RE|IPC|IPD|PUB|AN|ART|CLM|SE)"
    r"(?:\s*$|[\t\xa0]+\s*|\s{2,})(.*)$"
)
FACTIVA_WORDS = re.compile(
    r"^\s*\d[\d,. ]*\s(?:words?|mots|Wörter|palabras|parole|woorden|palavras)\s*$", re.IGNORECASE
)

PROQUEST_START = re.compile(r"^\s*(?:_{20,}|Document \d+ of \d+)\s*$")
PROQUEST_FIELD = re.compile(
    r"^\s*("
    r"Title|Author|Publication info|Publication title|Publication date|Publication year|"
    r"Publication subject|Abstract|Full text|Links|Subject|Location|People|"
    r"Company ?/ ?organization|Document URL|ProQuest document ID|Language of publication|Language|"
    r"Copyright|Last updated|Database|Section|Source type|Document type|ISSN|e-ISSN|"
    r"Country of publication|Publisher|Place of publication|Pages|First page|Volume|Issue|"
    r"Document feature|Dateline|Identifier ?/ ?keyword|Classification|Credit|Source|"
    r"Number of pages|Business indexing term|Contact us at"
    r")\s*:\s*(.*)$",
    re.IGNORECASE,
)
NO_TEXT = re.compile(r"(?i)^\W*(?:not available|full text (?:is )?not available|none)\b")
COPYRIGHT = re.compile(r"(?i)^\s*(?:©|\(c\)\s|copyright\b|all rights reserved)")
EDITION = re.compile(r"(?i)\bedition\b|^\d(?:st|nd|rd|th)? edition")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedArticle:
    """One article as a service exports it."""

    title: str = ""
    text: str = ""
    publication: str = ""
    byline: str = ""
    published_at: datetime | None = None
    language: str | None = None
    external_id: str | None = None


def read_export(body: bytes, *, name: str, source_id: str | None = None) -> Iterator[Imported]:
    """Yield the articles of an export, each under its own publication as source.

    Raises `UnusableInput` when the document is damaged or holds no article of one of the three services.
    """
    articles = exported_articles(document_lines(body))
    if not articles:
        raise UnusableInput("a document without articles of Nexis, Factiva or ProQuest")
    for number, article in enumerate(articles, 1):
        place = f"{name}, article {number}"
        if not article.title and not article.text:
            yield failure(
                "neither a title nor a text", place=place, error="NothingToImport", source_id=source_id
            )
            continue
        own_source = fresh_id(article.publication, ()) if article.publication else None
        yield ReadyArticle(
            article=Article(
                title=article.title,
                text=article.text,
                authors=clean_authors([article.byline], own_names=(article.publication,)),
                published_at=article.published_at,
                language=article.language,
                publisher=article.publication or None,
                source_id=own_source or source_id,
                external_id=article.external_id,
                access=headline_or_imported(article.text),
                origins=(Provenance(field="text", place="licensed export"),),
            ),
            place=place,
        )


def exported_articles(lines: Sequence[str]) -> list[ExportedArticle]:
    """Return the articles of an export by the marks of its service; none when it has none."""
    lines = in_english(
        [
            line.replace("\xa0", " ").replace("\x0c", "") if not FACTIVA_CODE.match(line) else line
            for line in lines
        ]
    )
    if any(NEXIS_END.match(line) for line in lines):
        return [_nexis(part) for part in _split(lines, NEXIS_END, ends=True) if _has_field(part)]
    if any(NEXIS_START.match(line) for line in lines):
        return [
            _nexis(_unwrapped(part))
            for part in _split(lines, NEXIS_START, ends=False)[1:]
            if _has_field(part)
        ]
    if any(FACTIVA_END.match(line) for line in lines):
        return [_factiva(part, number) for part, number in _factiva_parts(lines)]
    parts = (
        _split(lines, PROQUEST_START, ends=False) if any(map(PROQUEST_START.match, lines)) else [list(lines)]
    )
    fields = ("full text", "publication info", "publication title", "proquest document id")
    articles = [_proquest_fields(part) for part in parts]
    return [_proquest(each) for each in articles if any(field in each for field in fields)]


def _split(lines: Sequence[str], mark: re.Pattern[str], *, ends: bool) -> list[list[str]]:
    """Return the lines between marks; what stands behind the last ``ends`` mark is not an article."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if mark.match(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return parts[:-1] if ends else parts


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Return paragraphs whose lines were broken at a fixed width as one line each."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line.strip())
        else:
            paragraphs.append([])
    return [" ".join(each) for each in paragraphs]


def _has_field(lines: Sequence[str]) -> bool:
    return any(NEXIS_FIELD.match(line) for line in lines)


def _nexis(lines: Sequence[str]) -> ExportedArticle:
    head, fields, text = _nexis_fields(_without_cover(lines))
    day = next((index for index, line in enumerate(head) if parse_date(line)), None)
    if day is None:
        title, publication = (head[0] if head else ""), (head[1] if len(head) > 1 else "")
    elif day >= 2:  # Nexis Uni: title, publication, date
        title, publication = " ".join(head[: day - 1]), head[day - 1]
    else:  # the older text form: publication, date, edition, title
        after = [line for line in head[day + 1 :] if not EDITION.search(line)]
        title, publication = " ".join(after), (head[0] if day else "")
    return ExportedArticle(
        title=fields.get("headline") or title,
        text=text,
        publication=_publication(publication),
        byline=fields.get("byline", ""),
        published_at=parse_date(head[day]) if day is not None else parse_date(fields.get("load-date", "")),
        language=language_tag(fields.get("language", "")),
    )


def _nexis_fields(lines: Sequence[str]) -> tuple[list[str], dict[str, str], str]:
    """Return the lines of the head, the fields and the body of one article."""
    head: list[str] = []
    fields: dict[str, str] = {}
    body: list[str] = []
    has_body_mark = any((match := NEXIS_FIELD.match(line)) and match[1].lower() == "body" for line in lines)
    in_body, is_over, last = False, False, ""
    for line in lines:
        match = NEXIS_FIELD.match(line)
        name = match[1].lower() if match else ""
        if (
            match
            and (name in NEXIS_TRAILING or not in_body)
            and (":" in line or name in ("body", *NEXIS_TRAILING))
        ):
            if name == "copyright" and not in_body:
                continue
            is_over = in_body and name in NEXIS_TRAILING
            fields.setdefault(name, match[2].strip())
            last, in_body = name, (name == "body")
            body += [match[2].strip()] if name == "body" and match[2].strip() else []
        elif not line.strip() or is_over or (COPYRIGHT.match(line) and not in_body):
            continue
        elif in_body:
            body.append(" ".join(line.split()))
        elif not fields and len(head) < HEAD_LINES:
            head.append(" ".join(line.split()))
        elif not has_body_mark and last not in NEXIS_TRAILING:
            in_body = True
            body.append(" ".join(line.split()))
        elif last and not fields[last]:
            fields[last] = " ".join(line.split())
    return head, fields, "\n".join(body)


def _without_cover(lines: Sequence[str]) -> list[str]:
    """Return the lines of an article without the cover sheet and list of documents before the first one."""
    if not any(NEXIS_COVER.match(line) for line in lines):
        return list(lines)
    filled = [line for line in lines if line.strip()]
    first_field = next(
        (
            index
            for index, line in enumerate(filled)
            if COPYRIGHT.match(line) or re.match(r"\s*(?:Length|Section)\s*:", line)
        ),
        len(filled),
    )
    day = next((index for index in range(first_field - 1, 1, -1) if parse_date(filled[index])), 2)
    return filled[day - 2 :]


def _factiva_parts(lines: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    part: list[str] = []
    for line in lines:
        if end := FACTIVA_END.match(line):
            yield part, end[1]
            part = []
        else:
            part.append(line)


def _factiva(lines: Sequence[str], number: str) -> ExportedArticle:
    fields = _factiva_fields(lines) if any(map(_is_headline_code, lines)) else _factiva_plain(lines)
    time = " ".join(fields.get("ET", []))
    return ExportedArticle(
        title=" ".join(fields.get("HD", [])),
        text="\n".join([*fields.get("LP", []), *fields.get("TD", [])]),
        publication=_publication(" ".join(fields.get("SN", []))),
        byline=" ".join(fields.get("BY", [])),
        published_at=parse_date(f"{' '.join(fields.get('PD', []))} {time}"),
        language=language_tag(" ".join(fields.get("LA", []))),
        external_id=f"factiva:{number}",
    )


def _is_headline_code(line: str) -> bool:
    match = FACTIVA_CODE.match(line)
    return match is not None and match[1] == "HD"


def _factiva_fields(lines: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines of each field of an article in the form with codes (HD, BY, WC, PD, SN …)."""
    fields: dict[str, list[str]] = {}
    code = ""
    for line in lines:
        match = FACTIVA_CODE.match(line)
        if match and (code or match[1] == "HD"):
            code, line = match[1], match[2]  # noqa: PLW2901 - what follows the code is the field's first line
            fields[code] = []
        if code and line.strip():
            fields[code].append(" ".join(line.split()))
    return fields


def _factiva_plain(lines: Sequence[str]) -> dict[str, list[str]]:
    """Return the fields of an article in the form for reading: title, byline, words, date, source, code,
    text."""
    filled = [" ".join(line.split()) for line in lines if line.strip()]
    words = next((index for index, line in enumerate(filled) if FACTIVA_WORDS.match(line)), None)
    if words is None or not words:
        return {"HD": filled[:1], "TD": filled[1:]}
    before, after = filled[:words], filled[words + 1 :]
    has_byline = (
        len(before) > 1
        and bool(clean_authors([before[-1]], full_names=True))
        and len(before[-1].split()) <= 8
    )
    fields = {"HD": [before[-2] if has_byline else before[-1]], "BY": before[-1:] if has_byline else []}
    day = next((index for index, line in enumerate(after[:3]) if parse_date(line)), None)
    if day is None:
        return {**fields, "TD": after}
    fields["PD"], rest = [after[day]], after[day + 1 :]
    if rest and re.fullmatch(r"\d{1,2}:\d{2}(?: ?[AP]M)?(?: \w+)?", rest[0]):
        fields["ET"], rest = rest[:1], rest[1:]
    fields["SN"], rest = rest[:1], rest[1:]
    for index, line in enumerate(rest[:8]):
        if line.lower() in NAMES:
            fields["LA"], rest = [line], rest[index + 1 :]
            break
    while rest and COPYRIGHT.match(rest[0]):
        rest = rest[1:]
    return {**fields, "TD": rest}


def _proquest_fields(lines: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines of each field; those before the first one under ``""``."""
    fields: dict[str, list[str]] = {"": []}
    name = ""
    for line in lines:
        if match := PROQUEST_FIELD.match(line):
            name, line = re.sub(r" ?/ ?", " / ", match[1].lower()), match[2]  # noqa: PLW2901
            fields.setdefault(name, [])
        if line.strip():
            fields[name].append(" ".join(line.split()))
    return fields


def _proquest(fields: dict[str, list[str]]) -> ExportedArticle:
    def value(*names: str) -> str:
        return next((" ".join(fields[name]) for name in names if fields.get(name)), "")

    text = [line for line in fields.get("full text", []) if not NO_TEXT.match(line)]
    printed = value("publication info", "source")
    publication = value("publication title") or re.split(r"[;\[]|,? \d", printed, maxsplit=1)[0]
    number = re.search(r"\d{5,}", value("proquest document id", "document url"))
    return ExportedArticle(
        title=value("title") or " ".join(fields[""][:1]),
        text="\n".join(text) or value("abstract"),
        publication=_publication(publication),
        byline=value("author").replace(";", ","),
        published_at=parse_date(value("publication date")) or parse_date(printed),
        language=language_tag(value("language of publication", "language")),
        external_id=f"proquest:{number[0]}" if number else None,
    )


def _publication(text: str) -> str:
    """Return the name of a publication without the place and edition in brackets behind it."""
    name = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", " ".join(text.split())).partition(";")[0].strip(" ,.")
    return name[:MAX_SOURCE_CHARS]
