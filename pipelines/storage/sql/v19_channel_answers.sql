ALTER TABLE channels ADD COLUMN final_url /* where its last answer came from, after redirects; another one than url: it moved */ TEXT;
ALTER TABLE channels ADD COLUMN empty_polls /* visits in a row on which it announced nothing */ INTEGER NOT NULL DEFAULT 0;
