"""Tests of the page that shows what runs did."""
