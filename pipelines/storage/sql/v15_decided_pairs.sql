CREATE TABLE matches_decided (
    -- Pairs of articles that could be one event, with what the desk decided and the evidence.
    article_a INTEGER NOT NULL REFERENCES articles (id),
    article_b INTEGER NOT NULL REFERENCES articles (id),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),  -- that both report one event, after all steps: the texts, the other reports near to them, the story in which each lies
    same_event INTEGER NOT NULL CHECK (same_event IN (0, 1)),  -- what the desk decided: 1 exactly for pairs that lie in one story
    reason TEXT NOT NULL,              -- one sentence
    evidence_json TEXT NOT NULL DEFAULT '[]',  -- feature, level, weight in log2 odds, words; strongest first, 'prior' last: together pair_probability
    pair_probability REAL NOT NULL CHECK (pair_probability BETWEEN 0 AND 1),  -- that both report one event, by the two texts alone
    linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1)),  -- 1: likely enough, with the other reports near to them, for both to be weighed in one group of reports
    PRIMARY KEY (article_a, article_b),
    CHECK (article_a < article_b)
) STRICT;
INSERT INTO matches_decided
SELECT article_a, article_b, probability, same_event, reason, evidence_json, probability, probability > 0.1 FROM matches;
DROP TABLE matches;
-- Old rules for ALTER TABLE: the new ones refuse while a view that an analyst made reads the table that was dropped.
PRAGMA legacy_alter_table = ON;
ALTER TABLE matches_decided RENAME TO matches;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX matches_article_b ON matches (article_b, article_a);
