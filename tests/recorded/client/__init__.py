"""The client's own tests from `tests/live/client`, answered by recordings of real servers of each generation."""
