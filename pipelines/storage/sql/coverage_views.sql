-- Who really reported it, how much, and what is missing. A publisher is the owner of a source, else the source itself.
-- Each view reads rows in the order of an index, so that its first rows come at once on a large database.

CREATE VIEW story_publishers AS
-- One row a story and publisher: with how many sources it carried the story, and what of that is its own work.
SELECT
    p.story_id,
    p.title AS story_title,
    p.publisher,                       -- the owner of the sources, else the source, else who the page names
    (SELECT group_concat(name, ', ') FROM (
        SELECT DISTINCT coalesce(o.name, a.publisher) AS name
        FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
        WHERE a.story_id = p.story_id AND coalesce(nullif(o.owner, ''), o.name, a.publisher) = p.publisher ORDER BY name
    )) AS source_names,
    (SELECT count(*) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
     WHERE a.story_id = p.story_id AND coalesce(nullif(o.owner, ''), o.name, a.publisher) = p.publisher)
        AS articles,                   -- copies too
    (SELECT count(*) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
     WHERE a.story_id = p.story_id AND coalesce(nullif(o.owner, ''), o.name, a.publisher) = p.publisher
        AND (a.copy_group IS NULL OR a.copy_group = a.id)) AS reports,  -- copies left out
    (SELECT count(*) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
        LEFT JOIN reports AS r ON r.article_id = a.id
     WHERE a.story_id = p.story_id AND coalesce(nullif(o.owner, ''), o.name, a.publisher) = p.publisher
        AND (a.copy_group IS NULL OR a.copy_group = a.id)
        AND coalesce(r.borrowed_share, 0) < 0.5 AND coalesce(r.origin_share, 0) < 0.5)
        AS own_reports,                -- of which less than half stands in earlier reports or in the origin
    (SELECT min(a.published_at) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
     WHERE a.story_id = p.story_id AND coalesce(nullif(o.owner, ''), o.name, a.publisher) = p.publisher) AS first_published_at  -- NULL when none of its articles has a date
FROM (
    SELECT s.id AS story_id, s.title, coalesce(nullif(o.owner, ''), o.name, a.publisher) AS publisher
    FROM stories AS s CROSS JOIN articles AS a ON a.story_id = s.id LEFT JOIN sources AS o ON o.id = a.source_id
    WHERE s.merged_into IS NULL AND coalesce(nullif(o.owner, ''), o.name, a.publisher) IS NOT NULL
        AND NOT EXISTS (  -- one row a publisher, without sorting: that of its article with the lowest id
            SELECT 1 FROM articles AS e LEFT JOIN sources AS eo ON eo.id = e.source_id
            WHERE e.story_id = s.id AND e.id < a.id
                AND coalesce(nullif(eo.owner, ''), eo.name, e.publisher)
                    = coalesce(nullif(o.owner, ''), o.name, a.publisher))
) AS p;

CREATE VIEW syndication AS
-- One row a pair of sources: whose words one of them carries, in how many articles, and how much of each.
SELECT
    coalesce(o.name, p.source, '(unknown)') AS source,  -- that carries the words
    coalesce(po.name, p.copied_source, '(unknown)') AS copied_source,  -- whose earlier report they stand in
    p.articles,                        -- of which at least half stands in that source's earlier reports
    p.copies,                          -- of these, the same text
    round(100 * p.mean_share) AS mean_percent,  -- of their words
    coalesce(nullif(o.owner, '') = nullif(po.owner, ''), 0) AS same_owner,  -- 1: both belong to one publisher
    p.first_at,
    p.last_at
FROM (
    SELECT
        source_id, copied_source_id, NULL AS source, NULL AS copied_source, count(*) AS articles,
        sum(is_copy) AS copies, avg(borrowed_share) AS mean_share, min(reported_at) AS first_at, max(reported_at) AS last_at
    FROM reports
    WHERE borrowed_share >= 0.5 AND source_id IS NOT NULL AND copied_source_id IS NOT NULL
        AND source_id <> copied_source_id
    GROUP BY source_id, copied_source_id
    UNION ALL  -- articles without a source go by who their page names
    SELECT
        NULL, r.copied_source_id, a.publisher, NULL, count(*),
        sum(r.is_copy), avg(r.borrowed_share), min(r.reported_at), max(r.reported_at)
    FROM reports AS r CROSS JOIN articles AS a ON a.id = r.article_id
    WHERE r.borrowed_share >= 0.5 AND r.source_id IS NULL AND r.copied_source_id IS NOT NULL
    GROUP BY r.copied_source_id, a.publisher
    UNION ALL
    SELECT
        r.source_id, NULL, NULL, b.publisher, count(*),
        sum(r.is_copy), avg(r.borrowed_share), min(r.reported_at), max(r.reported_at)
    FROM sources AS o CROSS JOIN reports AS r ON r.source_id = o.id CROSS JOIN articles AS b ON b.id = r.borrowed_from
    WHERE r.borrowed_share >= 0.5 AND r.copied_source_id IS NULL
    GROUP BY r.source_id, b.publisher
) AS p
LEFT JOIN sources AS o ON o.id = p.source_id
LEFT JOIN sources AS po ON po.id = p.copied_source_id
ORDER BY p.articles DESC, 1, 2;

CREATE VIEW release_only AS
-- One row a story that is nothing but the release: all other reports of it consist of the origin's words.
SELECT
    s.id AS story_id,
    s.title AS story_title,
    s.first_published_at,
    coalesce(o.name, f.publisher) AS released_by,  -- the source of the origin
    f.url AS release_url,
    s.article_count - 1 AS carried_by, -- articles that carry the release
    (SELECT round(100 * min(coalesce(r.origin_share, r.borrowed_share, 0))) FROM reports AS r
     WHERE r.story_id = s.id AND r.article_id <> s.origin_article_id)
        AS least_percent               -- of the words of each of them that stand in the release: at least so many
FROM stories AS s
JOIN articles AS f ON f.id = s.origin_article_id
LEFT JOIN sources AS o ON o.id = f.source_id
WHERE s.origin_article_id IS NOT NULL AND s.merged_into IS NULL AND s.article_count > 1
    AND EXISTS (SELECT 1 FROM articles AS a WHERE a.story_id = s.id AND a.source_id IS NOT f.source_id)
    AND NOT EXISTS (
        SELECT 1 FROM articles AS a LEFT JOIN reports AS r ON r.article_id = a.id
        WHERE a.story_id = s.id AND a.id <> s.origin_article_id AND a.copy_group IS NOT s.origin_article_id
            AND coalesce(r.origin_share, 0) < 0.7  -- less is a report of its own that quotes the release
    );

CREATE VIEW weekly_volume AS
-- One row a week and source with articles, the newest week first. Undated articles count in the week they were first seen.
WITH RECURSIVE weeks (week) AS (
    SELECT date(max(counted_at), 'weekday 0', '-6 days') FROM articles
    UNION ALL
    SELECT date(week, '-7 days') FROM weeks WHERE week > (SELECT min(counted_at) FROM articles)
), outlets (source_id, source) AS (
    SELECT id, name FROM sources
    UNION ALL SELECT NULL, publisher FROM (
        SELECT DISTINCT coalesce(publisher, '(unknown)') AS publisher FROM articles WHERE source_id IS NULL)
)
SELECT
    w.week,                            -- its Monday
    o.source,
    (SELECT count(*) FROM articles AS a
     WHERE a.source_id IS o.source_id AND a.counted_at >= w.week AND a.counted_at < date(w.week, '+7 days')
        AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)) AS articles,
    (SELECT count(*) FROM articles AS a
     WHERE a.source_id IS o.source_id AND a.counted_at >= w.week AND a.counted_at < date(w.week, '+7 days')
        AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)
        AND (a.copy_group IS NULL OR a.copy_group = a.id)) AS reports,  -- copies left out
    (SELECT count(DISTINCT a.story_id) FROM articles AS a
     WHERE a.source_id IS o.source_id AND a.counted_at >= w.week AND a.counted_at < date(w.week, '+7 days')
        AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)
        AND (a.copy_group IS NULL OR a.copy_group = a.id)) AS stories,  -- it had a report of
    (SELECT sum(a.word_count) FROM articles AS a
     WHERE a.source_id IS o.source_id AND a.counted_at >= w.week AND a.counted_at < date(w.week, '+7 days')
        AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)) AS words  -- copies too
FROM weeks AS w CROSS JOIN outlets AS o
WHERE EXISTS (
    SELECT 1 FROM articles AS a
    WHERE a.source_id IS o.source_id AND a.counted_at >= w.week AND a.counted_at < date(w.week, '+7 days')
        AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source));

CREATE VIEW share_of_voice AS
-- One row a month and source: how much of the sector's coverage it carried, the newest month first. Undated articles count in the month they were first seen.
WITH RECURSIVE months (month) AS (
    SELECT substr(max(counted_at), 1, 7) FROM articles
    UNION ALL
    SELECT substr(date(month || '-01', '-1 day'), 1, 7) FROM months
    WHERE month > (SELECT substr(min(counted_at), 1, 7) FROM articles)
), totals (month, reports) AS (
    SELECT month, (
        SELECT count(*) FROM articles AS a
        WHERE a.counted_at >= month AND a.counted_at < month || '~' AND (a.copy_group IS NULL OR a.copy_group = a.id))
    FROM months LIMIT -1
), outlets (source_id, source) AS (
    SELECT id, name FROM sources
    UNION ALL SELECT NULL, publisher FROM (
        SELECT DISTINCT coalesce(publisher, '(unknown)') AS publisher FROM articles WHERE source_id IS NULL)
)
SELECT
    month,                             -- 2026-03
    source,
    articles,
    reports,                           -- copies left out
    stories,                           -- it had a report of; a copy of another source's report does not count
    shared_stories,                    -- also reported by another source
    stories - shared_stories AS only_here,  -- nobody else reported
    round(100.0 * reports / nullif(month_reports, 0), 1) AS percent_of_reports,  -- of that month, all sources
    words                              -- of its articles, copies too
FROM (
    SELECT
        t.month,
        o.source,
        t.reports AS month_reports,
        (SELECT count(*) FROM articles AS a
         WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)) AS articles,
        (SELECT count(*) FROM articles AS a
         WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)
            AND (a.copy_group IS NULL OR a.copy_group = a.id)) AS reports,
        (SELECT count(DISTINCT a.story_id) FROM articles AS a
         WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)
            AND (a.copy_group IS NULL OR a.copy_group = a.id)) AS stories,
        (SELECT count(DISTINCT a.story_id) FROM articles AS a JOIN stories AS s ON s.id = a.story_id
         WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)
            AND (a.copy_group IS NULL OR a.copy_group = a.id) AND s.source_count > 1) AS shared_stories,
        (SELECT sum(a.word_count) FROM articles AS a
         WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source)) AS words
    FROM totals AS t CROSS JOIN outlets AS o
    WHERE EXISTS (
        SELECT 1 FROM articles AS a
        WHERE a.source_id IS o.source_id AND a.counted_at >= t.month AND a.counted_at < t.month || '~'
            AND (o.source_id IS NOT NULL OR coalesce(a.publisher, '(unknown)') = o.source))
);

CREATE VIEW silences AS
-- One row a recent story and watched source that usually follows such a story, and has not. "Such a story": one of
-- several sources that the same source was first with; the record is that of the 20 before it. Recent: the last 7 days.
SELECT
    n.story_id,
    n.story_title,
    n.first_published_at,
    fo.name AS first_source,           -- who was first with this story and those of the record
    w.name AS silent_source,
    n.followed,                        -- of the earlier stories, so many it reported
    n.earlier_stories,                 -- of the record: at most 20, at least 5
    (SELECT round(max(lag_hours), 1) FROM (
        SELECT r.lag_hours, row_number() OVER (ORDER BY r.lag_hours) AS place, count(*) OVER () AS known
        FROM reports AS r CROSS JOIN articles AS a ON a.id = r.article_id
        WHERE a.source_id = w.id AND r.lag_hours IS NOT NULL AND r.story_id IN (
            SELECT e.id FROM articles AS b JOIN stories AS e ON e.first_article_id = b.id AND e.id = b.story_id
            WHERE b.source_id = n.first_source_id AND b.counted_at < n.first_published_at
                AND e.source_count > 1 AND e.merged_into IS NULL ORDER BY b.counted_at DESC LIMIT 20)
    ) WHERE place <= (3 * known + 3) / 4)
        AS usual_hours                 -- within which three of four of its reports came; NULL where only days are known
FROM (
    SELECT
        s.id AS story_id, s.title AS story_title, s.first_published_at, s.first_source_id, a.source_id,
        count(DISTINCT e.id) AS followed, s.earlier_stories
    FROM (
        SELECT
            s.id, s.title, s.first_published_at, f.source_id AS first_source_id,
            (SELECT count(*) FROM (
                SELECT 1 FROM articles AS b JOIN stories AS e ON e.first_article_id = b.id AND e.id = b.story_id
                WHERE b.source_id = f.source_id AND b.counted_at < s.first_published_at
                    AND e.source_count > 1 AND e.merged_into IS NULL LIMIT 20)) AS earlier_stories
        FROM stories AS s JOIN articles AS f ON f.id = s.first_article_id
        WHERE s.merged_into IS NULL AND s.source_count > 1 AND f.source_id IS NOT NULL
            AND min(coalesce(s.last_published_at, s.created_at), s.updated_at) >= (
                SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(min(coalesce(last_published_at, created_at), updated_at)), '-7 days')
                FROM stories WHERE merged_into IS NULL)
        LIMIT -1
    ) AS s
    JOIN stories AS e ON e.id IN (
        SELECT t.id FROM articles AS b JOIN stories AS t ON t.first_article_id = b.id AND t.id = b.story_id
        WHERE b.source_id = s.first_source_id AND b.counted_at < s.first_published_at
            AND t.source_count > 1 AND t.merged_into IS NULL ORDER BY b.counted_at DESC LIMIT 20)
    JOIN articles AS a ON a.story_id = e.id
    WHERE s.earlier_stories >= 5
    GROUP BY s.id, a.source_id
    HAVING count(DISTINCT e.id) >= 0.6 * s.earlier_stories  -- 12 of 20
) AS n
JOIN sources AS w ON w.id = n.source_id AND w.enabled = 1 AND w.declared = 1
LEFT JOIN sources AS fo ON fo.id = n.first_source_id
WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.story_id = n.story_id AND a.source_id = w.id);

CREATE VIEW stale_figures AS
-- One row a report that still carries a figure, name or quotation which another report of its story corrected since.
SELECT
    s.id AS story_id,
    s.title AS story_title,
    c.kind,                            -- figure, name or quotation
    c.before AS still_says,
    c.after AS corrected_to,           -- empty: it was taken out
    c.corrected_at,                    -- when the correction was first seen
    coalesce(oc.name, m.publisher) AS corrected_by,
    m.id AS corrected_article_id,      -- the report that was corrected
    m.id = s.origin_article_id AS corrected_by_origin,  -- 1: the primary source itself corrected it
    coalesce(o.name, a.publisher) AS source,  -- of the report that still carries it
    a.id AS article_id,
    a.url
FROM corrections AS c
CROSS JOIN articles AS m ON m.id = c.article_id  -- in this order, whatever a query sorts by: few articles are corrected
CROSS JOIN stories AS s ON s.id = m.story_id
CROSS JOIN articles AS a ON a.story_id = s.id AND a.id <> m.id AND a.gone_at IS NULL
LEFT JOIN sources AS oc ON oc.id = m.source_id
LEFT JOIN sources AS o ON o.id = a.source_id
WHERE instr(a.text, c.before) > 0
    AND (c.after = '' OR instr(a.text, c.after) = 0)
    AND ' ' || a.text || ' ' GLOB
        '*[^0-9A-Za-z.,£$€]' || replace(replace(c.before, '[', '?'), '*', '?') || '[^0-9A-Za-z]*'
    AND ' ' || a.text || ' ' NOT GLOB
        '*' || replace(replace(c.before, '[', '?'), '*', '?') || '[.,][0-9]*';

CREATE VIEW topic_coverage AS
-- One row a topic and source: how many of the topic's stories it carried, and with how many it was first.
SELECT
    t.id AS topic_id,
    t.name AS topic,
    json_extract(c.value, '$[0]') AS source,
    json_extract(c.value, '$[1]') AS stories,  -- of the topic that it has
    json_extract(c.value, '$[2]') AS reported,  -- of these, with a report that is not a copy
    json_extract(c.value, '$[3]') AS first_with,  -- and other sources followed
    json_extract(c.value, '$[4]') AS topic_stories,  -- all stories of the topic
    json_extract(c.value, '$[5]') AS last_at  -- the date of the article of the topic that was stored last
FROM topics AS t CROSS JOIN json_each((  -- one topic at a time, so that the first rows come without reading all
    SELECT json_group_array(json_array(source, stories, reported, first_with, topic_stories,
        (SELECT coalesce(l.published_at, l.first_seen_at) FROM articles AS l WHERE l.id = last_id))) FROM (
        SELECT
            coalesce(o.name, a.publisher, '(unknown)') AS source,
            count(DISTINCT a.story_id) AS stories,
            count(DISTINCT CASE WHEN a.copy_group IS NULL OR a.copy_group = a.id THEN a.story_id END) AS reported,
            sum(s.first_article_id = a.id AND s.source_count > 1) AS first_with,
            sum(sum(s.lead_article_id = a.id)) OVER () AS topic_stories,  -- every story has one lead
            max(a.id) AS last_id
        FROM story_topics AS st
        CROSS JOIN stories AS s ON s.id = st.story_id AND s.merged_into IS NULL
        CROSS JOIN articles AS a ON a.story_id = s.id
        LEFT JOIN sources AS o ON o.id = a.source_id
        WHERE st.topic_id = t.id
        GROUP BY coalesce(o.name, a.publisher, '(unknown)')
        ORDER BY source
    )
)) AS c;

CREATE VIEW altered_quotations AS
-- One row a quotation whose words differ from those of the first report that had them. A shortened one is not altered.
SELECT
    a.story_id,
    coalesce(nullif(q.speaker, ''), f.speaker) AS speaker,
    coalesce(o.name, a.publisher) AS source,
    q.words,                           -- as this report gives them
    coalesce(fo.name, fa.publisher) AS first_source,
    f.words AS first_words,            -- as the first report gives them
    q.article_id,
    q.first_article_id
FROM quotations AS q
JOIN quotations AS f ON f.article_id = q.first_article_id AND f.position = q.first_position
JOIN articles AS a ON a.id = q.article_id
JOIN articles AS fa ON fa.id = q.first_article_id
LEFT JOIN sources AS o ON o.id = a.source_id
LEFT JOIN sources AS fo ON fo.id = fa.source_id
WHERE q.first_article_id <> q.article_id
    AND instr(lower(replace(replace(f.words, '’', ''''), ',', '')), rtrim(lower(replace(replace(q.words, '’', ''''), ',', '')), '.!?… ')) = 0
    AND instr(lower(replace(replace(q.words, '’', ''''), ',', '')), rtrim(lower(replace(replace(f.words, '’', ''''), ',', '')), '.!?… ')) = 0;
