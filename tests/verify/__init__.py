"""Tests of fakes that are held against a live server."""
