"""Tests of values in words."""
