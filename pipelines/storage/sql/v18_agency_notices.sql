ALTER TABLE articles ADD COLUMN agency /* the news agency that it credits, by one name for each: PA Media, Reuters, Local Democracy Reporting Service */ TEXT;
CREATE INDEX articles_agency ON articles (agency) WHERE agency IS NOT NULL;
CREATE TABLE _notices (
    -- Texts that a source shows in place of its articles: a request to log in, an error page. Only their hash is kept.
    source_id TEXT NOT NULL REFERENCES sources (id),
    text_hash TEXT NOT NULL,           -- SHA-256 of the words, first 32 digits
    seen_at TEXT NOT NULL,             -- when it was found to stand under unlike headlines
    PRIMARY KEY (source_id, text_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX articles_short_texts ON articles (source_id, word_count) WHERE word_count < 40;  -- whose copy_key holds the title too
