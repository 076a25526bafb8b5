CREATE TABLE unread_pages (
    -- Pages that were fetched and not yet read; empty after a run that was not interrupted. The next run reads them.
    page_id INTEGER PRIMARY KEY REFERENCES pages (id),
    source_id TEXT NOT NULL REFERENCES sources (id),
    key TEXT NOT NULL,                 -- of its link
    previous_page_id INTEGER REFERENCES pages (id),  -- the version that was stored before
    text_use TEXT NOT NULL,            -- how far the publisher lets the text be kept and handed on
    rights_json TEXT NOT NULL          -- what the publisher says about reuse
) STRICT;
ALTER TABLE links ADD COLUMN announced_json /* what the channel said of an article that was not read yet */ TEXT;
ALTER TABLE runs ADD COLUMN postponed /* requests left for the next run, when the time or the budget of this one was spent */ INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pages ADD COLUMN removed_at /* when [retention] removed the raw page; NULL: it is in the page store */ TEXT;
