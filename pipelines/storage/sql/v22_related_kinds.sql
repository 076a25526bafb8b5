CREATE TABLE related_stories_new (
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
INSERT INTO related_stories_new (story_a, story_b, kind, probability, reason)
    SELECT story_a, story_b, kind, probability, reason FROM related_stories;
DROP TABLE related_stories;
PRAGMA legacy_alter_table = ON;
ALTER TABLE related_stories_new RENAME TO related_stories;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX related_stories_story_b ON related_stories (story_b);
CREATE INDEX related_stories_through ON related_stories (through_story);
