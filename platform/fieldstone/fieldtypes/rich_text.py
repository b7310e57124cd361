"""Formatted text, kept as HTML that can do no harm."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import nh3

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, text_of
from fieldstone.fieldtypes.textual import TextualType

LONGEST: Final = 100_000  # characters of HTML, when `max_length` is not set
BLOCKS: Final = frozenset(
    [
        "p",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "hr",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)
# No images: a remote picture would tell its sender who reads the record, and when.
TAGS: Final = BLOCKS | frozenset(
    ["strong", "b", "em", "i", "u", "s", "code", "a", "span", "sub", "sup", "mark"]
)
CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={"script", "style"},
    attributes={"a": {"href", "title"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)
BARE: Final = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"})
ROUNDS: Final = 4


def sanitised(source: str) -> str:
    """Return HTML with safe tags only, such that sanitising it again changes nothing."""
    for _ in range(ROUNDS):
        cleaner = CLEANER.clean(source).strip()
        if cleaner == source:
            return cleaner
        source = cleaner
    raise InvalidValueError(
        "bad_html", "The HTML is nested in a way that cannot be made safe.", "Send simpler HTML."
    )


def plain(source: str) -> str:
    """Return what is left of HTML when every tag is taken away, on one line."""
    for block in ("</p>", "<br>", "</li>", "</h1>", "</h2>", "</h3>", "</h4>", "</td>", "</th>"):
        source = source.replace(block, f"{block} ")
    return " ".join(html.unescape(BARE.clean(source)).split())


@dataclass(frozen=True)
class RichTextType(TextualType):
    """Stored as str: sanitised HTML."""

    max_length: int = LONGEST
    name: str = "rich_text"
    widget: str = "rich_text"
    sortable: bool = field(default=False, kw_only=True)

    def parse(self, raw: object) -> str | None:
        """Return sanitised HTML; HTML without a visible character is no value."""
        source = text_of(raw)
        check_length(source, self.max_length)
        safe = sanitised(source)
        check_length(safe, self.max_length)
        return safe if plain(safe) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the text without its formatting."""
        return "" if value is None else plain(str(value))

    def json_schema(self) -> Mapping[str, object]:
        """Return a string of HTML."""
        return {
            "type": "string",
            "maxLength": self.max_length,
            "contentMediaType": "text/html",
        }


def make(settings: Mapping[str, Any]) -> RichTextType:
    """Return the type with its limit."""
    return RichTextType(max_length=settings.get("max_length", LONGEST))


TYPE = TypeSpec(
    name="rich_text",
    label=Label("Rich text", "富文本"),
    make=make,
    settings={"max_length": {"type": "integer", "minimum": 1, "maximum": 500_000}},
    icon="pilcrow",
)
