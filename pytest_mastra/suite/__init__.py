"""What a test runs against, what it needs, and what pytest is told of it."""
