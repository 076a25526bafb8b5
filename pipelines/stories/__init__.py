"""Stored articles to stories: linking, clustering, stable ids, history and corrections."""
