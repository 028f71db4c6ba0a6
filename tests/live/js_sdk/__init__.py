"""The official JavaScript SDK, unmodified, as a client of the fake server."""
