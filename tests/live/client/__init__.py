"""The client against real Mastra servers: every verb and parameter, on every generation."""
