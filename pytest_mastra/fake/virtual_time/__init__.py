"""Clocks, the pace of runs, and the scheduler of what goes on at once."""
