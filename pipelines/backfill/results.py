"""The stages ``assign``, ``articles`` and ``stories``: the result, as Parquet with fixed options.

A text stands in ``articles`` only where purpose and publisher allow it to be passed on, as in an export. What
may be kept for analysis only stands in ``texts``, a folder of its own.

Rows are in order of their numbers, and nothing in a file tells when or by whom it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pipelines.backfill.extracting import ARTICLES
from pipelines.backfill.folder import Array, Folder, SegmentFiles, read_array, write, write_array
from pipelines.backfill.grouping import BOUNDS as GRAPH_BOUNDS
from pipelines.backfill.grouping import CLUSTER, GRAPH, STORY, weighed_odds
from pipelines.backfill.ordering import Archive
from pipelines.backfill.pairing import scored_matches
from pipelines.backfill.plan import Plan
from pipelines.matching.decided import probability_after
from pipelines.matching.explanations import desk_reason
from pipelines.models import Match
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.matching import MATCH
from pipelines.stories.neighbourhood import log_odds
from pipelines.stories.pairs import same_text
from scraper.lazily import lazily
from scraper.models import Article
from scraper.rights import TextUse, text_use

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet
else:
    pyarrow = lazily("pyarrow")
    parquet = lazily("pyarrow.parquet")

ASSIGN, RESULT_ARTICLES, RESULT_STORIES = "assign", "result-articles", "result-stories"
TEXTS = "texts"  # that are kept for analysis only
STORY_OF, GROUP_OF, DOUBTFUL, ODDS, STARTS = range(5)  # numbers of the files of the stage
ROW_GROUP = 5_000  # rows; of articles some 15 MB
LEVEL = 3


def assign(folder: Folder, plan: Plan, _number: int) -> dict[str, object]:
    """Number the stories in order of their earliest report, and gather what was decided of articles."""
    archive, files = Archive(folder, plan), SegmentFiles()
    counts = [int(folder.counts(CLUSTER, s)["stories"]) for s in range(archive.slices)]
    starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    story_of, group_of = np.zeros(archive.count, dtype="<i8"), np.zeros(archive.count, dtype="<i8")
    doubtful = np.zeros(archive.count, dtype=np.uint8)
    odds = weighed_odds(folder, archive.slices)
    for number in range(archive.slices):
        path = folder.file(CLUSTER, number)
        for article, place, unsure, group in msgspec.msgpack.decode(files.read(path, 1)):
            story_of[article - 1] = starts[number] + place + 1
            group_of[article - 1], doubtful[article - 1] = group or 0, unsure
        settled = np.frombuffer(files.read(path, 2), dtype=[("pair", "<i8"), ("odds", "<f8")])
        odds[settled["pair"]] = settled["odds"]
    for number, array in enumerate((story_of, group_of, doubtful, odds, starts)):
        write_array(folder.file(ASSIGN, number, "npy"), array)
    return {"stories": int(starts[-1]), "without a story": int((story_of == 0).sum())}


def assigned(folder: Folder, number: int) -> Array:
    """Return one of the arrays of the stage ``assign``."""
    return read_array(folder.file(ASSIGN, number, "npy"))


def write_articles(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Write the articles of a partition, each text where the rights in it put it."""
    archive = Archive(folder, plan)
    decided = [assigned(folder, each) for each in (STORY_OF, GROUP_OF, DOUBTFUL)]
    rows, kept = [], []
    for place in range(int(archive.starts[number]), int(archive.starts[number + 1])):
        stored = archive.article(place + 1)
        use = _use(plan, stored.article)
        if use is TextUse.ANALYSIS_ONLY:
            kept.append((place + 1, stored.article.text))
        rows.append(_article_row(stored, [array[place] for array in decided], archive.standing[place], use))
    archive.close()
    _write(folder, ARTICLES, number, _article_schema(), rows)
    if kept:
        _write(folder, TEXTS, number, _text_schema(), kept)
    return {"articles": len(rows)}


def _article_row(
    stored: StoredArticle, decided: Sequence[Any], standing: int, use: TextUse
) -> tuple[object, ...]:
    article = stored.article
    story, group, unsure = decided
    return (
        stored.id, int(story), int(group) or None, int(standing) + 1, bool(unsure),
        article.external_id, article.source_id, article.url, article.canonical_url, article.title,
        article.text if use is TextUse.FULL else None, str(use), list(article.authors),
        article.published_at, article.published_precision, article.published_day, article.modified_at,
        article.language, article.word_count, str(article.access), article.publisher, article.agency,
        list(article.links), stored.content_hash, stored.extractor,
    )  # fmt: skip


def _use(plan: Plan, article: Article) -> TextUse:
    """Return what may be done with a text, as an export decides it."""
    licence = "licensed" if article.source_id in plan.licensed else None
    return text_use(article.rights, purpose=plan.purpose, licence=licence)


def write_stories(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Write the stories whose first report is in a slice, and the pairs whose later article is."""
    archive, files = Archive(folder, plan), SegmentFiles()
    start = int(assigned(folder, STARTS)[number])
    stories = []
    for place, (values, _) in enumerate(msgspec.msgpack.decode(files.read(folder.file(CLUSTER, number), 0))):
        story = STORY.record(tuple(values))
        stories.append((
            start + place + 1, story.title, story.first_published_at, story.last_published_at,
            story.first_published_day, story.last_published_day, story.article_count, story.report_count,
            story.source_count, story.lead_article_id, story.first_article_id, story.origin_kind,
            story.origin_article_id, story.origin_url,
        ))  # fmt: skip
    _write(folder, "stories", number, _story_schema(), stories)
    matches = [
        (m.a, m.b, m.probability, m.same_event, m.reason, MATCH.by_column(m)["evidence_json"], m.of_texts)
        for m in _settled(folder, archive, number)
    ]
    _write(folder, "matches", number, _match_schema(), matches)
    archive.close()
    return {"stories": len(stories), "matches": len(matches)}


def _settled(folder: Folder, archive: Archive, number: int) -> list[Match]:
    """Return the verdicts of a slice as filing leaves them (``stories.verdicts``), copies included."""
    start = int(read_array(folder.file(GRAPH, GRAPH_BOUNDS, "npy"))[number])
    story_of, odds = assigned(folder, STORY_OF), assigned(folder, ODDS)
    settled = []
    for place, match in enumerate(scored_matches(archive, number)):
        together = bool(story_of[match.a - 1] == story_of[match.b - 1])
        settled.append(_decided(match, float(odds[start + place]), together))
    for match in copy_matches(archive, number):
        together = bool(story_of[match.a - 1] == story_of[match.b - 1])
        settled.append(match if together else _decided(match, log_odds(match.probability), together))
    return sorted(settled, key=lambda match: (match.a, match.b))


def _decided(match: Match, odds: float, together: bool) -> Match:
    value = probability_after(match.of_texts, odds, together=together)
    reason = match.reason if together is match.same_event else desk_reason(match, together=together)
    decided = replace(match, pair_probability=match.of_texts)
    return replace(decided, probability=value, same_event=together, reason=reason)


def copy_matches(archive: Archive, number: int) -> list[Match]:
    """Return the verdicts on word-for-word copies, of those whose copy is in this slice."""
    size = archive.plan.slice_articles
    places = np.asarray(archive.by_rank[number * size : (number + 1) * size])
    copies = places[np.asarray(archive.standing)[places] != places]
    matches = []
    for place in copies.tolist():
        standing = int(archive.standing[place])
        words = archive.article(standing + 1).article.word_count
        matches.append(same_text(standing + 1, place + 1, words))
    return matches


def _write(folder: Folder, table: str, number: int, schema: pyarrow.Schema, rows: Sequence[Any]) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pyarrow.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(
        pyarrow.table(arrays, schema=schema),
        sink,
        version="2.6",
        compression="zstd",
        compression_level=LEVEL,
        row_group_size=ROW_GROUP,
        store_schema=False,
    )
    write(folder.result(table, number), sink.getvalue().to_pybytes())


def _article_schema() -> pyarrow.Schema:
    text, whole, time = pyarrow.string(), pyarrow.int64(), pyarrow.timestamp("ms", tz="UTC")
    texts = pyarrow.list_(pyarrow.string())
    return pyarrow.schema([
        ("id", whole), ("story_id", whole), ("copy_group", whole), ("matched_as", whole),
        ("doubtful", pyarrow.bool_()), ("external_id", text), ("source_id", text), ("url", text),
        ("canonical_url", text), ("title", text), ("text", text), ("text_use", text), ("authors", texts),
        ("published_at", time), ("published_precision", text), ("published_day", pyarrow.date32()),
        ("modified_at", time), ("language", text), ("word_count", whole), ("access", text),
        ("publisher", text), ("agency", text), ("links", texts), ("content_hash", text),
        ("extractor", text),
    ])  # fmt: skip


def _text_schema() -> pyarrow.Schema:
    return pyarrow.schema([("id", pyarrow.int64()), ("text", pyarrow.string())])


def _story_schema() -> pyarrow.Schema:
    text, whole, time = pyarrow.string(), pyarrow.int64(), pyarrow.timestamp("ms", tz="UTC")
    return pyarrow.schema([
        ("id", whole), ("title", text), ("first_published_at", time), ("last_published_at", time),
        ("first_published_day", pyarrow.date32()), ("last_published_day", pyarrow.date32()),
        ("article_count", whole), ("report_count", whole), ("source_count", whole),
        ("lead_article_id", whole), ("first_article_id", whole), ("origin_kind", text),
        ("origin_article_id", whole), ("origin_url", text),
    ])  # fmt: skip


def _match_schema() -> pyarrow.Schema:
    text, whole, number = pyarrow.string(), pyarrow.int64(), pyarrow.float64()
    return pyarrow.schema([
        ("article_a", whole), ("article_b", whole), ("probability", number), ("same_event", pyarrow.bool_()),
        ("reason", text), ("evidence_json", text), ("pair_probability", number),
    ])  # fmt: skip
