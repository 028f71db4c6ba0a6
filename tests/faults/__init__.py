"""The client against servers, networks and proxies that fail in every way that can be scripted."""
