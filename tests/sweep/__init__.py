"""Tests of sweeps: what is tried, what counts as survived, what is said."""
