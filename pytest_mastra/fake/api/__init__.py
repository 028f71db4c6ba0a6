"""Mastra's HTTP API: routes, what they take, and how they answer out of the engine."""
