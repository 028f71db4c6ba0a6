"""Secrets are taken out of whatever is written or shown."""
