"""The runs that a test touched: their events, their last state, their spans."""
