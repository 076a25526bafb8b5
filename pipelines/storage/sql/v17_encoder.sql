ALTER TABLE _fingerprints ADD COLUMN encoder /* the sentence encoder that the article was filed with; empty for none */ TEXT NOT NULL DEFAULT '';
CREATE INDEX fingerprints_encoder ON _fingerprints (encoder);  -- is any of another encoder? asked at every filing
