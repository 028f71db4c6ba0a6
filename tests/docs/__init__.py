"""Tests of the documentation: its site, its errors, its first steps."""
