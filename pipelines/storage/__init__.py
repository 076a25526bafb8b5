"""SQLite, the raw pages beside it, and the lock: the only code that touches the disk."""
