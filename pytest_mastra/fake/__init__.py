"""The fake Mastra server."""
