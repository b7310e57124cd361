"""Exact numbers: one arithmetic for memory and SQLite, and a text form that sorts like numbers."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Final

Number = int | Decimal

# Room for every product an expression of 200 nodes can make; an exact context never rounds.
EXACT: Final = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
DECIMALS_OF_QUOTIENT: Final = 10
_QUOTIENT_STEP: Final = Decimal(1).scaleb(-DECIMALS_OF_QUOTIENT)
_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")


def added(one: Number, other: Number) -> Number:
    """Return the exact sum."""
    if type(one) is int and type(other) is int:
        return one + other
    return EXACT.add(one, other)


def subtracted(one: Number, other: Number) -> Number:
    """Return the exact difference."""
    if type(one) is int and type(other) is int:
        return one - other
    return EXACT.subtract(one, other)


def multiplied(one: Number, other: Number) -> Number:
    """Return the exact product."""
    if type(one) is int and type(other) is int:
        return one * other
    return EXACT.multiply(one, other)


def divided(one: Number, other: Number) -> Decimal | None:
    """Return the quotient with 10 decimals, half up (away from zero); by zero it is missing."""
    if not other:
        return None
    # Cutting one decimal further first is exact: half up only looks at the next digit.
    step = EXACT.divide_int(EXACT.scaleb(one, DECIMALS_OF_QUOTIENT + 1), other)
    return EXACT.quantize(step.scaleb(-DECIMALS_OF_QUOTIENT - 1, EXACT), _QUOTIENT_STEP)


def negated(number: Number) -> Number:
    """Return the number with the other sign."""
    return -number if type(number) is int else EXACT.minus(number)


def rounded(number: Number, decimals: Number = 0) -> Decimal:
    """Return the number with so many decimals, half up (away from zero)."""
    return EXACT.quantize(Decimal(number), Decimal(1).scaleb(-int(decimals)))


def floored(number: Number) -> Number:
    """Return the largest whole number that is not above it."""
    return int(Decimal(number).to_integral_value(ROUND_FLOOR, EXACT))


def ceiled(number: Number) -> Number:
    """Return the smallest whole number that is not below it."""
    return int(Decimal(number).to_integral_value(ROUND_CEILING, EXACT))


def whole_part(number: Number) -> int:
    """Return the number without its decimals."""
    return int(Decimal(number).to_integral_value(ROUND_DOWN, EXACT))


def absolute(number: Number) -> Number:
    """Return the number without its sign."""
    return abs(number) if type(number) is int else EXACT.abs(number)


def scaled(number: Number, scale: int) -> int | None:
    """Return the number times 10**scale when that is whole, else None."""
    if type(number) is int:
        return number * int(10**scale)
    shifted = EXACT.scaleb(number, scale)
    whole = int(shifted)
    return whole if whole == shifted else None


def unscaled(whole: int, scale: int) -> Decimal:
    """Return the decimal that `scaled` was given."""
    return Decimal(whole).scaleb(-scale, EXACT)


def plain(number: Number) -> str:
    """Return the number in digits, without an exponent and without needless zeros."""
    if type(number) is int:
        return str(number)  # format(..., "f") would go through a float
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def encoded(number: Number) -> str:
    """Return text whose code point order is the order of numbers, one text for one number.

    A sign, the count of digits before the point in four digits, all digits. Negative ones
    have each digit's complement and end in "~", so that more decimals sort lower.
    """
    text = plain(number)
    negative = text.startswith("-")
    before, _, after = text.lstrip("-").partition(".")
    before = before.lstrip("0")
    body = f"{len(before):04d}{before}{after}"
    return f"0{body.translate(_COMPLEMENT)}~" if negative else f"1{body}"


def decoded(text: str) -> Decimal:
    """Return the number that `encoded` was given."""
    body = text[1:]
    sign = ""
    if text[0] == "0":
        sign = "-"
        body = body[:-1].translate(_COMPLEMENT)
    count = int(body[:4])
    digits = body[4:]
    return Decimal(f"{sign}{digits[:count] or '0'}.{digits[count:] or '0'}")
