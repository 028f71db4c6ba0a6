"""Traces in formats that others read, and the summary of a CI job."""
