-- What the views over the whole archive read, so that their first rows come at once with a million articles.
DROP INDEX articles_story_id;
CREATE INDEX articles_story_id ON articles (story_id, source_id, copy_group, counted_at);  -- who has a story, without reading the articles
CREATE INDEX articles_first_seen_at ON articles (source_id, first_seen_at);
DROP INDEX stories_with_origin;
CREATE INDEX stories_with_origin ON stories (id) WHERE origin_article_id IS NOT NULL AND merged_into IS NULL AND article_count > 1;  -- release_only
CREATE INDEX quotations_repeated ON quotations (article_id) WHERE first_article_id <> article_id;  -- altered_quotations

CREATE TABLE _source_totals (
    -- How much each source gave, kept by triggers: to count a million articles takes a second.
    source_id TEXT PRIMARY KEY NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    articles INTEGER NOT NULL DEFAULT 0,
    with_text INTEGER NOT NULL DEFAULT 0,  -- access is full or imported
    dated INTEGER NOT NULL DEFAULT 0,
    words INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO _source_totals
SELECT source_id, count(*), sum(access IN ('full', 'imported')), count(published_at), sum(word_count)
FROM articles WHERE source_id IS NOT NULL GROUP BY source_id;
CREATE TRIGGER source_totals_insert AFTER INSERT ON articles WHEN new.source_id IS NOT NULL BEGIN
    INSERT INTO _source_totals (source_id) SELECT new.source_id
    WHERE NOT EXISTS (SELECT 1 FROM _source_totals WHERE source_id = new.source_id);
    UPDATE _source_totals SET
        articles = articles + 1, with_text = with_text + (new.access IN ('full', 'imported')),
        dated = dated + (new.published_at IS NOT NULL), words = words + new.word_count
    WHERE source_id = new.source_id;
END;
CREATE TRIGGER source_totals_delete AFTER DELETE ON articles WHEN old.source_id IS NOT NULL BEGIN
    UPDATE _source_totals SET
        articles = articles - 1, with_text = with_text - (old.access IN ('full', 'imported')),
        dated = dated - (old.published_at IS NOT NULL), words = words - old.word_count
    WHERE source_id = old.source_id;
END;
CREATE TRIGGER source_totals_update AFTER UPDATE OF source_id, access, published_at, word_count ON articles
WHEN old.source_id IS NOT new.source_id OR old.access <> new.access OR old.word_count <> new.word_count
    OR (old.published_at IS NULL) <> (new.published_at IS NULL)
BEGIN
    UPDATE _source_totals SET
        articles = articles - 1, with_text = with_text - (old.access IN ('full', 'imported')),
        dated = dated - (old.published_at IS NOT NULL), words = words - old.word_count
    WHERE source_id = old.source_id;
    INSERT INTO _source_totals (source_id) SELECT new.source_id
    WHERE new.source_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM _source_totals WHERE source_id = new.source_id);
    UPDATE _source_totals SET
        articles = articles + 1, with_text = with_text + (new.access IN ('full', 'imported')),
        dated = dated + (new.published_at IS NOT NULL), words = words + new.word_count
    WHERE source_id = new.source_id;
END;

ALTER TABLE reports ADD COLUMN source_id /* of the article; this and the next three are kept by triggers, for the view syndication */ TEXT REFERENCES sources (id);
ALTER TABLE reports ADD COLUMN copied_source_id /* the source of borrowed_from */ TEXT REFERENCES sources (id);
ALTER TABLE reports ADD COLUMN is_copy /* 1: the same text as another article, which is the original */ INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reports ADD COLUMN reported_at /* published, else first seen */ TEXT;
UPDATE reports SET (source_id, is_copy, reported_at) = (
        SELECT source_id, copy_group IS NOT NULL AND copy_group <> id, coalesce(published_at, first_seen_at)
        FROM articles WHERE id = reports.article_id),
    copied_source_id = (SELECT source_id FROM articles WHERE id = reports.borrowed_from);
CREATE INDEX reports_borrowed_from ON reports (borrowed_from) WHERE borrowed_from IS NOT NULL;
CREATE INDEX reports_syndicated ON reports (source_id, copied_source_id, borrowed_share, is_copy, reported_at)
    WHERE borrowed_share >= 0.5;  -- syndication reads nothing else
CREATE TRIGGER reports_insert AFTER INSERT ON reports BEGIN
    UPDATE reports SET (source_id, is_copy, reported_at) = (
            SELECT source_id, copy_group IS NOT NULL AND copy_group <> id, coalesce(published_at, first_seen_at)
            FROM articles WHERE id = new.article_id),
        copied_source_id = (SELECT source_id FROM articles WHERE id = new.borrowed_from)
    WHERE article_id = new.article_id;
END;
CREATE TRIGGER reports_update AFTER UPDATE OF borrowed_from ON reports BEGIN
    UPDATE reports SET copied_source_id = (SELECT source_id FROM articles WHERE id = new.borrowed_from)
    WHERE article_id = new.article_id;
END;
CREATE TRIGGER reports_of_changed_article AFTER UPDATE OF source_id, copy_group, published_at ON articles
WHEN old.source_id IS NOT new.source_id OR old.copy_group IS NOT new.copy_group OR old.published_at IS NOT new.published_at
BEGIN
    UPDATE reports SET source_id = new.source_id, is_copy = new.copy_group IS NOT NULL AND new.copy_group <> new.id,
        reported_at = coalesce(new.published_at, new.first_seen_at)
    WHERE article_id = new.id;
    UPDATE reports SET copied_source_id = new.source_id WHERE borrowed_from = new.id;
END;
