-- What the program alone reads, in as few bytes: blocks of text took 81 bytes each, and 20 come with an article.
CREATE TEMP TABLE sites_before AS SELECT site, pages FROM _sites;
CREATE TEMP TABLE furniture_before AS SELECT site, hash, pages, last_seen_at FROM _furniture;
DROP TABLE _furniture;
DROP TABLE _sites;

CREATE TABLE _sites (
    -- Sites (and lay-outs of them) whose repeated text is known.
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL UNIQUE,
    pages INTEGER NOT NULL             -- pages that were counted
) STRICT;

CREATE TABLE _furniture (
    -- Blocks of text and how many pages of a site carry them: what a site repeats is not the article.
    site_number INTEGER NOT NULL REFERENCES _sites (id),
    hash INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    last_seen_hour INTEGER NOT NULL,   -- hours since the beginning of 1970: a time in text takes 20 bytes, and there are 20 blocks an article
    PRIMARY KEY (site_number, hash)
) STRICT, WITHOUT ROWID;

INSERT INTO _sites (site, pages) SELECT site, pages FROM sites_before ORDER BY site;
INSERT INTO _furniture (site_number, hash, pages, last_seen_hour)
SELECT s.id, f.hash, f.pages, coalesce(unixepoch(f.last_seen_at) / 3600, 0)
FROM furniture_before AS f JOIN _sites AS s ON s.site = f.site ORDER BY s.id, f.hash;
DROP TABLE furniture_before;
DROP TABLE sites_before;

-- The beginning of a title finds as few links as all of it.
DROP INDEX links_title;
CREATE INDEX links_title ON _links (source_id, substr(title, 1, 16)) WHERE title <> '';

-- What no search reads: the words of an article are looked for where it has no URL, its canonical URL where that is
-- another one; `stories_latest` has the order of stories.
DROP INDEX articles_content_hash;
CREATE INDEX articles_content_hash ON articles (content_hash) WHERE url_key IS NULL;
DROP INDEX articles_canonical_url;
CREATE INDEX articles_canonical_url ON articles (canonical_url) WHERE canonical_url IS NOT url_key;
DROP INDEX stories_last_published_at;
