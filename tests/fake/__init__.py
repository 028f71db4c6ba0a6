"""Tests of the fake server's core."""
