"""The recipes of the docs on real servers, and replayed."""
