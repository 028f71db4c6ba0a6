"""The `mastra-sync` command against real servers."""
