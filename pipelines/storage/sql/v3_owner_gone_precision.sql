ALTER TABLE sources ADD COLUMN owner /* the publisher's family: two sources are independent when their owners differ */ TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN gone_at /* when its page was first answered with 404 or 410; NULL: it is there */ TEXT;
ALTER TABLE articles ADD COLUMN published_precision /* minute, day or month; NULL without a date */ TEXT
    CHECK (published_precision IN ('minute', 'day', 'month'));
UPDATE articles SET published_precision = CASE WHEN published_at LIKE '%T00:00:00Z' THEN 'day' ELSE 'minute' END
    WHERE published_at IS NOT NULL;
