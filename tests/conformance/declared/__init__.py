"""The workflows of the real test servers, one module for each of theirs."""
