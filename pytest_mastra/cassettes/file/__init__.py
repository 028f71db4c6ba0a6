"""The files of cassettes: how they are laid out, read, kept as they were, and looked through."""
