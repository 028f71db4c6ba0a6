"""Secrets that a cell's client holds, and whatever was written while it ran."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import traceback
from collections.abc import Iterator

TOKEN = "tok-5f1e0a7c93d24b8e"
KEY = "key-77aa10c2be9f4d31"
CONTEXT = {"apiKey": "ctx-c0ffee5ca1ab1e00"}

PLANTED = (TOKEN, KEY, CONTEXT["apiKey"], base64.b64encode(json.dumps(CONTEXT).encode()).decode())
"""What must be seen nowhere."""


def secret_in(text: str) -> str | None:
    """Return a planted secret that stands in a text."""
    return next((secret for secret in PLANTED if secret in text), None)


def shown_of(error: BaseException) -> str:
    """Return all that somebody sees of an exception: its text, its repr, its traceback with causes."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


class _Leaks(logging.Handler):
    """Keeps each record that holds a planted secret, whatever its level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record that holds a secret."""
        text = self.format(record)
        if secret_in(text):
            self.texts.append(text)


@contextlib.contextmanager
def listened_to() -> Iterator[list[str]]:
    """Give the list that log records with secrets go to; records go nowhere else meanwhile."""
    leaks = _Leaks()
    loggers = [logging.getLogger(name) for name in ("urllib3", "requests", "mastra_sync")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(leaks)
    try:
        yield leaks.texts
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.propagate = propagate
            logger.removeHandler(leaks)
