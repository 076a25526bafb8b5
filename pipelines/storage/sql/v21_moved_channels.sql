ALTER TABLE channels ADD COLUMN moved_to /* where permanent redirects (301, 308) led on its last visit; NULL: there were none */ TEXT;
ALTER TABLE channels ADD COLUMN moved_polls /* visits in a row on which they led there */ INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN named_url /* the feed that the home page named when this one failed or announced nothing for long */ TEXT;
ALTER TABLE channels ADD COLUMN named_at /* when the home page was looked at for that; NULL: the channel is well */ TEXT;
