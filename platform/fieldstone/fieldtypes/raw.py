"""Raw values as they arrive, read the same way by every field type."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from fieldstone.base import text as base_text
from fieldstone.fieldtypes.contract import InvalidValueError

SHOWN: Final = 40  # characters of a bad value that a message repeats
LONGEST_NUMBER: Final = 60  # characters; 19 digits, separators and a currency fit easily
BIGGEST: Final = 2**63 - 1  # what a BIGINT column keeps
EXACT_FLOAT_DIGITS: Final = 15  # every decimal of 15 digits survives a float (IEEE 754)
NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
WIDE: Final = Context(prec=80, rounding=ROUND_HALF_UP)


def shown(raw: object) -> str:
    """Return a bad value as a message may repeat it: short, printable, never deep."""
    if isinstance(raw, str):
        return repr(raw if len(raw) <= SHOWN else raw[:SHOWN] + "...")
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int):
        return str(raw) if raw.bit_length() < 128 else "a very large number"  # noqa: PLR2004
    if isinstance(raw, (float, Decimal)):
        return str(raw)[:SHOWN]
    if isinstance(raw, dict):
        return "an object"
    return "a list" if isinstance(raw, (list, tuple)) else f"a {type(raw).__name__}"


def is_missing(raw: object) -> bool:
    """Tell whether nothing was sent: null, or text without a visible character."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def text_of(raw: object) -> str:
    """Return `raw` as clean NFC text without white space around it, "" when nothing was sent."""
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise InvalidValueError(
            "not_text", f"{shown(raw)} is not text.", 'Send text in quotes, such as "abc".'
        )
    try:
        return base_text.clean(raw).strip()
    except ValueError as error:
        raise InvalidValueError(
            "bad_character",
            f"The text holds the control character {error}.",
            "Remove it; only letters, signs, tabs and line breaks are kept.",
        ) from None


def line_of(raw: object) -> str:
    """Return `raw` as one line: runs of white space, line breaks too, become one space."""
    return " ".join(text_of(raw).split())


def check_length(text: str, longest: int, shortest: int = 0) -> None:
    """Refuse text that is longer than `longest` or shorter than `shortest` characters."""
    if len(text) > longest:
        raise InvalidValueError(
            "too_long",
            f"{len(text)} characters are too many.",
            f"Send at most {longest} characters.",
        )
    if len(text) < shortest:
        raise InvalidValueError(
            "too_short",
            f"{len(text)} characters are too few.",
            f"Send at least {shortest} characters.",
        )


def narrow(text: str) -> str:
    """Return text with full-width digits, letters and signs as their ordinary forms."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()


def number_of(raw: object) -> Decimal:
    """Return a finite number, exactly as it was sent; commas between thousands are ignored."""
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return Decimal(min(max(raw, -(10**30)), 10**30))  # beyond every limit, and cheap to compare
    if isinstance(raw, float) and math.isfinite(raw):
        return _of_float(raw)
    if isinstance(raw, str) and len(raw) <= LONGEST_NUMBER:
        text = narrow(text_of(raw))
        if GROUPED.fullmatch(text):
            text = text.replace(",", "")
        if NUMBER.fullmatch(text):
            return Decimal(text)
    raise InvalidValueError(
        "not_a_number", f"{shown(raw)} is not a number.", "Send a number, such as 1234.50."
    )


def _of_float(raw: float) -> Decimal:
    exact = Decimal(repr(raw))
    if len(exact.normalize().as_tuple().digits) > EXACT_FLOAT_DIGITS:
        raise InvalidValueError(
            "inexact_number",
            f"{raw!r} has more digits than a JSON number keeps exactly.",
            f'Send it as text, such as "{raw:.2f}".',
        )
    return exact


def decimal_of(raw: object, scale: int) -> Decimal:
    """Return a number with exactly `scale` decimals.

    What people and integrators send is refused when it has more; a Decimal was computed by an
    expression and is rounded half up.
    """
    value = number_of(raw)
    if isinstance(raw, Decimal) and abs(value) <= BIGGEST:
        value = rounded(value, scale)
    return fitted(value, scale)


def fitted(value: Decimal, scale: int) -> Decimal:
    """Return `value` with exactly `scale` decimals; too many decimals or digits are refused."""
    if abs(value) > Decimal(BIGGEST).scaleb(-scale):
        digits = 18 - scale
        raise InvalidValueError(
            "too_large",
            f"{shown(value)} is too large.",
            f"Send at most {digits} digits before the decimal point.",
        )
    exact = rounded(value, scale)
    if exact != value:
        raise InvalidValueError(
            "too_many_decimals",
            f"{shown(value)} has more than {scale} decimals.",
            f"Round it to {scale} decimals, such as {exact}.",
        )
    return exact


def rounded(value: Decimal, scale: int) -> Decimal:
    """Return `value` rounded half up to `scale` decimals; minus zero becomes zero."""
    exact = value.quantize(Decimal(1).scaleb(-scale), context=WIDE)
    return exact if exact else abs(exact)


def check_range(
    value: Decimal | int, least: Decimal | int | None, most: Decimal | int | None
) -> None:
    """Refuse a number outside its limits; both limits are allowed values."""
    if least is not None and value < least:
        raise InvalidValueError("too_small", f"{value} is too small.", f"Send at least {least}.")
    if most is not None and value > most:
        raise InvalidValueError("too_large", f"{value} is too large.", f"Send at most {most}.")


def items_of(raw: object, most: int) -> list[object]:
    """Return the items of a JSON list, [] when nothing was sent; anything else is refused."""
    if is_missing(raw):
        return []
    if not isinstance(raw, (list, tuple)):
        raise InvalidValueError(
            "not_a_list", f"{shown(raw)} is not a list.", 'Send a list, such as ["a", "b"].'
        )
    if len(raw) > most:
        raise InvalidValueError(
            "too_many", f"{len(raw)} entries are too many.", f"Send at most {most} entries."
        )
    return list(raw)


def words_of(raw: object, most: int) -> list[object]:
    """Return the items of a list, or the parts of a text divided by commas or semicolons."""
    if isinstance(raw, str):
        parts = re.split(r"[,;\n，；、]", text_of(raw))
        return items_of([part for part in parts if part.strip()], most)
    return items_of(raw, most)


def check_keys(given: Collection[object], known: Collection[str]) -> None:
    """Refuse the first key of a JSON object that is not among `known`."""
    for key in given:
        if key not in known:
            raise InvalidValueError(
                "unknown_key", f"There is no {shown(key)} here.", f"Use: {', '.join(known)}."
            )
