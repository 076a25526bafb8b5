-- The full-text index with stems: "loft" finds "lofts", "childrens" finds "children's". Same columns, same triggers.

DROP TABLE articles_fts;
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text, content='articles', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);
INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');
DROP TABLE stories_fts;
CREATE VIRTUAL TABLE stories_fts USING fts5 (
    title, content='stories', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);
INSERT INTO stories_fts (stories_fts) VALUES ('rebuild');
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
CREATE INDEX story_topics_topic_id ON story_topics (topic_id, added_at);  -- the stories of a topic

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
