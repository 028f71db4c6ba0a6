"""Tests of the client that need no real server."""
