CREATE TABLE quotations (
    -- Who said what: every quotation of five words or more in an article, with its speaker where that is sure.
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    position INTEGER NOT NULL,         -- 1 for the first quotation of the article
    speaker TEXT NOT NULL DEFAULT '',  -- by the fullest name in the article; empty where it is not sure
    role TEXT NOT NULL DEFAULT '',     -- as the article gives it
    words TEXT NOT NULL,               -- exactly as they stand between the quotation marks
    first_article_id INTEGER REFERENCES articles (id),  -- the first report of the story with these words; itself if none had them before
    UNIQUE (article_id, position)
) STRICT;
CREATE INDEX quotations_speaker ON quotations (speaker) WHERE speaker <> '';
CREATE INDEX quotations_first_article_id ON quotations (first_article_id) WHERE first_article_id IS NOT NULL;
