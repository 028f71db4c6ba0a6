"""Reads cassettes of any layout: written by vcrpy, or changed by hand. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import yaml

from pytest_mastra.cassettes.file.errors import Unreadable
from pytest_mastra.cassettes.file.format import CHUNKS_ARE_RECORDS, set_body, split_uri
from pytest_mastra.cassettes.file.yaml_nodes import check_nodes
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.json_text import RECORD_END

VERSION = 1

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Reads plain values, and the few harmless tags of Python's that vcrpy writes."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 -- PyYAML's own signature
        """Return a node's value.

        Raises:
            Unreadable: It looks like a number or a date, say, and is none.
        """
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
            kind = node.tag.rpartition(":")[2]
            problem = f"what begins here is no valid {kind}; put it into quotes if it is a text"
            raise Unreadable(node.start_mark.line + 1, problem) from None


MOST_LEVELS = 1000
"""Levels of YAML within each other; newer versions of libyaml have the same limit."""


def _construct_text(loader: Any, node: Any) -> str:
    return str(loader.construct_scalar(node))


def _construct_tuple(loader: Any, node: Any) -> list[Any]:
    return list(loader.construct_sequence(node, deep=True))


def _construct_bytes_of_file(loader: Any, node: Any) -> bytes:
    state = loader.construct_mapping(node, deep=True).get("state") or [b""]
    return state[0] if isinstance(state[0], bytes) else str(state[0]).encode()


for _tag, _construct in {
    "str": _construct_text,
    "unicode": _construct_text,
    "tuple": _construct_tuple,
    "object/new:_io.BytesIO": _construct_bytes_of_file,
}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_tag}", _construct)


def read_yaml(text: str) -> list[Exchange]:
    """Return the exchanges of a cassette.

    Raises:
        Unreadable: It is no YAML, or no cassette of this version.
    """
    loader = _Loader(text)
    try:
        _refuse_depth(text)
        root = loader.get_single_node()
        check_nodes(root, len(text))
        data = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error) from None
    except yaml.YAMLError as error:
        raise Unreadable(None, f"this is no YAML: {error}") from None
    except RecursionError:
        raise Unreadable(None, "this is nested too deeply for a cassette") from None
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise Unreadable(1, "this is no cassette: it has neither 'version' nor 'interactions'")
    return _exchanges(data, root)


def _refuse_depth(text: str) -> None:
    """Refuse what older versions of libyaml would die of: they call themselves for each level.

    Raises:
        Unreadable: It nests deeper than any cassette.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_LEVELS:
                line = event.start_mark.line + 1 if event.start_mark is not None else None
                raise Unreadable(line, f"maximum nesting depth of {MOST_LEVELS} levels exceeded")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _exchanges(data: Mapping[str, Any], root: Any) -> list[Exchange]:
    lines = {key.value: value.start_mark.line + 1 for key, value in root.value}
    for key in ("version", "interactions"):
        if key not in data:
            raise Unreadable(1, f"{key!r} is missing at the top")
    if data["version"] != VERSION:
        raise Unreadable(lines["version"], f"version {data['version']!r} is not known, only {VERSION} is")
    if not isinstance(data["interactions"], list):
        raise Unreadable(lines["interactions"], "'interactions' must be a list")
    nodes = next(value for key, value in root.value if key.value == "interactions")
    exchanges: list[Exchange] = []
    began = 0.0
    for item, node in zip(data["interactions"], nodes.value, strict=True):
        exchange = _exchange(item, node, len(exchanges), began)
        began += exchange.arrivals[-1] if exchange.arrivals else 0.0
        exchanges.append(exchange)
    return exchanges


def _exchange(item: Any, node: Any, number: int, began: float) -> Exchange:
    interaction = _Mapping(item, node, f"interaction {number + 1}")
    request, response = interaction.part("request"), interaction.part("response")
    status, body = response.part("status"), response.part("body")
    try:
        url, target = split_uri(str(request.value("uri", str)))
        headers = list(_headers(response.value("headers", dict)))
        content = _as_bytes(body.value("string", str, bytes, type(None)))
        exchange = Exchange(
            number,
            url,
            WireRequest(
                str(request.value("method", str)),
                target,
                {name: ", ".join(values) for name, values in _values_by_name(request.value("headers", dict)).items()},
                _as_bytes(request.value("body", str, bytes, type(None))),
            ),
            began,
            int(status.value("code", int)),
            str(status.value("message", str, type(None)) or ""),
            tuple(headers),
            ending=Ending(item.get("ending", "whole")),
            failure=item.get("failure"),
        )
        return set_body(exchange, content, _chunk_borders(body.data, headers, content), body.data.get("pace") or [])
    except (ValueError, TypeError) as error:
        raise Unreadable(interaction.line, f"{interaction.name}: {error}") from None


class _Mapping:
    """A mapping in the file, with its line and what to call it."""

    def __init__(self, data: Any, node: Any, name: str) -> None:
        self.name = name
        self.line = node.start_mark.line + 1
        if not isinstance(data, dict):
            raise Unreadable(self.line, f"{name} must be a mapping")
        self.data = data
        self._nodes = {key.value: value for key, value in node.value}

    def part(self, key: str) -> _Mapping:
        """Return a mapping in it."""
        self.value(key, dict)
        return _Mapping(self.data[key], self._nodes[key], f"{key!r} of {self.name}")

    def value(self, key: str, *kinds: type) -> Any:
        """Return a value of one of these types in it."""
        if key not in self.data:
            raise Unreadable(self.line, f"{key!r} of {self.name} is missing")
        value = self.data[key]
        if not isinstance(value, kinds):
            found = type(value).__name__
            wanted = " or ".join(_KINDS[kind] for kind in kinds if kind in _KINDS)
            raise Unreadable(
                self._nodes[key].start_mark.line + 1, f"{key!r} of {self.name} must be {wanted}, not {found}"
            )
        return value


_KINDS: dict[type, str] = {str: "text", bytes: "binary", dict: "a mapping", int: "a number"}


def _values_by_name(headers: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        str(name): [_as_text(value) for value in (values if isinstance(values, list) else [values])]
        for name, values in headers.items()
    }


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _headers(headers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, values in _values_by_name(headers).items() for value in values)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, BytesIO):
        return value.getvalue()
    return value if isinstance(value, bytes) else (value or "").encode("utf-8")


def _chunk_borders(body: Mapping[str, Any], headers: Iterable[tuple[str, str]], content: bytes) -> str | None:
    chunks = body.get("chunks")
    if isinstance(chunks, list):
        return f"[{', '.join(map(str, chunks))}]"
    if chunks is not None and chunks != CHUNKS_ARE_RECORDS:
        raise ValueError(f"chunks must be {CHUNKS_ARE_RECORDS!r} or a list, not {chunks!r}")
    if chunks is None and any(name.lower() == "transfer-encoding" for name, _ in headers):
        # vcrpy keeps no borders: as Mastra's servers set them
        return CHUNKS_ARE_RECORDS if RECORD_END.encode() in content else "[]"
    return chunks


def _unreadable(error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    problem = error.problem or str(error)
    if "\\t" in problem or "tab" in problem:
        return Unreadable(line, "a tab stands where YAML wants spaces")
    if isinstance(error, yaml.constructor.ConstructorError):
        return Unreadable(line, f"{problem}: only plain values are read, for a cassette may come from anyone")
    return Unreadable(line, f"this is no YAML: {' '.join(filter(None, [error.context, problem]))}")
