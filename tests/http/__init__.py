"""Tests of HTTP as it goes over the wire, listened to and taken apart."""
