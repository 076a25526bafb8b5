-- What the steps of migrations.py make of an empty file, for new databases.
-- Made by `python -m tests.schema_page`; do not edit.

CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);

CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");

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
, owner /* the publisher's family: two sources are independent when their owners differ */ TEXT NOT NULL DEFAULT '') STRICT;

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
    last_error TEXT NOT NULL DEFAULT '', final_url /* where its last answer came from, after redirects; another one than url: it moved */ TEXT, empty_polls /* visits in a row on which it announced nothing */ INTEGER NOT NULL DEFAULT 0, moved_to /* where permanent redirects (301, 308) led on its last visit; NULL: there were none */ TEXT, moved_polls /* visits in a row on which they led there */ INTEGER NOT NULL DEFAULT 0, named_url /* the feed that the home page named when this one failed or announced nothing for long */ TEXT, named_at /* when the home page was looked at for that; NULL: the channel is well */ TEXT,
    PRIMARY KEY (source_id, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE "_hosts" (
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
, next_at /* no request of any process of the desk before this time: the pace, in microseconds */ TEXT) STRICT, WITHOUT ROWID;

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
    blocks BLOB NOT NULL DEFAULT x'', removed_at /* when [retention] removed the raw page; NULL: it is in the page store */ TEXT,  -- hashes of its text blocks, 8 bytes each, little endian
    UNIQUE (url, content_hash)
) STRICT;

CREATE INDEX pages_template ON pages (template);

CREATE INDEX pages_content_hash ON pages (content_hash);

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
, first_published_day /* of the earliest report, in the desk's time zone; NULL when no report has a date */ TEXT, last_published_day /* of the latest report, in the desk's time zone */ TEXT) STRICT;

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
, gone_at /* when its page was first answered with 404 or 410; NULL: it is there */ TEXT, published_precision /* minute, day or month; NULL without a date */ TEXT
    CHECK (published_precision IN ('minute', 'day', 'month')), brought_json /* ids of stories that were merged into the present one and that this article was in, oldest first: taken back if it parts again */ TEXT NOT NULL DEFAULT '[]', dated_at /* published_at, where it can be true, else first_seen_at: lists and counts go by it */ TEXT
    GENERATED ALWAYS AS (CASE WHEN published_at >= '1980-01-01' AND published_at <= strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at, '+1098 days') THEN published_at ELSE first_seen_at END) VIRTUAL, published_day /* the day of publication in the desk's time zone (2026-10-05); NULL without a date */ TEXT, counted_at /* dated_at, within its day where the desk is: counts by week and month go by it */ TEXT
    GENERATED ALWAYS AS (CASE WHEN published_day IS NULL THEN first_seen_at ELSE max(min(published_at, published_day || 'T23:59:59Z'), published_day || 'T00:00:00Z') END) VIRTUAL, agency /* the news agency that it credits, by one name for each: PA Media, Reuters, Local Democracy Reporting Service */ TEXT) STRICT;

CREATE INDEX articles_url_key ON articles (url_key) WHERE url_key IS NOT NULL;

CREATE INDEX articles_external_id ON articles (external_id) WHERE external_id IS NOT NULL;

CREATE INDEX articles_copy_key ON articles (copy_key);

CREATE INDEX articles_matched_as ON articles (matched_as);

CREATE INDEX articles_published_at ON articles (published_at);

CREATE INDEX articles_source_id ON articles (source_id, published_at);

CREATE INDEX articles_page_id ON articles (page_id) WHERE page_id IS NOT NULL;

CREATE INDEX articles_unfiled ON articles (id) WHERE filed_at IS NULL;

CREATE TABLE revisions (
    -- Every version of every article, the newest included.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    seen_at TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    content_hash TEXT NOT NULL
, change /* what is different from the version before, in words; empty for the first version, and until the next filing */ TEXT NOT NULL DEFAULT '') STRICT;

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
, doubtful /* 1: it is linked far worse to its story than the other reports, and may be of another event */ INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1)), source_id /* of the article; this and the next three are kept by triggers, for the view syndication */ TEXT REFERENCES sources (id), copied_source_id /* the source of borrowed_from */ TEXT REFERENCES sources (id), is_copy /* 1: the same text as another article, which is the original */ INTEGER NOT NULL DEFAULT 0, reported_at /* published, else first seen */ TEXT) STRICT;

CREATE INDEX reports_story_id ON reports (story_id);

CREATE TABLE "_links" (
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
    article_id INTEGER REFERENCES articles (id), announced_json /* what the channel said of an article that was not read yet */ TEXT,
    PRIMARY KEY (source_id, key)
) STRICT;

CREATE INDEX links_next_look_at ON "_links" (source_id, next_look_at) WHERE next_look_at IS NOT NULL;

CREATE TABLE "_fingerprints" (
    -- What the matcher may look at of an article.
    article_id INTEGER PRIMARY KEY REFERENCES articles (id),
    version TEXT NOT NULL,             -- of the rules that made it; another version is made anew
    body BLOB NOT NULL,
    keys BLOB NOT NULL DEFAULT x''     -- its keys in postings, 8 bytes each, little endian; none: not in the index yet
, encoder /* the sentence encoder that the article was filed with; empty for none */ TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX fingerprints_version ON "_fingerprints" (version);

CREATE TABLE "_postings" (
    -- The matcher's index on disk: which articles carry a rare term, a name, a quotation.
    key INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE "_crowded" (
    -- Keys that so many articles carry that sharing one tells nothing; pairs are not looked for under them.
    key INTEGER PRIMARY KEY NOT NULL
) STRICT;

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
    -- Every pass, import, fetch, refiling and correction.
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
, postponed /* requests left for the next run, when the time or the budget of this one was spent */ INTEGER NOT NULL DEFAULT 0) STRICT;

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

CREATE TABLE "_unread_pages" (
    -- Pages that were fetched and not yet read; empty after a run that was not interrupted. The next run reads them.
    page_id INTEGER PRIMARY KEY REFERENCES pages (id),
    source_id TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,                 -- of its link
    previous_page_id INTEGER REFERENCES pages (id),  -- the version that was stored before
    text_use TEXT NOT NULL,            -- how far the publisher lets the text be kept and handed on
    rights_json TEXT NOT NULL          -- what the publisher says about reuse
) STRICT;

CREATE TABLE "_tombstones" (
    -- Articles that a person deleted for good (`cuttings forget`): they are neither fetched nor imported again.
    id INTEGER PRIMARY KEY,
    url_key TEXT,                      -- our normal form of its URL
    external_id TEXT,                  -- the id given on import
    source_id TEXT REFERENCES sources (id),
    copy_key TEXT,                     -- of its text, if copies at other places are not wanted either
    reason TEXT NOT NULL DEFAULT '',
    forgotten_at TEXT NOT NULL
) STRICT;

CREATE INDEX tombstones_url_key ON "_tombstones" (url_key) WHERE url_key IS NOT NULL;

CREATE INDEX tombstones_external_id ON "_tombstones" (external_id) WHERE external_id IS NOT NULL;

CREATE INDEX tombstones_copy_key ON "_tombstones" (copy_key) WHERE copy_key IS NOT NULL;

CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, content='articles', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);

CREATE VIRTUAL TABLE stories_fts USING fts5 (
    title, content='stories', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);

CREATE INDEX stories_latest ON stories (min(coalesce(last_published_at, created_at), updated_at))  -- newest first; a date in the future counts from when it was seen
    WHERE merged_into IS NULL;

CREATE TABLE topics (
    -- What the desk watches for: a saved search with a name, from the config.
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    search TEXT NOT NULL,              -- as people type it: words, "phrases", -word, OR, prefix*
    min_publishers INTEGER NOT NULL DEFAULT 1,  -- `watch` tells a second time when a story reaches them
    declared INTEGER NOT NULL DEFAULT 1 CHECK (declared IN (0, 1)),  -- 0: no longer in the config
    updated_at TEXT NOT NULL           -- when its search was last changed
) STRICT, WITHOUT ROWID;

CREATE TABLE story_topics (
    -- The topics of each story: by the topic's search, or because a person says so.
    story_id INTEGER NOT NULL REFERENCES stories (id),
    topic_id TEXT NOT NULL REFERENCES topics (id),
    added_at TEXT NOT NULL,
    by TEXT NOT NULL DEFAULT 'search', -- 'search', or who tagged the story
    told_at TEXT,                      -- when `watch` first told of it; NULL: not yet
    told_publishers INTEGER NOT NULL DEFAULT 0,  -- publishers the story had when `watch` last told of it
    PRIMARY KEY (story_id, topic_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX story_topics_topic_id ON story_topics (topic_id, added_at);

CREATE TABLE story_marks (
    -- What people say about a story: a topic that it has or has not, or a note. Obeyed until undone.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL CHECK (kind IN ('topic', 'not_topic', 'note')),
    value TEXT NOT NULL,               -- the topic's id, or the note
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    undone_at TEXT
) STRICT;

CREATE INDEX story_marks_story_id ON story_marks (story_id);

CREATE TABLE digests (
    -- Every digest that was made: for whom, about which time, and what was in it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    list TEXT NOT NULL DEFAULT '',     -- the readers it was made for; "new" means new to them
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    content_json TEXT NOT NULL         -- the digest as it was, for any format
) STRICT;

CREATE INDEX digests_list ON digests (list, id);

CREATE TABLE digest_stories (
    -- The stories of each digest, in its order.
    digest_id INTEGER NOT NULL REFERENCES digests (id),
    position INTEGER NOT NULL,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    section TEXT NOT NULL,
    report_count INTEGER NOT NULL,     -- at that time
    PRIMARY KEY (digest_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX digest_stories_story_id ON digest_stories (story_id);

CREATE INDEX articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL;

CREATE TABLE quotations (
    -- Who said what: every quotation of five words or more in an article, with its speaker where that is sure.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    position INTEGER NOT NULL,         -- 1 for the first quotation of the article
    speaker TEXT NOT NULL DEFAULT '',  -- by the fullest name in the article; empty where it is not sure
    role TEXT NOT NULL DEFAULT '',     -- as the article gives it
    words TEXT NOT NULL,               -- exactly as they stand between the quotation marks
    first_article_id INTEGER REFERENCES articles (id), first_position /* of the same words in the first report */ INTEGER,  -- the first report of the story with these words; itself if none had them before
    UNIQUE (article_id, position)
) STRICT;

CREATE INDEX quotations_speaker ON quotations (speaker) WHERE speaker <> '';

CREATE INDEX quotations_first_article_id ON quotations (first_article_id) WHERE first_article_id IS NOT NULL;

CREATE INDEX revisions_changed ON revisions (seen_at) WHERE change <> '';

CREATE TABLE corrections (
    -- Figures, names and quotations that a publisher replaced or took out of an article after it was published.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    kind TEXT NOT NULL CHECK (kind IN ('figure', 'name', 'quotation')),
    before TEXT NOT NULL,              -- as it stood
    after TEXT NOT NULL,               -- what stood there then; empty: nothing
    corrected_at TEXT NOT NULL         -- when the revision was first seen
) STRICT;

CREATE INDEX corrections_article_id ON corrections (article_id);

CREATE INDEX failures_at ON failures (at);

CREATE INDEX links_article_id ON _links (article_id) WHERE article_id IS NOT NULL;

CREATE TABLE "matches" (
    -- Pairs of articles that could be one event, with what the desk decided and the evidence.
    article_a INTEGER NOT NULL REFERENCES articles (id),
    article_b INTEGER NOT NULL REFERENCES articles (id),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),  -- that both report one event, after all steps: the texts, the other reports near to them, the story in which each lies
    same_event INTEGER NOT NULL CHECK (same_event IN (0, 1)),  -- what the desk decided: 1 exactly for pairs that lie in one story
    reason TEXT NOT NULL,              -- one sentence
    evidence_json TEXT NOT NULL DEFAULT '[]',  -- feature, level, weight in log2 odds, words; strongest first, 'prior' last: together pair_probability
    pair_probability REAL NOT NULL CHECK (pair_probability BETWEEN 0 AND 1),  -- that both report one event, by the two texts alone
    linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1)),  -- 1: likely enough, with the other reports near to them, for both to be weighed in one group of reports
    PRIMARY KEY (article_a, article_b),
    CHECK (article_a < article_b)
) STRICT;

CREATE INDEX matches_article_b ON matches (article_b, article_a);

CREATE TABLE _settings (
    -- What stored values depend on: the time zone of the desk, by which days of publication are told.
    name TEXT PRIMARY KEY,             -- timezone
    value TEXT NOT NULL                -- its IANA name
) STRICT;

CREATE INDEX articles_counted_at ON articles (counted_at, copy_group);

CREATE INDEX articles_volume ON articles (source_id, counted_at, story_id, copy_group, word_count);

CREATE INDEX fingerprints_encoder ON _fingerprints (encoder);

CREATE INDEX articles_agency ON articles (agency) WHERE agency IS NOT NULL;

CREATE TABLE _notices (
    -- Texts that a source shows in place of its articles: a request to log in, an error page. Only their hash is kept.
    source_id TEXT NOT NULL REFERENCES sources (id),
    text_hash TEXT NOT NULL,           -- SHA-256 of the words, first 32 digits
    seen_at TEXT NOT NULL,             -- when it was found to stand under unlike headlines
    PRIMARY KEY (source_id, text_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX articles_short_texts ON articles (source_id, word_count) WHERE word_count < 40;

CREATE INDEX articles_story_id ON articles (story_id, source_id, copy_group, counted_at);

CREATE INDEX articles_first_seen_at ON articles (source_id, first_seen_at);

CREATE INDEX stories_with_origin ON stories (id) WHERE origin_article_id IS NOT NULL AND merged_into IS NULL AND article_count > 1;

CREATE INDEX quotations_repeated ON quotations (article_id) WHERE first_article_id <> article_id;

CREATE TABLE _source_totals (
    -- How much each source gave, kept by triggers: to count a million articles takes a second.
    source_id TEXT PRIMARY KEY NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    articles INTEGER NOT NULL DEFAULT 0,
    with_text INTEGER NOT NULL DEFAULT 0,  -- access is full or imported
    dated INTEGER NOT NULL DEFAULT 0,
    words INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER source_totals_delete AFTER DELETE ON articles WHEN old.source_id IS NOT NULL BEGIN
    UPDATE _source_totals SET
        articles = articles - 1, with_text = with_text - (old.access IN ('full', 'imported')),
        dated = dated - (old.published_at IS NOT NULL), words = words - old.word_count
    WHERE source_id = old.source_id;
END;

CREATE TRIGGER source_totals_update AFTER UPDATE OF source_id, access, published_at, word_count ON articles
WHEN old.source_id IS NOT new.source_id OR old.access <> new.access OR old.word_count <> new.word_count
    OR (old.published_at IS NULL) <> (new.published_at IS NULL)
BEGIN
    UPDATE _source_totals SET
        articles = articles - 1, with_text = with_text - (old.access IN ('full', 'imported')),
        dated = dated - (old.published_at IS NOT NULL), words = words - old.word_count
    WHERE source_id = old.source_id;
    INSERT INTO _source_totals (source_id) SELECT new.source_id
    WHERE new.source_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM _source_totals WHERE source_id = new.source_id);
    UPDATE _source_totals SET
        articles = articles + 1, with_text = with_text + (new.access IN ('full', 'imported')),
        dated = dated + (new.published_at IS NOT NULL), words = words + new.word_count
    WHERE source_id = new.source_id;
END;

CREATE INDEX reports_borrowed_from ON reports (borrowed_from) WHERE borrowed_from IS NOT NULL;

CREATE INDEX reports_syndicated ON reports (source_id, copied_source_id, borrowed_share, is_copy, reported_at)
    WHERE borrowed_share >= 0.5;

CREATE TRIGGER reports_insert AFTER INSERT ON reports BEGIN
    UPDATE reports SET (source_id, is_copy, reported_at) = (
            SELECT source_id, copy_group IS NOT NULL AND copy_group <> id, coalesce(published_at, first_seen_at)
            FROM articles WHERE id = new.article_id),
        copied_source_id = (SELECT source_id FROM articles WHERE id = new.borrowed_from)
    WHERE article_id = new.article_id;
END;

CREATE TRIGGER reports_update AFTER UPDATE OF borrowed_from ON reports BEGIN
    UPDATE reports SET copied_source_id = (SELECT source_id FROM articles WHERE id = new.borrowed_from)
    WHERE article_id = new.article_id;
END;

CREATE TRIGGER reports_of_changed_article AFTER UPDATE OF source_id, copy_group, published_at ON articles
WHEN old.source_id IS NOT new.source_id OR old.copy_group IS NOT new.copy_group OR old.published_at IS NOT new.published_at
BEGIN
    UPDATE reports SET source_id = new.source_id, is_copy = new.copy_group IS NOT NULL AND new.copy_group <> new.id,
        reported_at = coalesce(new.published_at, new.first_seen_at)
    WHERE article_id = new.id;
    UPDATE reports SET copied_source_id = new.source_id WHERE borrowed_from = new.id;
END;

CREATE TABLE "related_stories" (
    -- Stories of one affair that are different events, and editions of one series. story_a is the lower id.
    story_a INTEGER NOT NULL REFERENCES stories (id),
    story_b INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL CHECK (kind IN ('stage', 'affair', 'edition')),  -- stage: an earlier and a later stage; affair: other events around the same people and places; edition: two editions of one series
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),  -- that both belong to one affair or series
    reason TEXT NOT NULL,              -- one sentence
    through_story INTEGER REFERENCES stories (id),  -- both are related to this story; NULL: the two are related by themselves
    PRIMARY KEY (story_a, story_b),
    CHECK (story_a < story_b)
) STRICT;

CREATE INDEX related_stories_story_b ON related_stories (story_b);

CREATE INDEX related_stories_through ON related_stories (through_story);

CREATE TRIGGER source_totals_insert AFTER INSERT ON articles WHEN new.source_id IS NOT NULL BEGIN
    INSERT INTO _source_totals (source_id, articles, with_text, dated, words)
    VALUES (new.source_id, 1, new.access IN ('full', 'imported'), new.published_at IS NOT NULL, new.word_count)
    ON CONFLICT (source_id) DO UPDATE SET
        articles = articles + 1, with_text = with_text + excluded.with_text,
        dated = dated + excluded.dated, words = words + excluded.words;
END;

CREATE TABLE _stale (
    -- Rows of the summaries that have to be counted again.
    summary TEXT NOT NULL,             -- months, copying, voices, topics, followers
    key ANY NOT NULL,                  -- a month, the outlet that copies, a speaker, a story
    outlet TEXT NOT NULL DEFAULT '',   -- of that month; that is copied
    PRIMARY KEY (summary, key, outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _month_totals (
    -- For share_of_voice: how much each outlet carried in each month.
    month TEXT NOT NULL,
    outlet TEXT NOT NULL,
    articles INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    shared_stories INTEGER NOT NULL,
    words INTEGER NOT NULL,
    PRIMARY KEY (month, outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _copying_totals (
    -- For syndication: how much each outlet carried of each other one's words.
    outlet TEXT NOT NULL,
    copied_outlet TEXT NOT NULL,
    articles INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    mean_share REAL NOT NULL,
    first_at TEXT,
    last_at TEXT,
    PRIMARY KEY (outlet, copied_outlet)
) STRICT, WITHOUT ROWID;

CREATE TABLE _voice_totals (
    -- For voices: one row a speaker.
    speaker TEXT PRIMARY KEY NOT NULL,
    role TEXT NOT NULL,
    quotations INTEGER NOT NULL,
    stories INTEGER NOT NULL,
    publishers INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    first_published_at TEXT,
    last_published_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE _topic_reports (
    -- For topic_coverage: which outlets have each story of a topic.
    topic_id TEXT NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    outlet TEXT NOT NULL,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    is_reported INTEGER NOT NULL,      -- 1: with a report that is not a copy
    is_first INTEGER NOT NULL,         -- 1: it was first, and other sources followed
    is_lead INTEGER NOT NULL,          -- 1: it has the report to read first, as one outlet of each story
    last_article INTEGER NOT NULL,     -- the one that was stored last
    PRIMARY KEY (topic_id, outlet, story_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX topic_reports_story_id ON _topic_reports (story_id);

CREATE TABLE _followers (
    -- For silences: who had most of the stories that a recent story's first source was first with before.
    story_id INTEGER NOT NULL REFERENCES stories (id),
    source_id TEXT NOT NULL REFERENCES sources (id),
    followed INTEGER NOT NULL,
    earlier_stories INTEGER NOT NULL,
    PRIMARY KEY (story_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER stale_of_new_article AFTER INSERT ON articles BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(new.counted_at, 1, 7), coalesce(new.source_id, '/' || coalesce(new.publisher, '(unknown)')))
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_article_of_story AFTER INSERT ON articles WHEN new.story_id IS NOT NULL BEGIN
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = new.story_id
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_article AFTER DELETE ON articles BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(old.counted_at, 1, 7), coalesce(old.source_id, '/' || coalesce(old.publisher, '(unknown)')))
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = old.story_id
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_article AFTER UPDATE OF
    source_id, publisher, story_id, copy_group, published_at, published_day, first_seen_at, word_count ON articles
WHEN old.source_id IS NOT new.source_id OR old.publisher IS NOT new.publisher OR old.story_id IS NOT new.story_id
    OR old.copy_group IS NOT new.copy_group OR old.published_at IS NOT new.published_at
    OR old.published_day IS NOT new.published_day OR old.first_seen_at <> new.first_seen_at OR old.word_count <> new.word_count
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    VALUES ('months', substr(old.counted_at, 1, 7), coalesce(old.source_id, '/' || coalesce(old.publisher, '(unknown)'))),
        ('months', substr(new.counted_at, 1, 7), coalesce(new.source_id, '/' || coalesce(new.publisher, '(unknown)'))),
        ('followers', '', '')
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key)
    SELECT 'topics', story_id FROM story_topics WHERE story_id IN (old.story_id, new.story_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key)
    SELECT 'voices', speaker FROM quotations WHERE article_id = new.id AND speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_renamed_publisher AFTER UPDATE OF source_id, publisher ON articles
WHEN (old.source_id IS NULL OR new.source_id IS NULL)
    AND (old.source_id IS NOT new.source_id OR old.publisher IS NOT new.publisher)
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying', '/' || coalesce(p.publisher, '(unknown)'), coalesce(r.copied_source_id, '')
    FROM (SELECT old.publisher AS publisher UNION SELECT new.publisher) AS p
    CROSS JOIN reports AS r ON r.article_id = new.id
    UNION
    SELECT 'copying', coalesce(r.source_id, ''), '/' || coalesce(p.publisher, '(unknown)')
    FROM (SELECT old.publisher AS publisher UNION SELECT new.publisher) AS p
    CROSS JOIN reports AS r ON r.borrowed_from = new.id
    WHERE true ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_story AFTER UPDATE OF
    source_count, merged_into, first_article_id, lead_article_id, first_published_at, last_published_at, updated_at ON stories
BEGIN
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'months', substr(a.counted_at, 1, 7), coalesce(a.source_id, '/' || coalesce(a.publisher, '(unknown)'))
    FROM articles AS a WHERE a.story_id = new.id AND (old.source_count > 1) <> (new.source_count > 1)
    ON CONFLICT DO NOTHING;
    INSERT INTO _stale (summary, key) SELECT 'topics', story_id FROM story_topics WHERE story_id = new.id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_story AFTER INSERT ON stories BEGIN
    INSERT INTO _stale (summary, key) VALUES ('followers', '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_report AFTER UPDATE OF
    borrowed_share, borrowed_from, source_id, copied_source_id, is_copy, reported_at ON reports
WHEN max(old.borrowed_share, new.borrowed_share) >= 0.5
BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying',
        coalesce(r.source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = new.article_id), '(unknown)')),
        coalesce(r.copied_source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = r.borrowed_from), '(unknown)'))
    FROM (
        SELECT old.source_id AS source_id, old.copied_source_id AS copied_source_id, old.borrowed_from AS borrowed_from
        UNION SELECT new.source_id, new.copied_source_id, new.borrowed_from
    ) AS r
    WHERE r.borrowed_from IS NOT NULL AND r.source_id IS NOT r.copied_source_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_report AFTER DELETE ON reports WHEN old.borrowed_share >= 0.5 AND old.borrowed_from IS NOT NULL BEGIN
    INSERT INTO _stale (summary, key, outlet)
    SELECT 'copying',
        coalesce(old.source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = old.article_id), '(unknown)')),
        coalesce(old.copied_source_id, '/' || coalesce((SELECT publisher FROM articles WHERE id = old.borrowed_from), '(unknown)'))
    WHERE old.source_id IS NOT old.copied_source_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_quotation AFTER INSERT ON quotations WHEN new.speaker <> '' BEGIN
    INSERT INTO _stale (summary, key) VALUES ('voices', new.speaker) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_deleted_quotation AFTER DELETE ON quotations WHEN old.speaker <> '' BEGIN
    INSERT INTO _stale (summary, key) VALUES ('voices', old.speaker) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_quotation AFTER UPDATE OF article_id, speaker, role, first_article_id ON quotations
WHEN old.article_id <> new.article_id OR old.speaker <> new.speaker OR old.role <> new.role
    OR old.first_article_id IS NOT new.first_article_id
BEGIN
    INSERT INTO _stale (summary, key) SELECT 'voices', old.speaker WHERE old.speaker <> ''
    UNION SELECT 'voices', new.speaker WHERE new.speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_changed_owner AFTER UPDATE OF owner ON sources WHEN old.owner <> new.owner BEGIN
    INSERT INTO _stale (summary, key)
    SELECT DISTINCT 'voices', q.speaker FROM articles AS a CROSS JOIN quotations AS q ON q.article_id = a.id
    WHERE a.source_id = new.id AND q.speaker <> ''
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_new_topic AFTER INSERT ON story_topics BEGIN
    INSERT INTO _stale (summary, key) VALUES ('topics', new.story_id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER stale_of_removed_topic AFTER DELETE ON story_topics BEGIN
    INSERT INTO _stale (summary, key) VALUES ('topics', old.story_id) ON CONFLICT DO NOTHING;
END;

CREATE INDEX reports_doubtful ON reports (story_id) WHERE doubtful = 1;

CREATE INDEX matches_close ON matches (probability) WHERE probability > 0.2 AND probability < 0.8;

CREATE TABLE _announced (
    -- What the channel said of articles whose pages were not read yet.
    source_id TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,                 -- of its link
    link_json TEXT NOT NULL,
    PRIMARY KEY (source_id, key)
) STRICT;

CREATE TRIGGER links_delete AFTER DELETE ON _links BEGIN
    DELETE FROM _announced WHERE source_id = old.source_id AND key = old.key;
END;

CREATE TRIGGER links_forgotten AFTER UPDATE OF last_outcome ON _links WHEN new.last_outcome = 'forgotten' BEGIN
    DELETE FROM _announced WHERE source_id = old.source_id AND key = old.key;
END;

CREATE TABLE _delivered (
    -- News that some services of [notify] have while another one did not accept them; empty once all have them.
    service TEXT NOT NULL,             -- SHA-256 of its entry in the config, first 16 digits: an entry may hold a password
    topic_id TEXT NOT NULL REFERENCES topics (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL,                -- why it was told
    PRIMARY KEY (service, topic_id, story_id, kind)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX links_title ON _links (source_id, substr(title, 1, 16)) WHERE title <> '';

CREATE INDEX articles_content_hash ON articles (content_hash) WHERE url_key IS NULL;

CREATE INDEX articles_canonical_url ON articles (canonical_url) WHERE canonical_url IS NOT url_key;

INSERT INTO _settings (name, value) VALUES ('timezone', 'UTC');
