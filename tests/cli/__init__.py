"""Tests of the `mastra-sync` command."""
