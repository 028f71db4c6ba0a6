"""Which runs to list, and for whom, as queries say it."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from mastra_sync.api import Query
from mastra_sync.arguments import checked_count, plain_json
from mastra_sync.errors import InvalidArgument

DEFAULT_PER_PAGE = 50


def context_query(request_context: Mapping[str, Any] | None) -> Query:
    """Return a request context as a GET takes it: base64 of its JSON."""
    if request_context is None:
        return []
    text = json.dumps(plain_json(request_context, "request_context"), ensure_ascii=False)
    return [("requestContext", base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii"))]


def paging(page: int | None, per_page: int | None, limit: int | None, offset: int | None) -> Query:
    """Return both numbers or none: servers ignore one that comes alone.

    Raises:
        InvalidArgument: A number out of range, or both ways of paging at once.
    """
    checked_count(page, "page", least=0)
    checked_count(per_page, "per_page", least=1)
    checked_count(limit, "limit", least=1)
    checked_count(offset, "offset", least=0)
    if limit is not None or offset is not None:
        if page is not None or per_page is not None:
            raise InvalidArgument(
                "limit", "belongs to another way of paging; give page and per_page, or limit and offset"
            )
        per_page = limit if limit is not None else DEFAULT_PER_PAGE
        page, beyond = divmod(offset or 0, per_page)
        if beyond:
            raise InvalidArgument(
                "offset", f"must be a multiple of {per_page}: servers would begin at {page * per_page}"
            )
    if page is None and per_page is None:
        return []
    return [("page", str(page or 0)), ("perPage", str(per_page or DEFAULT_PER_PAGE))]


def iso_moment(value: datetime | date | str | None, argument: str) -> str | None:
    """Return a moment as a query has it.

    Raises:
        InvalidArgument: It is none, or a datetime without a time zone.
    """
    if value is None:
        return None
    if not isinstance(value, (date, str)):
        raise InvalidArgument(argument, f"must be a datetime, a date or an ISO date, not {type(value).__name__}")
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            datetime.fromisoformat(value.replace("Z", "+00:00"))
            return value
        raise InvalidArgument(argument, f"must be a datetime or an ISO date, got {value!r}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidArgument(argument, "must have a time zone, as in datetime.now(timezone.utc)")
    return value.isoformat()
