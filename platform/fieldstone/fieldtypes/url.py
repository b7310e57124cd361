"""A web address that is safe to link to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, shown, text_of
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 2_000  # what every browser and mail program follows
HOST: Final = re.compile(r"(?!-)[\w-]+(\.[\w-]+)+|localhost|[0-9.]+|\[[0-9a-f:.]+\]", re.I)
SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.I)


@dataclass(frozen=True)
class UrlType(TextualType):
    """Stored as str: http or https, the host in lower case."""

    name: str = "url"
    widget: str = "url"

    def parse(self, raw: object) -> str | None:
        """Return the address; "www.example.com" becomes "https://www.example.com"."""
        text = text_of(raw)
        if not text:
            return None
        check_length(text, LONGEST)
        parts = _split(text if SCHEME.match(text) else f"https://{text}")
        if parts is None:
            raise InvalidValueError(
                "not_a_url",
                f"{shown(raw)} is not a web address.",
                "Send one that starts with https:// or http://, such as https://example.com/a.",
            )
        return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the address without the scheme that everybody expects."""
        return "" if value is None else str(value).removeprefix("https://").removesuffix("/")

    def json_schema(self) -> Mapping[str, object]:
        """Return a string with the format of a web address."""
        return {"type": "string", "format": "uri", "maxLength": LONGEST}


def _split(text: str) -> SplitResult | None:
    """Return the parts of a web address, None for anything else (other schemes, passwords)."""
    if any(letter.isspace() for letter in text):
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a bad port, or half a bracket
        return None
    shape = f"[{host}]" if ":" in host else host
    web = parts.scheme.lower() in {"http", "https"} and "@" not in parts.netloc
    return parts if web and port != 0 and HOST.fullmatch(shape) else None


def make(settings: Mapping[str, Any]) -> UrlType:
    """Return the type; it has no settings."""
    return UrlType()


TYPE = TypeSpec(name="url", label=Label("Web address", "网址"), make=make, icon="link")
