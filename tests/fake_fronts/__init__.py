"""Tests of what carries the fake server: its two fronts, and the faults between it and the wire."""
