-- The rows of each summary that are marked in _stale, counted now. The views of coverage_views.sql and views.sql
-- show them in place of the stored ones, and the next filing stores them.

CREATE VIEW _stale_months AS
-- Stale rows of _month_totals.
SELECT
    k.key AS month,
    k.outlet,
    count(*) AS articles,
    sum(a.copy_group IS NULL OR a.copy_group = a.id) AS reports,
    count(DISTINCT CASE WHEN a.copy_group IS NULL OR a.copy_group = a.id THEN a.story_id END) AS stories,
    count(DISTINCT CASE WHEN (a.copy_group IS NULL OR a.copy_group = a.id) AND s.source_count > 1 THEN s.id END)
        AS shared_stories,
    sum(a.word_count) AS words
FROM _stale AS k
CROSS JOIN articles AS a INDEXED BY articles_volume
    ON a.source_id = k.outlet AND a.counted_at >= k.key AND a.counted_at < k.key || '~'
LEFT JOIN stories AS s ON s.id = a.story_id
WHERE k.summary = 'months' AND k.outlet NOT GLOB '/*'
GROUP BY k.key, k.outlet
UNION ALL
SELECT
    k.key, k.outlet, count(*), sum(a.copy_group IS NULL OR a.copy_group = a.id),
    count(DISTINCT CASE WHEN a.copy_group IS NULL OR a.copy_group = a.id THEN a.story_id END),
    count(DISTINCT CASE WHEN (a.copy_group IS NULL OR a.copy_group = a.id) AND s.source_count > 1 THEN s.id END),
    sum(a.word_count)
FROM _stale AS k
CROSS JOIN articles AS a
    ON a.source_id IS NULL AND a.counted_at >= k.key AND a.counted_at < k.key || '~'
    AND coalesce(a.publisher, '(unknown)') = substr(k.outlet, 2)
LEFT JOIN stories AS s ON s.id = a.story_id
WHERE k.summary = 'months' AND k.outlet GLOB '/*'
GROUP BY k.key, k.outlet;

CREATE VIEW _stale_copying AS
-- Stale rows of _copying_totals.
SELECT
    k.key AS outlet, k.outlet AS copied_outlet, count(*) AS articles, sum(r.is_copy) AS copies,
    avg(r.borrowed_share) AS mean_share, min(r.reported_at) AS first_at, max(r.reported_at) AS last_at
FROM _stale AS k
CROSS JOIN reports AS r ON r.source_id = k.key AND r.copied_source_id = k.outlet AND r.borrowed_share >= 0.5
WHERE k.summary = 'copying' AND k.key NOT GLOB '/*' AND k.outlet NOT GLOB '/*'
GROUP BY k.key, k.outlet
UNION ALL
SELECT k.key, k.outlet, count(*), sum(r.is_copy), avg(r.borrowed_share), min(r.reported_at), max(r.reported_at)
FROM _stale AS k
CROSS JOIN reports AS r ON r.source_id IS NULL AND r.copied_source_id = k.outlet AND r.borrowed_share >= 0.5
CROSS JOIN articles AS a ON a.id = r.article_id AND coalesce(a.publisher, '(unknown)') = substr(k.key, 2)
WHERE k.summary = 'copying' AND k.key GLOB '/*'
GROUP BY k.key, k.outlet
UNION ALL
SELECT k.key, k.outlet, count(*), sum(r.is_copy), avg(r.borrowed_share), min(r.reported_at), max(r.reported_at)
FROM _stale AS k
CROSS JOIN reports AS r ON r.source_id = k.key AND r.copied_source_id IS NULL AND r.borrowed_share >= 0.5
CROSS JOIN articles AS b ON b.id = r.borrowed_from AND coalesce(b.publisher, '(unknown)') = substr(k.outlet, 2)
WHERE k.summary = 'copying' AND k.outlet GLOB '/*'
GROUP BY k.key, k.outlet;

CREATE VIEW _stale_voices AS
-- Stale rows of _voice_totals.
SELECT
    q.speaker, max(q.role) AS role, count(*) AS quotations, count(DISTINCT a.story_id) AS stories,
    count(DISTINCT coalesce(nullif(o.owner, ''), a.source_id, a.publisher)) AS publishers,
    sum(q.first_article_id IS NOT NULL AND q.first_article_id <> q.article_id) AS repeated,
    min(a.published_at) AS first_published_at, max(a.published_at) AS last_published_at
FROM _stale AS k
CROSS JOIN quotations AS q ON q.speaker = k.key AND q.speaker <> ''
CROSS JOIN articles AS a ON a.id = q.article_id
LEFT JOIN sources AS o ON o.id = a.source_id
WHERE k.summary = 'voices'
GROUP BY q.speaker;

CREATE VIEW _stale_topics AS
-- Stale rows of _topic_reports.
SELECT
    st.topic_id, coalesce(a.source_id, '/' || coalesce(a.publisher, '(unknown)')) AS outlet, s.id AS story_id,
    max(a.copy_group IS NULL OR a.copy_group = a.id) AS is_reported,
    max(coalesce(s.first_article_id = a.id AND s.source_count > 1, 0)) AS is_first,
    max(coalesce(s.lead_article_id = a.id, 0)) AS is_lead,
    max(a.id) AS last_article
FROM _stale AS k
CROSS JOIN stories AS s ON s.id = k.key AND s.merged_into IS NULL
CROSS JOIN story_topics AS st ON st.story_id = s.id
CROSS JOIN articles AS a ON a.story_id = s.id
WHERE k.summary = 'topics'
GROUP BY s.id, st.topic_id, 2;

CREATE VIEW _stale_followers AS
-- The rows of _followers, if they are stale. Recent: the last 7 days. The record is that of the last 20 stories of
-- several sources that the same source was first with, at least 5; three in five of them (12 of 20) make a follower.
SELECT s.id AS story_id, a.source_id, count(DISTINCT e.id) AS followed, s.earlier_stories
FROM (
    SELECT
        s.id, s.first_published_at, f.source_id AS first_source_id,
        (SELECT count(*) FROM (
            SELECT 1 FROM articles AS b JOIN stories AS e ON e.first_article_id = b.id AND e.id = b.story_id
            WHERE b.source_id = f.source_id AND b.counted_at < s.first_published_at
                AND e.source_count > 1 AND e.merged_into IS NULL LIMIT 20)) AS earlier_stories
    FROM _stale AS k CROSS JOIN stories AS s JOIN articles AS f ON f.id = s.first_article_id
    WHERE k.summary = 'followers'
        AND s.merged_into IS NULL AND s.source_count > 1 AND f.source_id IS NOT NULL
        AND min(coalesce(s.last_published_at, s.created_at), s.updated_at) >= (
            SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(min(coalesce(last_published_at, created_at), updated_at)), '-7 days')
            FROM stories WHERE merged_into IS NULL)
    LIMIT -1
) AS s
JOIN stories AS e ON e.id IN (
    SELECT t.id FROM articles AS b JOIN stories AS t ON t.first_article_id = b.id AND t.id = b.story_id
    WHERE b.source_id = s.first_source_id AND b.counted_at < s.first_published_at
        AND t.source_count > 1 AND t.merged_into IS NULL ORDER BY b.counted_at DESC LIMIT 20)
JOIN articles AS a ON a.story_id = e.id AND a.source_id IS NOT NULL
WHERE s.earlier_stories >= 5
GROUP BY s.id, a.source_id
HAVING count(DISTINCT e.id) >= 0.6 * s.earlier_stories;
