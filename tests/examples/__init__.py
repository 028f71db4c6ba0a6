"""A small script around a workflow, and its test suite: one that runs on the fake, on real servers and replayed."""
