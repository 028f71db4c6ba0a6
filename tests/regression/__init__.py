"""Tests of what users hold a run against."""
