-- Counts for the views over the whole archive. Triggers mark what has changed since it was counted; a view
-- counts that anew, and the next filing stores it: a view is right whatever wrote the rows it counts.
-- An outlet is the id of a source; for articles without one it is '/' and the publisher that their page names.

CREATE TABLE _stale (
    -- Rows of the summaries that have to be counted again.
    summary TEXT NOT NULL,             -- months, copying, voices, topics, followers
    key ANY NOT NULL,                  -- a month, the outlet that copies, a speaker, a story
    outlet TEXT NOT NULL DEFAULT '',   -- of that month; that is copied
    PRIMARY KEY (summary, key, outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _month_totals (
    -- For share_of_voice: how much each outlet carried in each month.
    month TEXT NOT NULL,
    outlet TEXT NOT NULL,
    articles INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    shared_stories INTEGER NOT NULL,
    words INTEGER NOT NULL,
    PRIMARY KEY (month, outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _copying_totals (
    -- For syndication: how much each outlet carried of each other one's words.
    outlet TEXT NOT NULL,
    copied_outlet TEXT NOT NULL,
    articles INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    mean_share REAL NOT NULL,
    first_at TEXT,
    last_at TEXT,
    PRIMARY KEY (outlet, copied_outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _voice_totals (
    -- For voices: one row a speaker.
    speaker TEXT PRIMARY KEY NOT NULL,
    role TEXT NOT NULL,
    quotations INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    publishers INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    first_published_at TEXT,
    last_published_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE _topic_reports (
    -- For topic_coverage: which outlets have each story of a topic.
    topic_id TEXT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    outlet TEXT NOT NULL,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    is_reported INTEGER NOT NULL,      -- 1: with a report that is not a copy
    is_first INTEGER NOT NULL,         -- 1: it was first, and other sources followed
    is_lead INTEGER NOT NULL,          -- 1: it has the report to read first, as one outlet of each story
    last_article INTEGER NOT NULL,     -- the one that was stored last
    PRIMARY KEY (topic_id, outlet, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_reports_story_id ON _topic_reports (story_id);

CREATE TABLE _followers (
    -- For silences: who had most of the stories that a recent story's first source was first with before.
    story_id INTEGER NOT NULL REFERENCES stories (id),
    source_id TEXT NOT NULL REFERENCES sources (id),
    followed INTEGER NOT NULL,
    earlier_stories INTEGER NOT NULL,
    PRIMARY KEY (story_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER stale_of_new_article AFTER INSERT ON articles BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(new.counted_at, 1, 7), coalesce(new.source_id, '/' || coalesce(new.publisher, '(unknown)')))
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_article_of_story AFTER INSERT ON articles WHEN new.story_id IS NOT NULL BEGIN
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = new.story_id
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_article AFTER DELETE ON articles BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(old.counted_at, 1, 7), coalesce(old.source_id, '/' || coalesce(old.publisher, '(unknown)')))
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = old.story_id
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_article AFTER UPDATE OF
    source_id, publisher, story_id, copy_group, published_at, published_day, first_seen_at, word_count ON articles
WHEN old.source_id IS NOT new.source_id OR old.publisher IS NOT new.publisher OR old.story_id IS NOT new.story_id
    OR old.copy_group IS NOT new.copy_group OR old.published_at IS NOT new.published_at
    OR old.published_day IS NOT new.published_day OR old.first_seen_at <> new.first_seen_at OR old.word_count <> new.word_count
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(old.counted_at, 1, 7), coalesce(old.source_id, '/' || coalesce(old.publisher, '(unknown)'))),
        ('months', substr(new.counted_at, 1, 7), coalesce(new.source_id, '/' || coalesce(new.publisher, '(unknown)'))),
        ('followers', '', '')
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key)
    SELECT 'topics', story_id FROM story_topics WHERE story_id IN (old.story_id, new.story_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key)
    SELECT 'voices', speaker FROM quotations WHERE article_id = new.id AND speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_renamed_publisher AFTER UPDATE OF source_id, publisher ON articles
WHEN (old.source_id IS NULL OR new.source_id IS NULL)
    AND (old.source_id IS NOT new.source_id OR old.publisher IS NOT new.publisher)
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying', '/' || coalesce(p.publisher, '(unknown)'), coalesce(r.copied_source_id, '')
    FROM (SELECT old.publisher AS publisher UNION SELECT new.publisher) AS p
    CROSS JOIN reports AS r ON r.article_id = new.id
    UNION
    SELECT 'copying', coalesce(r.source_id, ''), '/' || coalesce(p.publisher, '(unknown)')
    FROM (SELECT old.publisher AS publisher UNION SELECT new.publisher) AS p
    CROSS JOIN reports AS r ON r.borrowed_from = new.id
    WHERE true ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_story AFTER UPDATE OF
    source_count, merged_into, first_article_id, lead_article_id, first_published_at, last_published_at, updated_at ON stories
BEGIN
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'months', substr(a.counted_at, 1, 7), coalesce(a.source_id, '/' || coalesce(a.publisher, '(unknown)'))
    FROM articles AS a WHERE a.story_id = new.id AND (old.source_count > 1) <> (new.source_count > 1)
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = new.id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_story AFTER INSERT ON stories BEGIN
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_report AFTER UPDATE OF
    borrowed_share, borrowed_from, source_id, copied_source_id, is_copy, reported_at ON reports
WHEN max(old.borrowed_share, new.borrowed_share) >= 0.5
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying',
        coalesce(r.source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = new.article_id), '(unknown)')),
        coalesce(r.copied_source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = r.borrowed_from), '(unknown)'))
    FROM (
        SELECT old.source_id AS source_id, old.copied_source_id AS copied_source_id, old.borrowed_from AS borrowed_from
        UNION SELECT new.source_id, new.copied_source_id, new.borrowed_from
    ) AS r
    WHERE r.borrowed_from IS NOT NULL AND r.source_id IS NOT r.copied_source_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_report AFTER DELETE ON reports WHEN old.borrowed_share >= 0.5 AND old.borrowed_from IS NOT NULL BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying',
        coalesce(old.source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = old.article_id), '(unknown)')),
        coalesce(old.copied_source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = old.borrowed_from), '(unknown)'))
    WHERE old.source_id IS NOT old.copied_source_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_quotation AFTER INSERT ON quotations WHEN new.speaker <> '' BEGIN
    INSERT INTO _stale (summary, key) VALUES ('voices', new.speaker) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_quotation AFTER DELETE ON quotations WHEN old.speaker <> '' BEGIN
    INSERT INTO _stale (summary, key) VALUES ('voices', old.speaker) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_quotation AFTER UPDATE OF article_id, speaker, role, first_article_id ON quotations
WHEN old.article_id <> new.article_id OR old.speaker <> new.speaker OR old.role <> new.role
    OR old.first_article_id IS NOT new.first_article_id
BEGIN
    INSERT INTO _stale (summary, key) SELECT 'voices', old.speaker WHERE old.speaker <> ''
    UNION SELECT 'voices', new.speaker WHERE new.speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_owner AFTER UPDATE OF owner ON sources WHEN old.owner <> new.owner BEGIN
    INSERT INTO _stale (summary, key)
    SELECT DISTINCT 'voices', q.speaker FROM articles AS a CROSS JOIN quotations AS q ON q.article_id = a.id
    WHERE a.source_id = new.id AND q.speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_topic AFTER INSERT ON story_topics BEGIN
    INSERT INTO _stale (summary, key) VALUES ('topics', new.story_id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_removed_topic AFTER DELETE ON story_topics BEGIN
    INSERT INTO _stale (summary, key) VALUES ('topics', old.story_id) ON CONFLICT DO NOTHING;
END;

-- The next filing counts what is stored already.
INSERT INTO _stale (summary, key, outlet)
SELECT DISTINCT 'months', substr(counted_at, 1, 7), coalesce(source_id, '/' || coalesce(publisher, '(unknown)')) FROM articles;
INSERT INTO _stale (summary, key, outlet)
SELECT DISTINCT 'copying',
    coalesce(r.source_id, '/' || coalesce(a.publisher, '(unknown)')), coalesce(r.copied_source_id, '/' || coalesce(b.publisher, '(unknown)'))
FROM reports AS r JOIN articles AS a ON a.id = r.article_id JOIN articles AS b ON b.id = r.borrowed_from
WHERE r.borrowed_share >= 0.5 AND r.source_id IS NOT r.copied_source_id;
INSERT INTO _stale (summary, key) SELECT DISTINCT 'voices', speaker FROM quotations WHERE speaker <> '';
INSERT INTO _stale (summary, key) SELECT DISTINCT 'topics', story_id FROM story_topics;
INSERT INTO _stale (summary, key) SELECT 'followers', '' WHERE EXISTS (SELECT 1 FROM stories);
