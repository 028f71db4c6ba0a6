"""What is said of the fake server, and what it is called."""
