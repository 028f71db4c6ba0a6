"""The corpus of scenarios, told by real servers and compared with what the fake says."""
