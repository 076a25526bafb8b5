CREATE TABLE _delivered (
    -- News that some services of [notify] have while another one did not accept them; empty once all have them.
    service TEXT NOT NULL,             -- SHA-256 of its entry in the config, first 16 digits: an entry may hold a password
    topic_id TEXT NOT NULL REFERENCES topics (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL,                -- why it was told
    PRIMARY KEY (service, topic_id, story_id, kind)
) STRICT, WITHOUT ROWID;
