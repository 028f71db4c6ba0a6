"""What all tests share: pytest's own fixture for tests of plugins."""

# ruff: noqa: INP001 -- this folder is no package; those in it are

from __future__ import annotations

pytest_plugins = ["pytester"]
