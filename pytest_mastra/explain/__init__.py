"""What became of a run, in words, for assertions that fail."""
