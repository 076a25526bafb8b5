"""Keeping a desk healthy: retention and source health."""
