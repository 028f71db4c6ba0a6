"""The recordings in `cassettes/`, held against real servers."""
