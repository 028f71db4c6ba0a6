"""Fakes held against a live server: what their workflows declare, and what their stubs took and gave. No I/O."""
