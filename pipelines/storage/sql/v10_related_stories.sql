CREATE TABLE related_stories (
    -- Stories of one affair that are different events: an earlier and a later stage. story_a is the lower id.
    story_a INTEGER NOT NULL REFERENCES stories (id),
    story_b INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL CHECK (kind IN ('stage')),  -- stage: one affair, another event
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),  -- that both belong to one affair
    reason TEXT NOT NULL,              -- one sentence
    PRIMARY KEY (story_a, story_b),
    CHECK (story_a < story_b)
) STRICT;
CREATE INDEX related_stories_story_b ON related_stories (story_b);
ALTER TABLE reports ADD COLUMN doubtful /* 1: it is linked far worse to its story than the other reports, and may be of another event */ INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1));
