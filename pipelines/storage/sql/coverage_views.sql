-- Who really reported it, how much, and what is missing. A publisher is the owner of a source, else the source itself.
-- Each view reads rows in the order of an index, so that its first rows come at once on a large database.

CREATE VIEW story_publishers AS
-- One row for each story and publisher: with how many sources it carried the story, and what of that is its own work.
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
-- One row for each pair of sources: whose words one of them carries, in how many articles, and how much of each.
SELECT
    coalesce(o.name, substr(p.outlet, 2)) AS source,  -- that carries the words
    coalesce(po.name, substr(p.copied_outlet, 2)) AS copied_source,  -- in whose earlier report most of them stand
    p.articles,                        -- of which at least half stands in earlier reports, most of it in that source's
    p.copies,                          -- of these, the same text
    round(100 * p.mean_share) AS mean_percent,  -- of their words
    coalesce(nullif(o.owner, '') = nullif(po.owner, ''), 0) AS same_owner,  -- 1: both belong to one publisher
    p.first_at,
    p.last_at
FROM (
    SELECT * FROM _copying_totals AS t WHERE NOT EXISTS (
        SELECT 1 FROM _stale AS k WHERE k.summary = 'copying' AND k.key = t.outlet AND k.outlet = t.copied_outlet)
    UNION ALL
    SELECT * FROM _stale_copying
) AS p
LEFT JOIN sources AS o ON o.id = p.outlet
LEFT JOIN sources AS po ON po.id = p.copied_outlet
ORDER BY p.articles DESC, 1, 2;

CREATE VIEW release_only AS
-- One row for each story that is only the press release: all its other reports consist of the origin's words.
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
-- One row for each week and source with articles, the newest week first. Undated articles count in the week they were first seen.
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
-- One row for each month and source: how much of the sector's coverage it carried, the newest month first. Undated articles count in the month they were first seen.
SELECT
    t.month,                           -- 2026-03
    coalesce(o.name, substr(t.outlet, 2)) AS source,
    t.articles,
    t.reports,                         -- copies left out
    t.stories,                         -- it had a report of; a copy of another source's report does not count
    t.shared_stories,                  -- also reported by another source
    t.stories - t.shared_stories AS only_here,  -- nobody else reported
    round(100.0 * t.reports / nullif(sum(t.reports) OVER (PARTITION BY t.month), 0), 1)
        AS percent_of_reports,         -- of that month, all sources
    t.words                            -- of its articles, copies too
FROM (
    SELECT * FROM _month_totals AS m WHERE NOT EXISTS (
        SELECT 1 FROM _stale AS k WHERE k.summary = 'months' AND k.key = m.month AND k.outlet = m.outlet)
    UNION ALL
    SELECT * FROM _stale_months
) AS t
LEFT JOIN sources AS o ON o.id = t.outlet
ORDER BY t.month DESC, 2;

CREATE VIEW silences AS
-- One row for each recent story and watched source that usually follows such a story, and has not. "Such a story": one of
-- several sources that the same source was first with; the record is that of the 20 before it. Recent: the 7 days up to the newest story.
SELECT
    s.id AS story_id,
    s.title AS story_title,
    s.first_published_at,
    fo.name AS first_source,           -- who was first with this story and those of the record
    w.name AS silent_source,
    n.followed,                        -- of the earlier stories, so many it reported
    n.earlier_stories,                 -- of the record: at most 20, at least 5
    (SELECT round(max(lag_hours), 1) FROM (
        SELECT r.lag_hours, row_number() OVER (ORDER BY r.lag_hours) AS place, count(*) OVER () AS known
        FROM reports AS r CROSS JOIN articles AS a ON a.id = r.article_id
        WHERE a.source_id = w.id AND r.lag_hours IS NOT NULL AND r.story_id IN (
            SELECT e.id FROM articles AS b JOIN stories AS e ON e.first_article_id = b.id AND e.id = b.story_id
            WHERE b.source_id = f.source_id AND b.counted_at < s.first_published_at
                AND e.source_count > 1 AND e.merged_into IS NULL ORDER BY b.counted_at DESC LIMIT 20)
    ) WHERE place <= (3 * known + 3) / 4)
        AS usual_hours                 -- within which three of four of its reports came; NULL where only days are known
FROM (
    SELECT * FROM _followers WHERE NOT EXISTS (SELECT 1 FROM _stale AS k WHERE k.summary = 'followers')
    UNION ALL
    SELECT * FROM _stale_followers
) AS n
CROSS JOIN sources AS w ON w.id = n.source_id AND w.enabled = 1 AND w.declared = 1
CROSS JOIN stories AS s ON s.id = n.story_id
CROSS JOIN articles AS f ON f.id = s.first_article_id
LEFT JOIN sources AS fo ON fo.id = f.source_id
WHERE NOT EXISTS (SELECT 1 FROM articles AS a WHERE a.story_id = n.story_id AND a.source_id = w.id);

CREATE VIEW stale_figures AS
-- One row for each report that still carries a figure, name or quotation which another report of its story has corrected since.
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
-- One row for each topic and source: how many of the topic's stories it carried, and with how many it was first.
SELECT
    t.id AS topic_id,
    t.name AS topic,
    coalesce(o.name, substr(c.outlet, 2)) AS source,
    c.stories,                         -- of the topic that it has
    c.reported,                        -- of these, with a report that is not a copy
    c.first_with,                      -- and other sources followed
    c.topic_stories,                   -- all stories of the topic
    (SELECT coalesce(l.published_at, l.first_seen_at) FROM articles AS l WHERE l.id = c.last_article)
        AS last_at                     -- the date of the article of the topic that was stored last
FROM (
    SELECT
        topic_id, outlet, sum(stories) AS stories, sum(reported) AS reported, sum(first_with) AS first_with,
        sum(sum(leads)) OVER (PARTITION BY topic_id) AS topic_stories,  -- every story has one lead
        max(last_article) AS last_article
    FROM (
        SELECT
            topic_id, outlet, count(*) AS stories, sum(is_reported) AS reported, sum(is_first) AS first_with,
            sum(is_lead) AS leads, max(last_article) AS last_article
        FROM _topic_reports AS r
        WHERE r.story_id NOT IN (SELECT k.key FROM _stale AS k WHERE k.summary = 'topics')
        GROUP BY topic_id, outlet
        UNION ALL
        SELECT topic_id, outlet, 1, is_reported, is_first, is_lead, last_article FROM _stale_topics
    )
    GROUP BY topic_id, outlet
) AS c
JOIN topics AS t ON t.id = c.topic_id
LEFT JOIN sources AS o ON o.id = c.outlet
ORDER BY t.id, 3;

CREATE VIEW altered_quotations AS
-- One row for each quotation whose words differ from those of the first report that had them. A shortened one is not altered.
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
