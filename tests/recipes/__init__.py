"""docs/recipes and docs/coming-from: each page is a suite, which is run as a reader would run it."""
