"""What holds of every database between two transactions, as queries for the rows that break it."""

from __future__ import annotations

from enum import StrEnum


class Invariant(StrEnum):
    """One rule; the tests of runs that are killed check the same ones, in words of their own."""

    REVISION = "revision"  # every article has a revision, and the newest one has its text
    STORY = "story"  # every filed article has a story
    ARTICLES_OF_STORY = "articles of story"  # a story has as many articles as it counts
    VERDICT = "verdict"  # same_event is 1 exactly for pairs of one story
    LINK_OF_PAGE = "link of page"  # a page that is still to be read belongs to a known link
    SEARCH_INDEX = "search index"  # the full-text indexes hold what the tables hold


BROKEN: dict[Invariant, str] = {
    Invariant.REVISION: """SELECT a.id FROM articles AS a LEFT JOIN revisions AS r
        ON r.id = (SELECT max(id) FROM revisions WHERE article_id = a.id)
        WHERE r.id IS NULL OR r.content_hash <> a.content_hash""",
    Invariant.STORY: "SELECT id FROM articles WHERE filed_at IS NOT NULL AND story_id IS NULL",
    Invariant.ARTICLES_OF_STORY: """SELECT s.id FROM stories AS s WHERE s.merged_into IS NULL
        AND s.article_count <> (SELECT count(*) FROM articles WHERE story_id = s.id)""",
    Invariant.VERDICT: """SELECT m.article_a FROM matches AS m JOIN articles AS a ON a.id = m.article_a
        JOIN articles AS b ON b.id = m.article_b
        WHERE a.filed_at IS NOT NULL AND b.filed_at IS NOT NULL
        AND m.same_event <> (a.story_id = b.story_id)""",
    Invariant.LINK_OF_PAGE: """SELECT u.page_id FROM _unread_pages AS u
        LEFT JOIN _links AS l ON l.source_id = u.source_id AND l.key = u.key WHERE l.key IS NULL""",
}
INDEXES = ("articles_fts", "stories_fts")
# FTS5's own check of an index with its table (sqlite.org/fts5.html, 6.4): it fails and changes nothing.
CHECK_INDEX = "INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)"
