"""Multiples as zod finds them: by the decimals that JavaScript writes, or by their ratio."""

from __future__ import annotations

import math
import sys
from decimal import ROUND_HALF_UP, Decimal, localcontext

from pytest_mastra.fake.workflows.javascript import dumps
from pytest_mastra.fake.workflows.zod_releases import Zod


def is_multiple(value: float, divisor: float, zod: Zod) -> bool:
    """Return whether a release of zod takes a number for a multiple."""
    return _by_decimals(value, divisor) if zod.compares_decimals else _by_ratio(float(value), float(divisor))


def _by_ratio(value: float, divisor: float) -> bool:
    ratio = value / divisor if divisor else math.nan
    if not math.isfinite(ratio):
        return False
    off = abs(ratio - math.floor(ratio + 0.5))
    return off == 0 or off < 4 * sys.float_info.epsilon * max(abs(ratio), 1)


def _by_decimals(value: float, divisor: float) -> bool:
    places = max(_decimals(value, exponents=False), _decimals(divisor, exponents=True))
    whole, of = _shifted(value, places), _shifted(divisor, places)
    return of != 0 and math.fmod(whole, of) == 0


def _decimals(number: float, *, exponents: bool) -> int:
    text = dumps(number).decode()
    fraction = len(text.partition(".")[2])
    _, exponent, shift = text.partition("e-")
    return int(shift[:1]) if exponents and not fraction and exponent else fraction


def _shifted(number: float, places: int) -> float:
    """Return what JavaScript's parseInt makes of a number's digits without their point."""
    if abs(number) >= 10**21:  # toFixed writes these with an exponent, and parseInt stops before it
        return float(dumps(number).decode().replace(".", "").partition("e")[0])
    with localcontext() as context:
        context.prec = 150
        digits = Decimal(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return float(int(digits.scaleb(places)))
