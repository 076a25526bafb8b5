-- The tables of a cuttings database, version 1. Times are UTC text (2026-03-01T09:00:00Z); JSON lives only in *_json columns;
-- yes/no columns are 1/0. The comments are part of the database: `.schema` shows them, and docs/schema.md is made from them.

CREATE TABLE sources (
    -- The sites that are watched, and every other place articles came from.
    id TEXT PRIMARY KEY NOT NULL,      -- short name from the config, or the host of a one-off fetch
    name TEXT NOT NULL,
    homepage TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'press',  -- press, government, regulator, charity ... as the source list says
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    declared INTEGER NOT NULL DEFAULT 1 CHECK (declared IN (0, 1)),  -- 0: no longer in the config, or never was (an import)
    licence TEXT,                      -- what the publisher granted, if anything
    note TEXT NOT NULL DEFAULT '',
    settings_json TEXT NOT NULL DEFAULT '{}',  -- the rest of the source's table in the config: delay, include, exclude ...
    added_at TEXT NOT NULL
) STRICT;

CREATE TABLE channels (
    -- Where a source announces its articles, and how the last visit went.
    source_id TEXT NOT NULL REFERENCES sources (id),
    url TEXT NOT NULL,
    kind TEXT NOT NULL,                -- feed, sitemap or listing
    selector TEXT,                     -- CSS selector of the links of a listing
    declared INTEGER NOT NULL DEFAULT 1 CHECK (declared IN (0, 1)),  -- 0: found by us, or no longer in the config
    etag TEXT,                         -- validators of the last reply, for "has it changed?"
    last_modified TEXT,
    content_hash TEXT,                 -- SHA-256 of the last body: an unchanged body needs no reading
    identity TEXT NOT NULL DEFAULT '', -- which part of its entries names an article best: id, link, title ...
    ttl REAL,                          -- seconds between visits that the channel itself asks for
    last_polled_at TEXT,
    next_poll_at TEXT,                 -- NULL: at the next run
    last_ok_at TEXT,
    last_new_at TEXT,                  -- when it last announced something new
    failures INTEGER NOT NULL DEFAULT 0,  -- in a row
    last_error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (source_id, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE hosts (
    -- What is remembered about a server between runs, so that a rest it asked for outlives the process.
    host TEXT PRIMARY KEY NOT NULL,    -- host:port
    not_before TEXT,                   -- no request before this time (Retry-After, or a rest after failures)
    failures INTEGER NOT NULL DEFAULT 0,  -- in a row
    robots_status INTEGER,             -- HTTP status of robots.txt; 0: it could not be reached
    robots_body BLOB,
    robots_fetched_at TEXT,
    robots_expires_at TEXT,
    note TEXT NOT NULL DEFAULT '',
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pages (
    -- Every version of every page taken. The page itself is in <database>-pages/, compressed, under content_hash.
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,                 -- as asked
    final_url TEXT NOT NULL,           -- after redirects
    purpose TEXT NOT NULL,             -- article, feed, sitemap, listing
    source_id TEXT REFERENCES sources (id),
    fetched_at TEXT NOT NULL,          -- when this version was first taken
    checked_at TEXT NOT NULL,          -- when it was last found unchanged
    status INTEGER NOT NULL,
    content_type TEXT,
    content_hash TEXT NOT NULL,        -- SHA-256 of the unpacked body
    size INTEGER NOT NULL,             -- bytes, unpacked
    etag TEXT,
    last_modified TEXT,
    headers_json TEXT NOT NULL DEFAULT '[]',
    template TEXT NOT NULL DEFAULT '', -- which lay-out of the site this is, for furniture
    blocks BLOB NOT NULL DEFAULT x'',  -- hashes of its text blocks, 8 bytes each, little endian
    UNIQUE (url, content_hash)
) STRICT;
CREATE INDEX pages_template ON pages (template);  -- whose articles are read again when a site's furniture becomes known
CREATE INDEX pages_content_hash ON pages (content_hash);  -- which rows still need a stored page

CREATE TABLE stories (
    -- One event, and all reports of it. Ids are never used twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,               -- the lead report's
    first_published_at TEXT,           -- earliest and latest report; NULL when no report has a date
    last_published_at TEXT,
    article_count INTEGER NOT NULL DEFAULT 0,
    report_count INTEGER NOT NULL DEFAULT 0,  -- copies count once
    source_count INTEGER NOT NULL DEFAULT 0,
    lead_article_id INTEGER REFERENCES articles (id),  -- the report to read first; a split leaves the id with it
    first_article_id INTEGER REFERENCES articles (id), -- the earliest dated report
    merged_into INTEGER REFERENCES stories (id),       -- this story is now part of that one
    origin_kind TEXT NOT NULL DEFAULT '',  -- article: a report of ours is the primary source; link: reports link to it
    origin_article_id INTEGER REFERENCES articles (id),
    origin_url TEXT,                   -- the press release, paper or post that the reports rest on
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX stories_last_published_at ON stories (last_published_at);  -- "what is new"
CREATE INDEX stories_merged_into ON stories (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE articles (
    -- The newest clean text of every article.
    id INTEGER PRIMARY KEY,
    external_id TEXT,                  -- the id given on import
    source_id TEXT REFERENCES sources (id),
    story_id INTEGER REFERENCES stories (id),  -- NULL only between saving and filing
    copy_group INTEGER REFERENCES articles (id),  -- the original, for articles with the same text at different places
    url TEXT,
    canonical_url TEXT,                -- the page's own canonical address, else our normal form of url
    url_key TEXT,                      -- our normal form of url: what makes it the same article next time
    title TEXT NOT NULL,
    authors_json TEXT NOT NULL DEFAULT '[]',
    publisher TEXT,                    -- as the page names it
    published_at TEXT,
    modified_at TEXT,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    language TEXT,
    word_count INTEGER NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('full', 'teaser', 'headline', 'imported')),
    content_hash TEXT NOT NULL,        -- SHA-256 of title and text, blind to white space
    copy_key TEXT NOT NULL,            -- articles with the same one have the same text, word for word
    matched_as INTEGER REFERENCES articles (id),  -- the word-for-word copy the matcher looked at for it; mostly itself
    filed_at TEXT,                     -- NULL: new or revised since the last filing
    extractor TEXT NOT NULL DEFAULT '',  -- version of the rules that made the text
    page_id INTEGER REFERENCES pages (id),  -- the stored page it was read from
    text_use TEXT NOT NULL DEFAULT 'full',  -- how far the publisher lets the text be kept and handed on
    rights_json TEXT NOT NULL DEFAULT '{}', -- what the publisher says about reuse
    origins_json TEXT NOT NULL DEFAULT '[]',  -- where each value was read
    links_json TEXT NOT NULL DEFAULT '[]',    -- addresses linked from the text
    text TEXT NOT NULL                 -- paragraphs separated by one newline
) STRICT;
CREATE INDEX articles_story_id ON articles (story_id);
CREATE INDEX articles_url_key ON articles (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX articles_external_id ON articles (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX articles_content_hash ON articles (content_hash);
CREATE INDEX articles_copy_key ON articles (copy_key);
CREATE INDEX articles_matched_as ON articles (matched_as);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_source_id ON articles (source_id, published_at);
CREATE INDEX articles_page_id ON articles (page_id) WHERE page_id IS NOT NULL;  -- the articles of a site's pages
CREATE INDEX articles_unfiled ON articles (id) WHERE filed_at IS NULL;
CREATE INDEX articles_canonical_url ON articles (canonical_url) WHERE canonical_url IS NOT NULL;

CREATE TABLE revisions (
    -- Every version of every article, the newest included.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    seen_at TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    content_hash TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_article_id ON revisions (article_id);
CREATE INDEX revisions_seen_at ON revisions (seen_at);

CREATE TABLE removals (
    -- What was taken out of an article's page as not being part of it, and why.
    article_id INTEGER NOT NULL REFERENCES articles (id),
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
) STRICT;

CREATE TABLE reports (
    -- What each report owes to others, for stories of more than one article.
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    lag_hours REAL,                    -- after the story's origin, else its first report; NULL without a date
    borrowed_share REAL NOT NULL,      -- 0..1: share of its words that stand, in runs, in an earlier report
    borrowed_from INTEGER REFERENCES articles (id),  -- the earlier report most of them stand in
    origin_share REAL                  -- 0..1: share that stands in the primary source, where we hold its text
) STRICT;
CREATE INDEX reports_story_id ON reports (story_id);

CREATE TABLE links (
    -- Addresses that channels announced, and when to look at each again.
    source_id TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,                 -- the channel's own name for the article, or its address
    url TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL DEFAULT '',
    published_at TEXT,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,        -- last announced
    looks INTEGER NOT NULL DEFAULT 0,  -- times the page was asked for
    next_look_at TEXT,                 -- NULL: never again
    last_outcome TEXT NOT NULL DEFAULT '',  -- new, unchanged, revised, or the name of the error
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    article_id INTEGER REFERENCES articles (id),
    PRIMARY KEY (source_id, key)
) STRICT;
CREATE INDEX links_next_look_at ON links (source_id, next_look_at) WHERE next_look_at IS NOT NULL;

CREATE TABLE sites (
    -- Sites (and lay-outs of them) whose repeated text is known.
    site TEXT PRIMARY KEY NOT NULL,
    pages INTEGER NOT NULL             -- pages that were counted
) STRICT, WITHOUT ROWID;

CREATE TABLE furniture (
    -- Blocks of text and how many pages of a site carry them: what a site repeats is not the article.
    site TEXT NOT NULL REFERENCES sites (site),
    hash INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE fingerprints (
    -- What the matcher may look at of an article.
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    version TEXT NOT NULL,             -- of the rules that made it; another version is made anew
    body BLOB NOT NULL,
    keys BLOB NOT NULL DEFAULT x''     -- its keys in postings, 8 bytes each, little endian; none: not in the index yet
) STRICT;

CREATE TABLE postings (
    -- The matcher's index on disk: which articles carry a rare term, a name, a quotation.
    key INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE crowded (
    -- Keys that so many articles carry that sharing one tells nothing; pairs are not looked for under them.
    key INTEGER PRIMARY KEY NOT NULL
) STRICT;

CREATE TABLE matches (
    -- Pairs of articles that could be one event, with the verdict and its reasons.
    article_a INTEGER NOT NULL REFERENCES articles (id),
    article_b INTEGER NOT NULL REFERENCES articles (id),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    same_event INTEGER NOT NULL CHECK (same_event IN (0, 1)),  -- what the matcher says of the pair alone
    reason TEXT NOT NULL,              -- one sentence
    evidence_json TEXT NOT NULL DEFAULT '[]',  -- feature, level, weight in log2 odds, words; strongest first
    PRIMARY KEY (article_a, article_b),
    CHECK (article_a < article_b)
) STRICT;
CREATE INDEX matches_article_b ON matches (article_b, article_a);

CREATE TABLE decisions (
    -- What people decided about two articles. It stands until undone, whatever the matcher says.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('same', 'different')),
    article_a INTEGER NOT NULL REFERENCES articles (id),
    article_b INTEGER NOT NULL REFERENCES articles (id),
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL,
    undone_at TEXT,
    made_with INTEGER REFERENCES decisions (id),  -- the first decision of the same command: they are undone together
    CHECK (article_a < article_b)
) STRICT;

CREATE TABLE runs (
    -- Every pass, import and refiling.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL DEFAULT 'run',
    version TEXT NOT NULL DEFAULT '',  -- of cuttings
    started_at TEXT NOT NULL,
    finished_at TEXT,
    status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'partial', 'failed', 'interrupted')),  -- partial: some source or input failed; interrupted: found unfinished later
    sources INTEGER NOT NULL DEFAULT 0,
    fetched INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    revised INTEGER NOT NULL DEFAULT 0,
    stories_created INTEGER NOT NULL DEFAULT 0,
    stories_changed INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE failures (
    -- Expected failures: one page, one source, one line of an input. The rest of the work went on.
    id INTEGER PRIMARY KEY,
    run_id INTEGER REFERENCES runs (id),
    source_id TEXT REFERENCES sources (id),
    url TEXT,                          -- or the file and line
    stage TEXT NOT NULL,               -- fetch, discover, extract, import, store ...
    error TEXT NOT NULL,               -- the kind of failure
    message TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX failures_run_id ON failures (run_id);
CREATE INDEX failures_source_id ON failures (source_id, at);

CREATE TABLE story_changes (
    -- Why a story is as it is: every creation, joining, merger and split, by the model or by a person.
    id INTEGER PRIMARY KEY,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    run_id INTEGER REFERENCES runs (id),
    kind TEXT NOT NULL CHECK (kind IN ('created', 'joined', 'merged', 'split')),
    article_id INTEGER REFERENCES articles (id),         -- the article that came or left
    other_story_id INTEGER REFERENCES stories (id),      -- the story merged in, or split off
    by TEXT NOT NULL DEFAULT 'model',  -- 'model', or who decided
    detail TEXT NOT NULL,              -- one sentence
    at TEXT NOT NULL
) STRICT;
CREATE INDEX story_changes_story_id ON story_changes (story_id);
CREATE INDEX story_changes_at ON story_changes (at);
-- Full-text search. The words are read from articles and stories; the triggers keep the index current.

CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, content='articles', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, text ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.id, new.title, new.text);
END;

CREATE VIRTUAL TABLE stories_fts USING fts5 (
    title, content='stories', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER stories_fts_insert AFTER INSERT ON stories BEGIN
    INSERT INTO stories_fts (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER stories_fts_delete AFTER DELETE ON stories BEGIN
    INSERT INTO stories_fts (stories_fts, rowid, title) VALUES ('delete', old.id, old.title);
END;
CREATE TRIGGER stories_fts_update AFTER UPDATE OF title ON stories WHEN old.title IS NOT new.title BEGIN
    INSERT INTO stories_fts (stories_fts, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO stories_fts (rowid, title) VALUES (new.id, new.title);
END;
-- The questions analysts ask first, as views. A "report" is an article that is no copy of an earlier one
-- (copy_group is NULL or its own id). Stories that were merged into another are left out.

CREATE VIEW story_coverage AS
-- One row a story: what it is, who reported it, in which order, and over how long.
SELECT
    s.id AS story_id,
    s.title,                           -- of the report to read first
    s.first_published_at,              -- NULL when no report has a date
    s.last_published_at,
    round((julianday(s.last_published_at) - julianday(s.first_published_at)) * 24, 1) AS span_hours,  -- from the first report to the last
    s.report_count AS reports,         -- independent ones; copies left out
    s.article_count - s.report_count AS copies,  -- the same text at other places
    s.source_count AS sources,         -- different publishers
    (SELECT coalesce(o.name, a.publisher) FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
     WHERE a.id = s.first_article_id) AS first_source,  -- who published first
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
WHERE s.merged_into IS NULL;

CREATE VIEW story_why AS
-- One row a pair of articles in one story that the matcher joined, or that a person decided about: the reason in words.
SELECT
    a.story_id,
    s.title AS story_title,
    m.article_a,
    a.title AS title_a,
    coalesce(oa.name, a.publisher) AS source_a,
    m.article_b,
    b.title AS title_b,
    coalesce(ob.name, b.publisher) AS source_b,
    round(m.probability, 3) AS probability,  -- that both report one event; NULL for pairs only a person joined
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
-- One row a source for each story of two or more sources: its place in the order, and how long after the first.
-- A date without a time of day (midnight) counts as the earliest report of that day that has one.
SELECT
    story_id,
    story_title,
    place,                             -- 1: first; sources of the same minute, or of an unknown time that day, share a place
    source,
    published_at,                      -- of its first report
    CASE
        WHEN NOT day_only THEN round((julianday(known_at) - julianday(first_at)) * 24, 1)
        WHEN substr(published_at, 1, 10) > substr(first_at, 1, 10)
            THEN (julianday(substr(published_at, 1, 10)) - julianday(substr(first_at, 1, 10))) * 24
    END AS hours_after_first,          -- in whole days where only the day is known; NULL for the day of the first
    article_id,                        -- its first report
    url
FROM (
    SELECT
        story_id, story_title, source, published_at, article_id, url, day_only,
        min(known_at) AS known_at,     -- the other columns are of the row with the minimum ("bare columns" of SQLite)
        rank() OVER (PARTITION BY story_id ORDER BY substr(min(known_at), 1, 16)) AS place,
        min(min(known_at)) OVER (PARTITION BY story_id) AS first_at,
        count(*) OVER (PARTITION BY story_id) AS sources
    FROM (
        SELECT
            s.id AS story_id,
            s.title AS story_title,
            coalesce(o.name, a.publisher) AS source,
            a.published_at,
            a.id AS article_id,
            a.url,
            a.published_at LIKE '%T00:00:00Z' AS day_only,
            CASE
                WHEN a.published_at LIKE '%T00:00:00Z' THEN coalesce(
                    min(CASE WHEN a.published_at NOT LIKE '%T00:00:00Z' THEN a.published_at END)
                    OVER (PARTITION BY s.id, substr(a.published_at, 1, 10)), a.published_at)
                ELSE a.published_at
            END AS known_at
        FROM stories AS s
        JOIN articles AS a ON a.story_id = s.id AND a.published_at IS NOT NULL
        LEFT JOIN sources AS o ON o.id = a.source_id
        WHERE s.source_count > 1 AND coalesce(o.name, a.publisher) IS NOT NULL
    )
    GROUP BY story_id, source
)
WHERE sources > 1;

CREATE VIEW share_of_voice AS
-- One row a month and source: how much of the sector's coverage it carried. Undated articles count in the month they were first seen.
SELECT
    month,                             -- 2026-03
    source,
    articles,
    reports,                           -- copies left out
    stories,                           -- it had a report of
    shared_stories,                    -- also reported by another source
    stories - shared_stories AS only_here,  -- nobody else reported
    round(100.0 * reports / sum(reports) OVER (PARTITION BY month), 1) AS percent_of_reports,  -- of that month, all sources
    words                              -- of its articles, copies too
FROM (
    SELECT
        substr(coalesce(a.published_at, a.first_seen_at), 1, 7) AS month,
        coalesce(o.name, a.publisher, '(unknown)') AS source,
        count(*) AS articles,
        sum(a.copy_group IS NULL OR a.copy_group = a.id) AS reports,
        count(DISTINCT a.story_id) AS stories,
        count(DISTINCT CASE WHEN s.source_count > 1 THEN s.id END) AS shared_stories,
        sum(a.word_count) AS words
    FROM articles AS a
    LEFT JOIN stories AS s ON s.id = a.story_id
    LEFT JOIN sources AS o ON o.id = a.source_id
    GROUP BY month, coalesce(o.name, a.publisher, '(unknown)')
);

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
-- One row a source: when it was last visited, what it gave lately, and what went wrong. The worst are those with verdict 'failing'.
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
        WHEN coalesce(a.last_new_at, c.last_new_at, '') < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days') THEN 'silent'  -- nothing new for 30 days
        ELSE 'well'
    END AS verdict,                    -- well, silent, partly failing, failing, not yet visited, no channel, not watched, disabled
    c.last_polled_at,                  -- any of its channels
    c.last_ok_at,                      -- when a channel last answered as it should
    c.next_poll_at,                    -- the earliest of its channels; NULL: at the next run
    a.last_new_at,                     -- when we last took a new article of it
    a.newest_published_at,             -- by the publisher's own date
    coalesce(a.articles, 0) AS articles,
    coalesce(a.articles_7_days, 0) AS articles_7_days,  -- first seen in the last 7 days
    coalesce(a.articles_30_days, 0) AS articles_30_days,
    a.percent_full_text,               -- of its articles; the rest are teasers and headlines
    a.percent_dated,                   -- of its articles that have a date
    a.mean_words,                      -- of its articles
    coalesce(c.failures, 0) AS failures_in_a_row,  -- of its worst channel
    (SELECT count(*) FROM failures AS f
     WHERE f.source_id = o.id AND f.at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days')) AS failures_7_days,
    (SELECT f.error || ': ' || f.message FROM failures AS f
     WHERE f.source_id = o.id ORDER BY f.at DESC, f.id DESC LIMIT 1) AS last_failure
FROM sources AS o
LEFT JOIN (
    SELECT
        source_id, count(*) AS channels, sum(failures > 0) AS failing, max(failures) AS failures,
        max(last_polled_at) AS last_polled_at, max(last_ok_at) AS last_ok_at,
        max(last_new_at) AS last_new_at, min(next_poll_at) AS next_poll_at
    FROM channels WHERE declared = 1 GROUP BY source_id
) AS c ON c.source_id = o.id
LEFT JOIN (
    SELECT
        source_id, count(*) AS articles, max(first_seen_at) AS last_new_at, max(published_at) AS newest_published_at,
        sum(first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days')) AS articles_7_days,
        sum(first_seen_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')) AS articles_30_days,
        round(100.0 * sum(access IN ('full', 'imported')) / count(*), 1) AS percent_full_text,
        round(100.0 * count(published_at) / count(*), 1) AS percent_dated,
        round(avg(word_count)) AS mean_words
    FROM articles GROUP BY source_id
) AS a ON a.source_id = o.id;

CREATE VIEW recent_changes AS
-- Everything that changed, newest first: stories created, joined, merged and split, and articles that publishers revised.
SELECT
    c.at,
    'story ' || c.kind AS change,      -- story created, joined, merged, split; article revised
    c.story_id,
    s.title,
    c.article_id,                      -- the article that came or was revised
    c.detail,                          -- one sentence
    c.by,                              -- 'model', a person, or 'publisher'
    c.run_id
FROM story_changes AS c JOIN stories AS s ON s.id = c.story_id
UNION ALL
SELECT
    r.seen_at, 'article revised', a.story_id, a.title, a.id,
    CASE WHEN r.title <> before.title THEN 'new title, was: ' || before.title ELSE 'the text changed' END
    || ' (' || abs(length(r.text) - length(before.text)) || ' characters '
    || CASE WHEN length(r.text) >= length(before.text) THEN 'more)' ELSE 'fewer)' END,
    'publisher', NULL
FROM revisions AS r
JOIN revisions AS before ON before.id = (
    SELECT max(e.id) FROM revisions AS e WHERE e.article_id = r.article_id AND e.id < r.id)
JOIN articles AS a ON a.id = r.article_id
ORDER BY 1 DESC, 3 DESC;
