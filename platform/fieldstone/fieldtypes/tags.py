"""Free words on a record, made up as people go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import StringList
from fieldstone.expressions.types import LIST, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.raw import check_length, line_of, shown, words_of

MOST: Final = 50  # tags of one record
LONGEST: Final = 50  # characters of a tag
DIVIDERS: Final = frozenset(",;，；、")


@dataclass(frozen=True)
class TagsType:
    """Stored as a tuple of str in the order given; "VIP" and "vip" are the same tag."""

    name: str = "tags"
    widget: str = "tags"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return a list of texts."""
        return LIST

    def column(self) -> StringList:
        """Return a column of texts."""
        return StringList()

    def parse(self, raw: object) -> tuple[str, ...] | None:
        """Return the tags of a list, or of a text divided by commas; the first spelling wins."""
        found: dict[str, str] = {}
        for item in words_of(raw, MOST):
            tag = _tag(item)
            if tag:
                found.setdefault(tag.casefold(), tag)
        return tuple(found.values()) or None

    def dump(self, value: object) -> object:
        """Return a list of texts."""
        return list(value) if isinstance(value, (list, tuple)) else None

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the tags on one line."""
        tags = value if isinstance(value, (list, tuple)) else ()
        return ("、" if language.startswith("zh") else ", ").join(str(tag) for tag in tags)

    def json_schema(self) -> Mapping[str, object]:
        """Return a list of short texts."""
        return {
            "type": "array",
            "items": {"type": "string", "maxLength": LONGEST},
            "maxItems": MOST,
        }


def _tag(item: object) -> str:
    tag = line_of(item)
    check_length(tag, LONGEST)
    if DIVIDERS & set(tag):
        raise InvalidValueError(
            "bad_tag", f"The tag {shown(tag)} holds a comma.", "Send it as two tags."
        )
    return tag


def make(settings: Mapping[str, Any]) -> TagsType:
    """Return the type; it has no settings."""
    return TagsType()


TYPE = TypeSpec(name="tags", label=Label("Tags", "标签"), make=make, icon="tags")
