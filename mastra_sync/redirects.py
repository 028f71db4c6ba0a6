"""Redirects, which are reported and not followed: a POST that follows one arrives as a GET."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

Hook = Callable[..., Any]


class _NotFollowed(CaseInsensitiveDict[str]):
    """The headers of a redirect, among which requests finds none to follow."""

    def __contains__(self, name: object) -> bool:
        return str(name).lower() != "location" and super().__contains__(name)


def hooks_without_redirects(session: requests.Session) -> dict[str, list[Hook]]:
    """Return a session's hooks, with one that keeps requests from looking where a redirect leads.

    It would read the whole body first, however long that is, and raise what it likes of the place.
    """
    own: Hook | Iterable[Hook] = session.hooks.get("response") or []
    return {"response": [*([own] if callable(own) else own), _do_not_follow]}


def is_no_answer(response: requests.Response) -> bool:
    """Return True for 3xx and 1xx: what comes after their headers is not read.

    After 103 or another 1xx that http.client does not know, the answer itself is still to come.
    """
    status = response.status_code
    return status < HTTPStatus.OK or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST


def _do_not_follow(response: requests.Response, **_about: object) -> requests.Response:
    if response.is_redirect:
        response.headers = _NotFollowed(response.headers)
    return response
