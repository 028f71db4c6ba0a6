"""What people read after a test: the timeline of each run, and the trace on disk."""
