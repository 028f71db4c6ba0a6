"""What all tests share: fixtures of suites that are written into a folder and run there."""

# ruff: noqa: INP001 -- this folder is no package; those in it are

from __future__ import annotations

pytest_plugins = ["pytester", "tests.suites_in_folders"]
