"""What a person looks at after a test: the terminal's timeline of each run, and the trace that is kept on disk."""
