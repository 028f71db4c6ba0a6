"""Schedules: when workflows start by themselves, in a server's own time."""
