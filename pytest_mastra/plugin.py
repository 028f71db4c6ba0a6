"""The pytest plugin: options, markers, fixtures, hooks. It imports nothing heavy; each fixture does when it is used."""

from __future__ import annotations
