"""What the client says of servers on other hosts than hono."""
