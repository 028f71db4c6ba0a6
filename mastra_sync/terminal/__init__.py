"""Text for terminals: marks, rows of progress, printable words."""
