"""Names that say that a secret stands under them: of headers, parameters, keys, cookies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

MASK = "***"
"""What stands where a secret stood."""

_ALWAYS = frozenset(
    {
        *("authorization", "cookie", "cookies", "token", "secret", "secrets", "password", "passwords", "passwd"),
        *("passphrase", "pwd", "credential", "credentials", "apikey", "apikeys", "jwt", "bearer", "csrf", "xsrf"),
    }
)
_ALONE = frozenset({"auth", "xauth", "session", "sid", "xsession"})
_KEYS_OF = frozenset(
    {"api", "access", "private", "signing", "encryption", "subscription", "account", "shared", "master", "auth"}
)
_TOKENS_OF = frozenset({"access", "refresh", "auth", "api", "bearer", "session", "id", "security"})
_ABOUT_IT = frozenset(
    {
        *("count", "counts", "type", "types", "limit", "limits", "length", "size", "usage", "budget", "policy", "in"),
        *("at", "expires", "expiry", "expiration", "ttl", "url", "uri", "endpoint", "required", "name", "header"),
    }
)
_GLUED = re.compile(
    r"(?:authorization|apikey|accesskey|privatekey|secretkey|token|secret|password|passwd|passphrase|credentials?"
    r"|sessionid|sessid|amzsignature)\Z"
)

_SUSPECT = (
    *("auth", "cookie", "token", "secret", "passw", "passphrase", "pwd", "credential", "key", "jwt", "bearer"),
    *("csrf", "xsrf", "sess", "sid", "signature", "\\u00"),
    *("=ey", "=ew", "=ww", "=wy", "=wz"),  # JSON in base64
)
"""One of them is found in every text that has a sensitive name in it, in small letters."""


def flat(name: str) -> str:
    """Return a name without case and separators: `X-Api_Key` and `xApiKey` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Return whether a secret stands under this name, in whatever case style it is written.

    Words that only tell something about secrets, or count tokens, are none: `tokens`, `tokenCount`, `maxTokens`,
    `token_type`, `passwordPolicy`, `author`.
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    words = [word.lower() for word in words]
    if not words or words[-1] in _ABOUT_IT:
        return False
    whole = "".join(words)
    if whole in _ALONE or _ALWAYS.intersection(words) or _GLUED.search(whole):
        return True
    pairs = pairwise(words)
    return any(
        (second in {"key", "keys"} and first in _KEYS_OF)
        or (second == "tokens" and first in _TOKENS_OF)
        or (first == "session" and second in {"id", "key"})
        for first, second in pairs
    )


class Names:
    """The sensitive names: the built-in ones and further ones.

    Args:
        further: Names that are sensitive too, in any case style.
    """

    __slots__ = ("_further",)

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._further = frozenset(flat(name) for name in further)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (is_sensitive(name) or (bool(self._further) and flat(name) in self._further))

    def may_be_in(self, text: str) -> bool:
        """Return False only if no sensitive name stands in this text."""
        if self._further:
            return True
        return _has_suspect_of_few(text) if len(text) <= _FEW else _has_suspect(text)


def _has_suspect(text: str) -> bool:
    # many times as fast as one pattern that disregards case
    small = text.lower()
    return any(word in small for word in _SUSPECT)


_FEW = 64
"""Characters of what is met again and again: keys, ids, statuses."""

_has_suspect_of_few = lru_cache(maxsize=4096)(_has_suspect)
