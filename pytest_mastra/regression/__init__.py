"""A run's behaviour held against what it was: stored snapshots, and runs that are run again."""
