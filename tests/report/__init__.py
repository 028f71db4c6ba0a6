"""Tests of timelines, traces and what reports hold."""
