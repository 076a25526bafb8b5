CREATE TABLE tombstones (
    -- Articles that a person deleted for good (`cuttings forget`): they are neither fetched nor imported again.
    id INTEGER PRIMARY KEY,
    url_key TEXT,                      -- our normal form of its URL
    external_id TEXT,                  -- the id given on import
    source_id TEXT REFERENCES sources (id),
    copy_key TEXT,                     -- of its text, if copies at other places are not wanted either
    reason TEXT NOT NULL DEFAULT '',
    forgotten_at TEXT NOT NULL
) STRICT;
CREATE INDEX tombstones_url_key ON tombstones (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX tombstones_external_id ON tombstones (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX tombstones_copy_key ON tombstones (copy_key) WHERE copy_key IS NOT NULL;
