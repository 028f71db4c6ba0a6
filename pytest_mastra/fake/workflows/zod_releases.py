"""What differs between releases of zod, as one table: `4.3`, `4.6`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mastra_sync.suggest import did_you_mean, nearest_name


@dataclass(frozen=True, slots=True)
class Zod:
    """One release of zod, as its words and its JSON Schemas show it.

    Zod belongs to the project of a server, not to the server: servers of one generation may have another.

    Attributes:
        name: As users say it.
        lists_types: A union of plain types is written as `type: ["string", "null"]`; otherwise as `anyOf`.
        bounds_tuples: A tuple is written with its lengths, and with `additionalItems: false`.
        counts_characters: Text is as long as its characters; otherwise as their UTF-16 units.
        says_exactly: A limit from both sides is told as one.
        requires_anything: A required key may not be missing even where anything fits.
        stops_at_fractions: A list with a fraction among its whole numbers is not told of its length.
        looks_into_long_lists: The items of a list that has too many are told of too.
        looks_into_long_tuples: The items of a tuple that has too many are told of too.
        looks_into_short_tuples: So are those of a tuple that lacks one; otherwise its length is told.
        fills_tuples: Items that lack, and have a default, are filled in.
        tells_rest_first: Of a tuple's items, those beyond its own are told of first.
        names_options: An unknown tag is told with those that there are, and two options that both fit as such.
        knows_keys: A key outside a record's keys is unrecognized, as in an object; otherwise it is invalid.
        unknown_keys_abort: An unrecognized key keeps an option of a union from being the one that was meant.
        checks_prototype: A declared `__proto__` is checked, though it is dropped.
        compares_decimals: Multiples are found by decimals; otherwise by a ratio that is nearly whole.
        strict_formats: Times need seconds, and addresses of IPv6 have no other characters than theirs.
    """

    name: str
    lists_types: bool = True
    bounds_tuples: bool = True
    counts_characters: bool = True
    says_exactly: bool = True
    requires_anything: bool = True
    stops_at_fractions: bool = True
    looks_into_long_lists: bool = False
    looks_into_long_tuples: bool = True
    looks_into_short_tuples: bool = False
    fills_tuples: bool = True
    tells_rest_first: bool = True
    names_options: bool = True
    knows_keys: bool = True
    unknown_keys_abort: bool = False
    checks_prototype: bool = False
    compares_decimals: bool = False
    strict_formats: bool = True


ZOD_4_6 = Zod("4.6")

ZOD_4_3 = replace(
    ZOD_4_6,
    name="4.3",
    lists_types=False,
    bounds_tuples=False,
    counts_characters=False,
    says_exactly=False,
    requires_anything=False,
    stops_at_fractions=False,
    looks_into_long_lists=True,
    looks_into_long_tuples=False,
    looks_into_short_tuples=True,
    fills_tuples=False,
    tells_rest_first=False,
    names_options=False,
    knows_keys=False,
    unknown_keys_abort=True,
    checks_prototype=True,
    compares_decimals=True,
    strict_formats=False,
)

RELEASES = {zod.name: zod for zod in (ZOD_4_6, ZOD_4_3)}


def zod_named(name: str) -> Zod:
    """Return a release of zod.

    Raises:
        ValueError: There is none of this name.
    """
    try:
        return RELEASES[name]
    except (KeyError, TypeError):
        hint = did_you_mean(nearest_name(str(name), RELEASES), before="", after=" ")
        raise ValueError(f"no zod {name!r}: {hint}there are {', '.join(map(repr, RELEASES))}") from None
