"""Tests of what is known of the runs that a test touched."""
