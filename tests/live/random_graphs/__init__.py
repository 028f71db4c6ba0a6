"""Random workflows and stories, told by real servers and the fake, which must agree."""
