"""Tests of options, markers, fixtures and targets."""
