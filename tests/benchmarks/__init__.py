"""Benchmarks: ratios taken in one run, printed and never asserted."""
