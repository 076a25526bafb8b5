-- What a run asks of its whole archive, by index: entries with a title (do the ids of a feed change?), recent
-- failures, the entries of an article.

CREATE INDEX links_title ON _links (source_id, title) WHERE title <> '';
CREATE INDEX failures_at ON failures (at);
CREATE INDEX links_article_id ON _links (article_id) WHERE article_id IS NOT NULL;
