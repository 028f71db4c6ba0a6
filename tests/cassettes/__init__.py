"""Tests of recording, replaying and what is kept of both."""
