"""Takes secrets out of all that is kept or shown, by name and by value."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_mastra.http.content_coding import UnknownCoding, decoded_chunks
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.cut_secrets import find_cut_secrets, may_be_cut
from pytest_mastra.redact.harmless import harmless_texts
from pytest_mastra.redact.json_text import strings_in
from pytest_mastra.redact.names import MASK, Names
from pytest_mastra.redact.places import (
    Place,
    as_latin1,
    find_places,
    from_latin1,
    masked,
    move_borders,
    replaced,
    secrets_in,
    separate,
)
from pytest_mastra.redact.quoted_places import find_base64, find_quoted
from pytest_mastra.redact.spellings import pattern_of, spellings_of

if TYPE_CHECKING:
    import pytest

ENVIRONMENT = ("MASTRA_API_TOKEN",)
"""Variables whose values are always secrets."""

SHORTEST = 6
"""Characters that a value has at least, if it is replaced wherever it stands: shorter ones stand in too many places.

Under its own name a value is replaced however short it is.
"""

SHORTEST_GIVEN = 4
"""Characters that a value has at least that somebody gave as a secret, if it is replaced wherever it stands."""

_ORDINARY = frozenset(
    {
        *("pending", "running", "waiting", "suspended", "paused", "success", "failed", "canceled", "cancelled"),
        *("bailed", "tripwire", "skipped", "string", "number", "integer", "boolean", "object", "undefined"),
        *("default", "required", "optional", "enabled", "disabled", "unknown", "anonymous", "username"),
        *("bearer", "digest", "negotiate", "authorization", "application/json", "text/plain"),
        *("password", "passwd", "secret", "token", "cookie", "session", "credential", "credentials"),
        *("apikey", "api-key", "api_key", "workflow", "workflows"),
    }
)
_SHORT = 64
_MOST_CLEAN = 4096
"""Texts, each of `_SHORT` characters at most, that a scrubber knows to hold no secret."""
SHORTEST_LINE = 12
"""Characters that a line of a secret has at least, to be looked for by itself."""


class Scrubber:
    """Takes secrets out. Any thread may use it.

    A value is a secret if it stands under a sensitive name (`pytest_mastra.redact.names`), or was given here. It is
    replaced by `***` where it stands and wherever else it occurs: percent-encoded, JSON-escaped, inside other text.
    Not replaced elsewhere, as they would be found everywhere, are values shorter than `SHORTEST`, words of Mastra's
    and of HTTP's own (`success`, `bearer`), and ids of runs and workflows; a number only where no letter or digit is
    beside it.

    Args:
        names: Sensitive names besides the built-in ones, in any case style.
        values: Secrets.
        environment: Names of environment variables whose values are secrets, besides `ENVIRONMENT`.

    Raises:
        ValueError: One of `values` is too short to be looked for.
    """

    def __init__(
        self, *, names: Iterable[str] = (), values: Iterable[str] = (), environment: Iterable[str] = ()
    ) -> None:
        self._harmless = harmless_texts(frozenset(names))
        self._names = self._harmless.names
        self._secrets: dict[str, str] = {}
        self._ids: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._spellings: frozenset[str] = frozenset()
        self._numbers: list[str] = []
        self._named: dict[str, str] = {}
        self._learned: set[str | bytes | tuple[str, str]] = set()
        self._ended: set[Exchange] = set()
        self._clean_texts: set[str] = set()
        self._clean_headers: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        for number, value in enumerate(values, 1):
            if len(value) < SHORTEST_GIVEN:
                raise ValueError(
                    f"secret {number} has {len(value)} characters, and would be found in too much: give at least "
                    f"{SHORTEST_GIVEN}, or give the name that it stands under"
                )
            self._note(value, f"given value {number}", shortest=SHORTEST_GIVEN)
        for variable in dict.fromkeys([*ENVIRONMENT, *environment]):
            self._note(os.environ.get(variable, ""), f"environment variable {variable}", shortest=SHORTEST_GIVEN)

    @property
    def names(self) -> Names:
        """The sensitive names."""
        return self._names

    def learn(self, exchange: Exchange) -> None:
        """Note the values that stand under sensitive names in an exchange, both directions."""
        if exchange in self._ended:
            return
        call, request = exchange.call, exchange.request
        with self._lock:
            new_ids = {id_ for id_ in (call.run, call.workflow) if id_} - self._ids
            self._ids |= new_ids
            if not new_ids.isdisjoint(self._secrets):
                self._pattern = None
        # what is asked and answered many times is looked through once
        heads = [head for head in (*request.headers.items(), *exchange.headers) if head not in self._learned]
        for name, value in heads:
            if name in self._names:
                self._note_all(secrets_in(name, value))
                if may_be_misread(value):
                    self._note_all(secrets_in(name, from_latin1(value)))
        others = [value for _, value in heads]
        said: list[str | bytes] = [exchange.url, request.target, *others, exchange.reason, exchange.failure or ""]
        said += [request.body, b"".join(decoded_chunks(exchange))]
        said += [value.encode("latin-1") for value in others if may_be_misread(value)]
        new = [one for one in dict.fromkeys(said) if one not in self._learned]
        texts = [as_latin1(one) if isinstance(one, str) else one.decode("latin-1") for one in new]
        together = "\n".join(texts)
        for latin1 in texts if "://" in together or self._names.may_be_in(together) else ():
            for place in self._named_places(latin1, is_prose=False):
                self._note_all(place.secrets)
        self._learned.update([*new, *heads])
        if exchange.ending is not Ending.OPEN:
            self._ended.add(exchange)

    def learn_value(self, value: str, name: str = "given value") -> None:
        """Note a secret.

        Args:
            value: The secret; what is too short or too ordinary is not looked for.
            name: What is said of it if it is still found.
        """
        self._note(value, name, shortest=SHORTEST_GIVEN)

    def text(self, text: str) -> str:
        """Return a text without known secrets, and without those that it names as such.

        `Bearer xyz`, `?token=xyz` and `{'token': 'xyz'}` name one. Of a known secret that was cut, what is left goes.
        """
        # keys, ids and statuses are met again and again; who learns a secret puts another set there
        known = self._clean_texts
        if text in known:
            return text
        if self._harmless.are({text}) and not self._is_known_in({text}):
            return text
        latin1 = as_latin1(text)
        clean = self._clean(latin1)
        if clean is not latin1:
            return clean.encode("latin-1").decode("utf-8", "surrogatepass")
        if len(text) <= _SHORT and len(known) < _MOST_CLEAN:
            known.add(text)
        return text

    def data(self, value: Any) -> Any:
        """Return a JSON value without secrets: under sensitive names, in texts, in keys; its shape stays."""
        return self._data(value, None)

    def is_clean(self, text: str) -> bool:
        """Return whether `data` would surely leave the value of a JSON text as it is.

        False where only `data` can tell. Its strings are looked at together, which takes a tenth of the time.
        """
        strings = strings_in(text)
        if strings is None or not self._harmless.are(strings) or self._is_known_in(strings):
            return False
        return not any(number in text for number in self._numbers)

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return headers without secrets; schemes (`Bearer ***`) and names of cookies stay."""
        known = self._clean_headers
        return [head if head in known else self._clean_header(*head) for head in headers]

    def target(self, target: str) -> str:
        """Return a path and query, percent-encoded as it was, without secrets."""
        return self.text(target)

    def chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Return a body's chunks without secrets, as many as there were.

        A secret may stand across their border. The body must be without content coding
        (`pytest_mastra.http.content_coding.decoded_chunks`). Besides secrets nothing changes. A chunk that held
        nothing but a piece of a secret may be empty.
        """
        latin1 = b"".join(chunks).decode("latin-1")
        borders: list[int] = []
        size = 0
        for chunk in chunks:
            size += len(chunk)
            borders.append(size)
        while found := self._found(latin1, is_prose=False):
            borders = move_borders(borders, found)
            latin1 = replaced(latin1, found)
        data = latin1.encode("latin-1")
        return [data[start:end] for start, end in zip([0, *borders], borders, strict=False)]

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange without secrets, its body without content coding. Does not learn from it."""
        head = self.head(exchange)
        request = replace(head.request, body=b"".join(self.chunks([head.request.body])))
        return replace(head, request=request, chunks=self.chunks(head.chunks))

    def head(self, exchange: Exchange) -> Exchange:
        """Return an exchange, its body without content coding, without secrets in all but the bodies."""
        request, target = exchange.request, self.target(exchange.request.target)
        codings = {"content-encoding", "content-length"} if exchange.header("content-encoding") else set()
        return replace(
            exchange,
            url=self.text(exchange.url),
            request=WireRequest(request.method, target, dict(self.headers(request.headers.items())), request.body),
            reason=self.text(exchange.reason),
            headers=tuple(self.headers(item for item in exchange.headers if item[0].lower() not in codings)),
            chunks=decoded_chunks(exchange),
            arrivals=list(exchange.arrivals),
            failure=None if exchange.failure is None else self.text(exchange.failure),
            _call=exchange.call if target == request.target else None,
        )

    def survivors(self, data: bytes) -> list[str]:
        """Return the names of known secrets that are still somewhere in these bytes; never their values."""
        pattern = self._by_value()
        if pattern is None:
            return []
        found = {self._named[match.lastgroup or ""] for match in pattern.finditer(data.decode("latin-1"))}
        return sorted(found)

    def _note_all(self, secrets: Iterable[tuple[str, str]]) -> None:
        for name, value in secrets:
            self._note(value, name)

    def _note(self, value: str, name: str, *, shortest: int = SHORTEST) -> None:
        value = value.strip()
        if len(value) < shortest or value.lower() in _ORDINARY or MASK in value or value in self._secrets:
            return
        with self._lock:
            self._secrets[value] = name
            self._pattern = None
            self._clean_texts = set()
            self._clean_headers = set()
        if "\n" in value:
            # reports indent lines, compare them, and show some of them
            for line in value.splitlines():
                if len(line.strip()) >= SHORTEST_LINE and not line.startswith("-----"):
                    self._note(line, name)

    def _by_value(self) -> re.Pattern[str] | None:
        pattern = self._pattern
        if pattern is not None or not self._secrets:
            return pattern
        with self._lock:
            if self._pattern is None:
                values = [value for value in self._secrets if value not in self._ids]
                self._named = {f"s{number}": self._secrets[value] for number, value in enumerate(values)}
                self._spellings = frozenset().union(*map(spellings_of, values))
                self._numbers = [value for value in self._secrets if value.lstrip("+-")[:1].isdigit()]
                self._pattern = pattern_of(values)
            return self._pattern

    def _is_known_in(self, texts: Iterable[str]) -> bool:
        """Return False only if no known secret is in any of some texts, whole or cut."""
        pattern = self._by_value()
        if pattern is None:
            return False
        latin1 = as_latin1("\n".join(texts))
        return pattern.search(latin1) is not None or may_be_cut(latin1, self._spellings)

    def _clean_header(self, name: str, value: str) -> tuple[str, str]:
        known = self._clean_headers
        clean = self.text(name), self._header(masked(name, value) if name in self._names else value)
        if clean == (name, value) and len(known) < _MOST_CLEAN:
            known.add(clean)
        return clean

    def _header(self, value: str) -> str:
        clean = self.text(value)
        if may_be_misread(clean):
            clean = self._clean(clean)
        return value if clean == value else self._header(clean)

    def _clean(self, latin1: str) -> str:
        # again, for what stands beside a replacement may be a secret with it
        while found := self._found(latin1):
            latin1 = replaced(latin1, found)
        return latin1

    def _found(self, latin1: str, *, is_prose: bool = True) -> list[Place]:
        found = [
            place
            for place in self._named_places(latin1, is_prose=is_prose)
            if latin1[place.start : place.end] != place.replacement
        ]
        pattern = self._by_value()
        if pattern is not None:
            found += [Place(*match.span(), _in_place_of(match), ()) for match in pattern.finditer(latin1)]
            found += find_cut_secrets(latin1, self._spellings, is_prose=is_prose)
        if is_prose:
            found += find_base64(latin1, lambda decoded: bool(self._found(decoded)))
        return separate(found) if found else found

    def _named_places(self, latin1: str, *, is_prose: bool) -> Iterator[Place]:
        yield from find_places(latin1, self._names)
        if self._names.may_be_in(latin1):
            yield from find_quoted(latin1, self._names, is_prose=is_prose)

    def _data(self, value: Any, under: str | None) -> Any:
        if isinstance(value, str):
            value = masked(under, value) if under is not None else value
            return self.text(value)
        if isinstance(value, Mapping):
            return dict(self._items(value, under))
        if isinstance(value, (list, tuple)):
            return [self._data(item, under) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            is_secret = under is not None or str(value) in self._secrets
            return MASK if is_secret else value
        return value

    def _items(self, value: Mapping[Any, Any], under: str | None) -> Iterator[tuple[Any, Any]]:
        taken: set[Any] = set()
        for key, item in value.items():
            name = under
            new = key
            if isinstance(key, str):
                name = key if key in self._names else under
                new = self.text(key)
            while new in taken:  # two keys, each a secret
                new = f"{new}*"
            taken.add(new)
            yield new, self._data(item, name)


def scrubber_of(config: pytest.Config) -> Scrubber:
    """Return a scrubber that knows what the ini file says of secrets."""
    return Scrubber(names=config.getini("mastra_secret_names"), environment=config.getini("mastra_secret_variables"))


def learn_secrets(exchanges: Iterable[Exchange], config: pytest.Config | None = None) -> Scrubber:
    """Return a scrubber that knows the secrets of exchanges, and those that the settings name.

    Args:
        exchanges: Where secrets are looked for.
        config: pytest's; without it only the built-in names and variables count.
    """
    return learn_all(exchanges, Scrubber() if config is None else scrubber_of(config))


def learn_all(exchanges: Iterable[Exchange], scrubber: Scrubber) -> Scrubber:
    """Return a scrubber that has learned from exchanges too."""
    for exchange in exchanges:
        with contextlib.suppress(UnknownCoding):
            scrubber.learn(exchange)
    return scrubber


def may_be_misread(header: str) -> bool:
    """Say whether a header may be UTF-8 that was read as Latin-1, as http.client does."""
    return not header.isascii() and max(header) <= "\xff"


def _in_place_of(found: re.Match[str]) -> str:
    """Return the mask, as a JSON string if it takes the place of a JSON number."""
    latin1, (start, end) = found.string, found.span()
    is_json = found[0].isdigit() and latin1.lstrip()[:1] in {"{", "["}
    is_alone = latin1[:start].rstrip()[-1:] in {":", ",", "["} and latin1[end:].lstrip()[:1] in {"}", ",", "]"}
    return f'"{MASK}"' if is_json and is_alone else MASK
