"""Sweeps: a test runs once for each thing that may go wrong with each request."""
