"""Values in words: how wide, how different, where in a document."""
