"""Real Mastra servers of three generations on loopback, and the tests that talk to them."""
