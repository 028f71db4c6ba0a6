"""The keywords of JSON Schema, for schemas that tests declare by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.text.values import shown

_WORDS = """
additionalItems additionalProperties allOf anyOf comment const contains contentEncoding contentMediaType contentSchema
default definitions dependencies dependentRequired dependentSchemas deprecated description discriminator else enum
example examples exclusiveMaximum exclusiveMinimum externalDocs format id if items maxContains maxItems maxLength
maxProperties maximum minContains minItems minLength minProperties minimum multipleOf not nullable oneOf pattern
patternProperties prefixItems properties propertyNames readOnly required then title type unevaluatedItems
unevaluatedProperties uniqueItems writeOnly xml
"""
KEYWORDS = frozenset(_WORDS.split())
"""Those of drafts 4 to 2020-12 and of OpenAPI; those that begin with `$` or `x-` are not looked at."""

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

_RULES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "required": (list, "a list of names, such as ['city']"),
    "enum": (list, "a list of values"),
    "properties": (Mapping, "a schema for each name, such as {'city': {'type': 'string'}}"),
    "items": ((Mapping, bool, list), "a schema"),
    "anyOf": (list, "a list of schemas"),
    "oneOf": (list, "a list of schemas"),
    "allOf": (list, "a list of schemas"),
}
"""What the rules of keywords are, and how that is called."""

_LIKENESS = 0.75
_SHORTEST = 4
"""Letters of a keyword that may be meant by another word: `not` is near to too much."""


def check_keywords(schema: Mapping[str, Any]) -> None:
    """Refuse a schema that would let everything pass, and keywords that are misspelt.

    Other words that are no keywords mean nothing to JSON Schema, and may stand there.

    Raises:
        TypeError: A keyword has a rule of another kind than it takes.
        ValueError: Says which keyword or type may be meant, or how a schema is written.
    """
    words = [word for word in schema if isinstance(word, str) and not word.startswith(("$", "x-"))]
    for word in words:
        if word not in KEYWORDS:
            known = [keyword for keyword in KEYWORDS if len(keyword) >= _SHORTEST]
            near = nearest_name(word, known, _LIKENESS)
            if near is not None:
                raise ValueError(f"JSON Schema has no keyword {word!r}{did_you_mean(near)}")
    for keyword, (kind, called) in _RULES.items():
        if not isinstance(schema.get(keyword, ()), (kind, tuple)):
            raise TypeError(f"{keyword!r} of a JSON Schema is {called}, not {shown(schema[keyword], 60)}")
    given = schema.get("type", ())
    for name in [given] if isinstance(given, str) else given:
        if name not in TYPES:
            hint = did_you_mean(nearest_name(str(name), TYPES), before="", after=" ")
            raise ValueError(f"JSON Schema has no type {name!r}: {hint}there are {', '.join(TYPES)}")
    if words and not KEYWORDS.intersection(words):
        raise ValueError(
            f"{shown(schema, 60)} is no JSON Schema, and lets everything pass: that of an object is "
            f"{{'type': 'object', 'properties': {{{words[0]!r}: {{'type': 'string'}}}}, 'required': [{words[0]!r}]}}"
        )
