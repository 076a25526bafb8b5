-- The result of a backfill as tables and views for DuckDB, under the names of the database (docs/schema.md).
-- Start DuckDB in the folder of the result: duckdb -init views.sql
-- Times are in UTC; days and months are those of the time zone of the desk. Articles without a date are in no month or week.

CREATE OR REPLACE VIEW articles AS SELECT * FROM 'articles/*.parquet';
CREATE OR REPLACE VIEW stories AS SELECT * FROM 'stories/*.parquet';
CREATE OR REPLACE VIEW matches AS SELECT * FROM 'matches/*.parquet';

CREATE OR REPLACE VIEW sources AS
-- One row a source of an article, by the name that its earliest identity gives.
SELECT source_id AS id, coalesce(arg_min(publisher, id) FILTER (publisher IS NOT NULL), source_id) AS name
FROM articles WHERE source_id IS NOT NULL GROUP BY source_id;

CREATE OR REPLACE VIEW _reported AS
-- One row an article: who published it, and whether it is a report of its own and no copy.
SELECT a.*, coalesce(o.name, a.publisher) AS source, coalesce(a.copy_group, a.id) = a.id AS is_report
FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id;

CREATE OR REPLACE VIEW story_coverage AS
-- One row a story: what it is, who reported it, in which order, and over how long.
WITH first_of AS (
    SELECT story_id, source, min(published_at) AS published_at FROM _reported
    WHERE source IS NOT NULL GROUP BY story_id, source
), named AS (
    SELECT story_id, string_agg(source, ', ' ORDER BY published_at NULLS LAST, source) AS names
    FROM first_of GROUP BY story_id
)
SELECT
    s.id AS story_id, s.title, s.first_published_at, s.last_published_at,
    round((epoch_ms(s.last_published_at) - epoch_ms(s.first_published_at)) / 3600000.0, 1) AS span_hours,
    s.report_count AS reports, s.article_count - s.report_count AS copies, s.source_count AS sources,
    f.source AS first_source, n.names AS source_names, l.url AS lead_url,
    coalesce(s.origin_url, g.url) AS origin_url
FROM stories AS s
LEFT JOIN named AS n ON n.story_id = s.id
LEFT JOIN _reported AS f ON f.id = s.first_article_id
LEFT JOIN articles AS l ON l.id = s.lead_article_id
LEFT JOIN articles AS g ON g.id = s.origin_article_id;

CREATE OR REPLACE VIEW story_why AS
-- One row a pair of articles in one story that the matcher joined: the reason in words.
SELECT
    a.story_id, s.title AS story_title, m.article_a, a.title AS title_a, a.source AS source_a,
    m.article_b, b.title AS title_b, b.source AS source_b, round(m.probability, 3) AS probability, m.reason
FROM matches AS m
JOIN _reported AS a ON a.id = m.article_a
JOIN _reported AS b ON b.id = m.article_b AND b.story_id = a.story_id
JOIN stories AS s ON s.id = a.story_id
WHERE m.same_event;

CREATE OR REPLACE VIEW first_to_publish AS
-- One row a source for each story of two or more sources: its place in the order, and how long after the first.
-- A date without a time of day counts as the earliest report of that day that has one.
WITH dated AS (
    SELECT
        story_id, source, published_at, published_day, id, url, published_precision <> 'minute' AS day_only,
        CASE
            WHEN published_precision <> 'minute' THEN coalesce(
                min(published_at) FILTER (published_precision = 'minute') OVER (PARTITION BY story_id, published_day),
                published_at)
            ELSE published_at
        END AS known_at
    FROM _reported WHERE published_at IS NOT NULL AND source IS NOT NULL
), firsts AS (
    SELECT * FROM dated QUALIFY row_number() OVER (PARTITION BY story_id, source ORDER BY known_at, id) = 1
), placed AS (
    SELECT
        *,
        rank() OVER (PARTITION BY story_id ORDER BY epoch_ms(known_at) // 60000) AS place,
        min(known_at) OVER (PARTITION BY story_id) AS first_at,
        first_value(published_day) OVER (PARTITION BY story_id ORDER BY known_at, id) AS first_day,
        count(*) OVER (PARTITION BY story_id) AS sources
    FROM firsts
)
SELECT
    p.story_id, s.title AS story_title, p.place, p.source, p.published_at,
    CASE
        WHEN NOT p.day_only THEN round((epoch_ms(p.known_at) - epoch_ms(p.first_at)) / 3600000.0, 1)
        WHEN p.published_day > p.first_day THEN (p.published_day - p.first_day) * 24.0
    END AS hours_after_first,
    p.id AS article_id, p.url
FROM placed AS p JOIN stories AS s ON s.id = p.story_id
WHERE p.sources > 1;

CREATE OR REPLACE VIEW share_of_voice AS
-- One row a month and source: how much of the coverage it carried, the newest month first.
WITH counted AS (
    SELECT
        strftime(a.published_day, '%Y-%m') AS month, coalesce(a.source, '(unknown)') AS source,
        count(*) AS articles, count(*) FILTER (a.is_report) AS reports,
        count(DISTINCT a.story_id) FILTER (a.is_report) AS stories,
        count(DISTINCT a.story_id) FILTER (a.is_report AND s.source_count > 1) AS shared_stories,
        sum(a.word_count) AS words
    FROM _reported AS a LEFT JOIN stories AS s ON s.id = a.story_id
    WHERE a.published_day IS NOT NULL GROUP BY ALL
)
SELECT
    month, source, articles, reports, stories, shared_stories, stories - shared_stories AS only_here,
    round(100.0 * reports / nullif(sum(reports) OVER (PARTITION BY month), 0), 1) AS percent_of_reports, words
FROM counted ORDER BY month DESC, source;

CREATE OR REPLACE VIEW weekly_volume AS
-- One row a week and source with articles, the newest week first.
SELECT
    date_trunc('week', published_day)::DATE AS week,  -- its Monday
    coalesce(source, '(unknown)') AS source,
    count(*) AS articles,
    count(*) FILTER (is_report) AS reports,            -- copies left out
    count(DISTINCT story_id) FILTER (is_report) AS stories,
    sum(word_count) AS words
FROM _reported WHERE published_day IS NOT NULL GROUP BY ALL ORDER BY week DESC, source;
