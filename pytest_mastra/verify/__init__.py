"""Fakes held against a live server: what they declare, and what their stubs took and gave."""
