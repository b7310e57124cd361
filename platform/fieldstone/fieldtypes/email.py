"""An e-mail address, kept in lower case so that equal addresses compare equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, line_of, narrow, shown
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
# Nearly every address looks like this, and the library would say the same forty times slower.
PLAIN: Final = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}", re.ASCII
)
LONGEST_LABEL: Final = 63  # RFC 1035, section 2.3.4


@dataclass(frozen=True)
class EmailType(TextualType):
    """Stored as str. Whether anybody reads mail there is not asked: that needs the network."""

    name: str = "email"
    widget: str = "email"

    def parse(self, raw: object) -> str | None:
        """Return the address in lower case."""
        text = narrow(line_of(raw))
        if not text:
            return None
        check_length(text, LONGEST)
        if _is_plain(text.lower()):
            return text.lower()
        try:
            # Intranet domains are fine; a name without a dot is a slip of the pen.
            found = validate_email(text, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError:
            raise _refusal(raw) from None
        address = narrow(found.normalized).lower()
        if "." not in found.domain or len(address) > LONGEST:
            raise _refusal(raw)
        return address

    def json_schema(self) -> Mapping[str, object]:
        """Return a string with the format of an address."""
        return {"type": "string", "format": "email", "maxLength": LONGEST}


def _is_plain(text: str) -> bool:
    """Tell whether an address is surely right: ASCII, no part too long, no encoded domain."""
    if not PLAIN.fullmatch(text) or "xn--" in text:
        return False
    return all(len(label) <= LONGEST_LABEL for label in text.replace("@", ".").split("."))


def _refusal(raw: object) -> InvalidValueError:
    return InvalidValueError(
        "not_an_email",
        f"{shown(raw)} is not an e-mail address.",
        "Send one address, such as li.na@example.com.",
    )


def make(settings: Mapping[str, Any]) -> EmailType:
    """Return the type; it has no settings."""
    return EmailType()


TYPE = TypeSpec(name="email", label=Label("E-mail", "邮箱"), make=make, icon="mail")
