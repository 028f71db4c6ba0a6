"""Tests of the house itself: its floors, its circles of imports, its door plates and its guides."""
