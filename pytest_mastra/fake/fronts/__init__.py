"""Carries requests to a fake server: in process, or over a socket."""
