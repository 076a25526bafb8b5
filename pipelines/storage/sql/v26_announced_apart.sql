-- What a channel said of an article is of use until its page is read. In the row of its link it left a hole of
-- .3 KB when it went, which no later row filled.
CREATE TABLE _announced (
    -- What the channel said of articles whose pages were not read yet.
    source_id TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,                 -- of its link
    link_json TEXT NOT NULL,
    PRIMARY KEY (source_id, key)
) STRICT;

INSERT INTO _announced (source_id, key, link_json)
SELECT source_id, key, announced_json FROM _links WHERE announced_json IS NOT NULL;

-- The column stays, empty: SQLite drops none while an analyst's view reads one of ours, which are not there now.
UPDATE _links SET announced_json = NULL WHERE announced_json IS NOT NULL;

CREATE TRIGGER links_delete AFTER DELETE ON _links BEGIN
    DELETE FROM _announced WHERE source_id = old.source_id AND key = old.key;
END;

CREATE TRIGGER links_forgotten AFTER UPDATE OF last_outcome ON _links WHEN new.last_outcome = 'forgotten' BEGIN
    DELETE FROM _announced WHERE source_id = old.source_id AND key = old.key;
END;
