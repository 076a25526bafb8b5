-- A day of publication is a day where the desk is: 00:01 in London on 5 October is 23:01 UTC on the 4th.
CREATE TABLE _settings (
    -- What stored values depend on: the time zone of the desk, by which days of publication are told.
    name TEXT PRIMARY KEY,             -- timezone
    value TEXT NOT NULL                -- its IANA name
) STRICT;
INSERT INTO _settings (name, value) VALUES ('timezone', 'UTC');
ALTER TABLE articles ADD COLUMN published_day /* the day of publication in the desk's time zone (2026-10-05); NULL without a date */ TEXT;
ALTER TABLE stories ADD COLUMN first_published_day /* of the earliest report, in the desk's time zone; NULL when no report has a date */ TEXT;
ALTER TABLE stories ADD COLUMN last_published_day /* of the latest report, in the desk's time zone */ TEXT;
-- What programs print for an empty field (1970-01-01), and what lies years ahead, is not a date.
UPDATE articles SET
    origins_json = json_insert(origins_json, '$[#]', json_array('published_at refused', published_at)),
    published_at = NULL, published_precision = NULL
    WHERE published_at IS NOT NULL AND (
        published_at < '1600' OR published_at LIKE '1970-%'
        OR substr(published_at, 1, 10) IN ('1969-12-31', '1899-12-30', '1899-12-31', '1900-01-01', '1753-01-01', '1601-01-01')
        OR julianday(published_at) > julianday(first_seen_at) + 1098
    );
UPDATE articles SET published_day = substr(published_at, 1, 10) WHERE published_at IS NOT NULL;
UPDATE stories SET first_published_day = substr(first_published_at, 1, 10), last_published_day = substr(last_published_at, 1, 10)
    WHERE first_published_at IS NOT NULL;
-- Counts go by the desk's days: a minute that lies on another day in UTC is moved to the edge of its day.
DROP INDEX articles_dated_at;
DROP INDEX articles_volume;
ALTER TABLE articles ADD COLUMN
    counted_at /* dated_at, within its day where the desk is: counts by week and month go by it */ TEXT
    GENERATED ALWAYS AS (CASE WHEN published_day IS NULL THEN first_seen_at ELSE max(min(published_at, published_day || 'T23:59:59Z'), published_day || 'T00:00:00Z') END) VIRTUAL;
CREATE INDEX articles_counted_at ON articles (counted_at, copy_group);
CREATE INDEX articles_volume ON articles (source_id, counted_at, story_id, copy_group, word_count);  -- weekly_volume and share_of_voice read nothing else
