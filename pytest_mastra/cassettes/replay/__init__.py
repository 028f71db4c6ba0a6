"""A cassette answers requests as its server did."""
