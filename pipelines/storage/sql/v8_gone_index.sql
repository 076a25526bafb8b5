CREATE INDEX articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL;  -- what was taken down lately
