"""Whether a live server still says what was recorded, by meaning."""
