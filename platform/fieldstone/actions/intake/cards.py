"""Business cards as telephones send them (vCard 2.1, 3.0 and 4.0): a file may hold the whole pack of an event."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping
from typing import Final

FOLDED: Final = re.compile(r"\r?\n[ \t]")
SOFT_BREAK: Final = re.compile(r"=\r?\n")
ESCAPED: Final = re.compile(r"\\([\\,;nN])")
PLAIN: Final = {
    "FN": "name",
    "TITLE": "job_title",
    "URL": "website",
    "NOTE": "note",
    "ROLE": "role",
}
MOBILE: Final = ("CELL", "IPHONE", "MOBILE")


def cards_in(raw: bytes) -> list[Mapping[str, str]]:
    """Return the cards of a file: name, mobile, phone, email, company, department, job_title, website, address, note."""
    text = SOFT_BREAK.sub("", raw.decode("utf-8-sig", "replace"))
    text = FOLDED.sub("", text)
    found: list[Mapping[str, str]] = []
    card: dict[str, str] = {}
    for name, params, value in _lines(text):
        if name == "BEGIN":
            card = {}
        elif name == "END":
            if card:
                card.setdefault("mobile", card.get("phone", ""))
                found.append({key: one for key, one in card.items() if one})
        else:
            for key, one in _told(name, params, value):
                card.setdefault(key, one)
    return found


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        head, colon, value = line.partition(":")
        name, _, params = head.upper().partition(";")
        if colon:
            if "QUOTED-PRINTABLE" in params:
                value = quopri.decodestring(value.encode()).decode(_charset(params), "replace")
            yield name.rpartition(".")[2].strip(), params, value.strip()


def _charset(params: str) -> str:
    found = re.search(r"CHARSET=\"?([A-Z0-9_-]+)", params)
    name = found[1] if found else "utf-8"
    return name if name in ("UTF-8", "GBK", "GB2312", "GB18030", "BIG5", "ISO-8859-1") else "utf-8"


def _told(name: str, params: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield what one line says, by our words."""
    if name in PLAIN:
        yield PLAIN[name], _open(value)
    elif name == "N":
        parts = [_open(part) for part in _parts(value)]
        yield "name", _full_name(parts)
    elif name == "TEL":
        number = value.removeprefix("tel:").partition(";")[0]
        yield ("mobile" if any(word in params for word in MOBILE) else "phone"), number
    elif name == "EMAIL":
        yield "email", value.removeprefix("mailto:")
    elif name == "ORG":
        parts = [_open(part) for part in _parts(value)]
        yield "company", parts[0]
        yield "department", " ".join(parts[1:])
    elif name == "ADR":
        yield "address", " ".join(part for part in map(_open, _parts(value)) if part)


def _parts(value: str) -> list[str]:
    return re.split(r"(?<!\\);", value)


def _open(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return "\n" if found[1] in "nN" else found[1]

    return ESCAPED.sub(plain, text).strip()


def _full_name(parts: list[str]) -> str:
    family, given = [*parts, "", ""][:2]
    if not (family + given).isascii():
        return family + given
    return f"{given} {family}".strip()
