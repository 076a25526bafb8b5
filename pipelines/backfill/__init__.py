"""Archives too large for one import: stages over shards, in local processes or on Ray."""
