"""Tests that recordings of real servers answer: no Node, no network. `tests/live/README.md` says how they are made."""
