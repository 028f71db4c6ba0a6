"""Tests of what a failed assert says of its run."""
