"""What is shown of a value that the viewer may know of but not read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fieldstone.fieldtypes.secret import MASK

# The stars never tell how long the hidden part is.
STARS: Final = "****"
SHORT_NUMBER: Final = 8


@dataclass(frozen=True)
class Masked:
    """A hidden value as people see it: "138****8000"."""

    text: str

    def __str__(self) -> str:
        """Return the text that stands for the value."""
        return self.text


def _phone(value: str) -> str:
    # In China the country code is left out, as everybody there writes the number.
    digits = value.removeprefix("+86")
    if len(digits) <= SHORT_NUMBER:
        return STARS + digits[-2:]
    return digits[:3] + STARS + digits[-4:]


def _email(value: str) -> str:
    name, _, host = value.partition("@")
    return f"{name[:1]}{STARS}@{host}"


def _text(value: str) -> str:
    return value[:1] + STARS


def _secret(value: str) -> str:
    # The very mask that the field type refuses to take back as a new secret.
    return MASK


_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "phone": _phone,
    "email": _email,
    "text": _text,
    "secret": _secret,
}


def masked(type_name: str, value: object) -> Masked | None:
    """Return what to show of a stored value of a field type; an empty field stays empty.

    Phones keep the first three and last four digits, e-mails the first letter and the host,
    texts the first character; of every other type nothing is shown.
    """
    if value is None:
        return None
    mask = _MASKS.get(type_name)
    return Masked(mask(value) if mask and isinstance(value, str) else STARS)
