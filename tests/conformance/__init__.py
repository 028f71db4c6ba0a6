"""One corpus of scenarios, told by real servers and by the fake, and compared word for word."""
