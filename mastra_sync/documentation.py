"""Where this project and its pages are, and the addresses at which they explain errors."""

from __future__ import annotations

import re

DOCUMENTATION = "https://mastra-sync.readthedocs.io"
"""The site that `mkdocs.yml` builds out of `docs/`."""

REPOSITORY = "https://github.com/mastra-sync/mastra-sync"
"""Where the sources are. README, `mkdocs.yml` and pyproject.toml have both addresses; a test holds them to these."""

_BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def slug_of(name: str) -> str:
    """Return the anchor of an exception on the page of errors: `api-status-error` for `APIStatusError`."""
    return _BETWEEN_WORDS.sub("-", name).lower()


def see_error(slug: str) -> str:
    """Return the line that ends a message: where the page of errors says more."""
    return f"See {DOCUMENTATION}/errors/#{slug}"
