-- What the views of docs/schema.md need: a date to count by, what a revision changed, and which facts were corrected.
ALTER TABLE articles ADD COLUMN
    dated_at /* published_at, where it can be true, else first_seen_at: lists and counts go by it */ TEXT
    GENERATED ALWAYS AS (CASE WHEN published_at >= '1980-01-01' AND published_at <= strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at, '+1098 days') THEN published_at ELSE first_seen_at END) VIRTUAL;
CREATE INDEX articles_dated_at ON articles (dated_at, copy_group);
CREATE INDEX articles_volume ON articles (source_id, dated_at, story_id, copy_group, word_count);  -- weekly_volume and share_of_voice read nothing else
ALTER TABLE revisions ADD COLUMN
    change /* what is different from the version before, in words; empty for the first version, and until the next filing */ TEXT NOT NULL DEFAULT '';
UPDATE revisions SET change = 'the text or the headline changed' WHERE EXISTS (
    SELECT 1 FROM revisions AS e WHERE e.article_id = revisions.article_id AND e.id < revisions.id);
CREATE INDEX revisions_changed ON revisions (seen_at) WHERE change <> '';
ALTER TABLE quotations ADD COLUMN
    first_position /* of the same words in the first report */ INTEGER;
CREATE TABLE corrections (
    -- Figures, names and quotations that a publisher replaced or took out of an article after it was published.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    kind TEXT NOT NULL CHECK (kind IN ('figure', 'name', 'quotation')),
    before TEXT NOT NULL,              -- as it stood
    after TEXT NOT NULL,               -- what stood there then; empty: nothing
    corrected_at TEXT NOT NULL         -- when the revision was first seen
) STRICT;
CREATE INDEX corrections_article_id ON corrections (article_id);
CREATE INDEX stories_with_origin ON stories (id) WHERE origin_article_id IS NOT NULL AND merged_into IS NULL;  -- release_only
