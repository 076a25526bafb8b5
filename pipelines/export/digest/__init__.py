"""The digest: the stories of a window of time as a brief, in many formats."""
