"""A fake server made of a recording."""
