-- The questions analysts ask first, as views. A "report" is an article that is not a copy of an earlier
-- one (copy_group is NULL or its own id). Stories that were merged into another are left out.

CREATE VIEW story_coverage AS
-- One row for each story: what it is, who reported it, in which order, and over how long.
SELECT
    s.id AS story_id,
    s.title,                           -- of the report to read first
    s.first_published_at,              -- NULL when no report has a date
    s.last_published_at,
    round((julianday(s.last_published_at) - julianday(s.first_published_at)) * 24, 1) AS span_hours,  -- from the first report to the last
    s.report_count AS reports,         -- independent ones; copies left out
    s.article_count - s.report_count AS copies,  -- the same text at other places
    s.source_count AS sources,         -- different sources, also of one publisher
    (SELECT coalesce(o.name, a.publisher) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
     WHERE a.id = s.first_article_id) AS first_source,  -- who published first; of one day, the earliest with a time
    (SELECT group_concat(name, ', ') FROM (
        SELECT coalesce(o.name, a.publisher) AS name
        FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
        WHERE a.story_id = s.id AND coalesce(o.name, a.publisher) IS NOT NULL
        GROUP BY name ORDER BY min(coalesce(a.published_at, '9999')), name
    )) AS source_names,                -- in order of publication
    (SELECT a.url FROM articles AS a WHERE a.id = s.lead_article_id) AS lead_url,  -- the report to read first
    coalesce(s.origin_url, (SELECT a.url FROM articles AS a WHERE a.id = s.origin_article_id))
        AS origin_url                  -- the press release, paper or post that the reports rest on, where known
FROM stories AS s
WHERE s.merged_into IS NULL AND s.article_count > 0;

CREATE VIEW story_why AS
-- One row for each pair of articles in one story that the matcher joined, or that a person decided about: the reason in words.
SELECT
    a.story_id,
    s.title AS story_title,
    m.article_a,
    a.title AS title_a,
    coalesce(oa.name, a.publisher) AS source_a,
    m.article_b,
    b.title AS title_b,
    coalesce(ob.name, b.publisher) AS source_b,
    round(m.probability, 3) AS probability,  -- that both report one event; NULL where only a person compared them
    m.reason,                          -- one sentence
    (SELECT d.kind || ' by ' || d.decided_by FROM decisions AS d
     WHERE d.article_a = m.article_a AND d.article_b = m.article_b AND d.undone_at IS NULL LIMIT 1)
        AS decision                    -- what a person said of the pair, and who
FROM matches AS m
JOIN articles AS a ON a.id = m.article_a
JOIN articles AS b ON b.id = m.article_b AND b.story_id = a.story_id
JOIN stories AS s ON s.id = a.story_id
LEFT JOIN sources AS oa ON oa.id = a.source_id
LEFT JOIN sources AS ob ON ob.id = b.source_id
WHERE m.same_event = 1
UNION ALL
SELECT
    a.story_id, s.title, d.article_a, a.title, coalesce(oa.name, a.publisher),
    d.article_b, b.title, coalesce(ob.name, b.publisher), NULL,
    coalesce(nullif(d.reason, ''), 'decided by a person'), d.kind || ' by ' || d.decided_by
FROM decisions AS d
JOIN articles AS a ON a.id = d.article_a
JOIN articles AS b ON b.id = d.article_b AND b.story_id = a.story_id
JOIN stories AS s ON s.id = a.story_id
LEFT JOIN sources AS oa ON oa.id = a.source_id
LEFT JOIN sources AS ob ON ob.id = b.source_id
WHERE d.kind = 'same' AND d.undone_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM matches AS m
    WHERE m.article_a = d.article_a AND m.article_b = d.article_b AND m.same_event = 1
);

CREATE VIEW first_to_publish AS
-- One row for each source of each story with two or more sources: its place in the order, and how long after the first.
-- A date without a time of day counts as the earliest report of that day that has one. Days are those of the desk.
SELECT
    s.id AS story_id,
    s.title AS story_title,
    json_extract(r.value, '$[0]') AS place,  -- 1: first; sources of the same minute, or of an unknown time that day, share a place
    json_extract(r.value, '$[1]') AS source,
    json_extract(r.value, '$[2]') AS published_at,  -- of its first report
    json_extract(r.value, '$[3]') AS hours_after_first,  -- in whole days where only the day is known; NULL for the day of the first
    json_extract(r.value, '$[4]') AS article_id,  -- its first report
    json_extract(r.value, '$[5]') AS url
FROM stories AS s CROSS JOIN json_each((  -- one story at a time, so that the first rows come without reading all
    SELECT json_group_array(json_array(
        place, source, published_at,
        CASE
            WHEN NOT day_only THEN round((julianday(known_at) - julianday(first_at)) * 24, 1)
            WHEN published_day > first_day THEN (julianday(published_day) - julianday(first_day)) * 24
        END,
        article_id, url))
    FROM (
        SELECT
            source, published_at, published_day, article_id, url, day_only,
            min(known_at) AS known_at,     -- the other columns are of the row with the minimum ("bare columns" of SQLite)
            rank() OVER (ORDER BY substr(min(known_at), 1, 16)) AS place,
            min(min(known_at)) OVER () AS first_at,
            first_value(published_day) OVER (ORDER BY min(known_at)) AS first_day,
            count(*) OVER () AS sources
        FROM (
            SELECT
                coalesce(o.name, a.publisher) AS source,
                a.published_at,
                a.published_day,
                a.id AS article_id,
                a.url,
                a.published_precision <> 'minute' AS day_only,
                CASE
                    WHEN a.published_precision <> 'minute' THEN coalesce(
                        min(CASE WHEN a.published_precision = 'minute' THEN a.published_at END)
                        OVER (PARTITION BY a.published_day), a.published_at)
                    ELSE a.published_at
                END AS known_at
            FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE a.story_id = s.id AND a.published_at IS NOT NULL AND coalesce(o.name, a.publisher) IS NOT NULL
        )
        GROUP BY source
    )
    WHERE sources > 1
)) AS r
WHERE s.source_count > 1;

CREATE VIEW coverage_gaps AS
-- One row for each watched source that is missing from a story which two or more other sources reported.
SELECT
    s.id AS story_id,
    s.title AS story_title,
    s.first_published_at,
    s.source_count AS covered_by,      -- number of sources that have it
    o.id AS missing_source_id,
    o.name AS missing_source
FROM stories AS s
JOIN sources AS o ON o.enabled = 1 AND o.declared = 1
WHERE s.merged_into IS NULL AND s.source_count > 1
    AND NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.story_id = s.id AND a.source_id = o.id);

CREATE VIEW source_health AS
-- One row for each source: when it was last visited, what it gave lately, and what went wrong. The worst are those with verdict 'failing'.
SELECT
    o.id AS source_id,
    o.name AS source,
    CASE
        WHEN o.enabled = 0 THEN 'disabled'
        WHEN o.declared = 0 THEN 'not watched'
        WHEN c.channels IS NULL THEN 'no channel'
        WHEN c.last_polled_at IS NULL THEN 'not yet visited'
        WHEN c.failing = c.channels THEN 'failing'  -- every channel failed at its last visit
        WHEN c.failing > 0 THEN 'partly failing'
        WHEN coalesce(
            (SELECT max(a.first_seen_at) FROM articles AS a WHERE a.source_id = o.id), c.last_new_at, '') < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days') THEN 'silent'  -- nothing new for 30 days
        ELSE 'well'
    END AS verdict,                    -- well, silent, partly failing, failing, not yet visited, no channel, not watched, disabled
    c.last_polled_at,                  -- any of its channels
    c.last_ok_at,                      -- when a channel last answered as it should
    c.next_poll_at,                    -- the earliest of its channels; NULL: at the next run
    (SELECT max(a.first_seen_at) FROM articles AS a WHERE a.source_id = o.id)
        AS last_new_at,                -- when a new article from it was last stored
    (SELECT a.published_at FROM articles AS a WHERE a.source_id = o.id ORDER BY a.published_at DESC LIMIT 1)
        AS newest_published_at,        -- by the publisher's own date
    coalesce(t.articles, 0) AS articles,
    (SELECT count(*) FROM articles AS a
     WHERE a.source_id = o.id AND a.first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days'))
        AS articles_7_days,            -- first seen in the last 7 days
    (SELECT count(*) FROM articles AS a
     WHERE a.source_id = o.id AND a.first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days'))
        AS articles_30_days,
    round(100.0 * t.with_text / t.articles, 1) AS percent_full_text,  -- of its articles; the rest are teasers and headlines
    round(100.0 * t.dated / t.articles, 1) AS percent_dated,  -- of its articles that have a date
    round(1.0 * t.words / t.articles) AS mean_words,  -- of its articles
    coalesce(c.failures, 0) AS failures_in_a_row,  -- of its worst channel
    (SELECT count(*) FROM failures AS f
     WHERE f.source_id = o.id AND f.at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days')) AS failures_7_days,
    (SELECT f.message FROM failures AS f
     WHERE f.source_id = o.id ORDER BY f.at DESC, f.id DESC LIMIT 1) AS last_failure
FROM sources AS o
LEFT JOIN (
    SELECT
        source_id, count(*) AS channels, sum(failures > 0) AS failing, max(failures) AS failures,
        max(last_polled_at) AS last_polled_at, max(last_ok_at) AS last_ok_at,
        max(last_new_at) AS last_new_at, min(next_poll_at) AS next_poll_at
    FROM channels WHERE declared = 1 GROUP BY source_id
) AS c ON c.source_id = o.id
LEFT JOIN _source_totals AS t ON t.source_id = o.id AND t.articles > 0;

CREATE VIEW recent_changes AS
-- Everything that changed, newest first: stories created, joined, merged and split, and articles that publishers revised.
SELECT
    c.at,
    'story ' || c.kind AS change,      -- story created, joined, merged, split; article revised
    c.story_id,
    s.title,
    c.article_id,                      -- the article that came or was revised
    c.detail,                          -- in words: why it joined, what was changed
    c.by,                              -- 'model', a person, or 'publisher'
    c.run_id
FROM story_changes AS c JOIN stories AS s ON s.id = c.story_id
UNION ALL
SELECT r.seen_at, 'article revised', a.story_id, a.title, a.id, r.change, 'publisher', NULL
FROM revisions AS r JOIN articles AS a ON a.id = r.article_id
WHERE r.change <> ''
ORDER BY 1 DESC, 3 DESC;

CREATE VIEW voices AS
-- One row for each person or body that is quoted: how often, in how many stories, by how many publishers, and whose words were repeated.
SELECT
    speaker,
    role,                              -- one of those that articles give
    quotations,
    stories,
    publishers,                        -- sources of one owner count once
    repeated,                          -- quotations that an earlier report of the story had
    first_published_at,
    last_published_at
FROM (
    SELECT * FROM _voice_totals AS v
    WHERE NOT EXISTS (SELECT 1 FROM _stale AS k WHERE k.summary = 'voices' AND k.key = v.speaker)
    UNION ALL
    SELECT * FROM _stale_voices
)
ORDER BY speaker;
