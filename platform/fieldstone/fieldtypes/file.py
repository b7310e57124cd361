"""Files on a record: what they are called and how large they are; the content is kept apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.expressions.sqltypes import JsonValue
from fieldstone.expressions.types import JSON, Type
from fieldstone.fieldtypes.contract import InvalidValueError, TypeSpec
from fieldstone.fieldtypes.integer import whole_of
from fieldstone.fieldtypes.lookup import id_of
from fieldstone.fieldtypes.raw import check_keys, check_length, is_missing, items_of, line_of, shown

MOST: Final = 10  # files of one field, when `max` is not set
MEGABYTES: Final = 20  # of one file, when `max_megabytes` is not set
LONGEST_NAME: Final = 255  # what file systems allow
KEYS: Final = ("id", "name", "size", "type")
# RFC 6838, section 4.2; also "image/*" and ".pdf" in `accept`, as HTML writes them.
MEDIA: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
ACCEPTED: Final = r"^(\.[a-z0-9]{1,10}|[a-z0-9.+-]+/(\*|[a-z0-9.+-]+))$"
UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True)
class FileType:
    """Stored as a list of {id, name, size, type}; `id` leads to the content, which is uploaded first."""

    max: int = MOST
    max_megabytes: int = MEGABYTES
    accept: tuple[str, ...] = ()
    name: str = "file"
    widget: str = "file"
    sortable: bool = False

    @property
    def expression_type(self) -> Type:
        """Return JSON: expressions ask only whether it is empty."""
        return JSON

    def column(self) -> JsonValue:
        """Return a JSON column."""
        return JsonValue()

    def parse(self, raw: object) -> list[dict[str, object]] | None:
        """Return the descriptions of one file or of a list; none at all is null."""
        if is_missing(raw):
            return None
        given = [raw] if isinstance(raw, Mapping) else items_of(raw, self.max)
        files = []
        for place, one in enumerate(given):
            try:
                files.append(self._file(one))
            except InvalidValueError as error:
                raise error.inside(str(place)) from None
        return files or None

    def _file(self, raw: object) -> dict[str, object]:
        if not isinstance(raw, Mapping):
            raise InvalidValueError(
                "not_an_object", f"{shown(raw)} is no file.", "Upload it first, then send its id."
            )
        check_keys(raw, KEYS)
        found: dict[str, object] = {
            "id": id_of(raw.get("id")),
            "name": _file_name(raw.get("name")),
            "size": self._size(raw.get("size", 0)),
            "type": _media(raw.get("type")),
        }
        self._check_accepted(str(found["name"]), str(found["type"]))
        return found

    def _size(self, raw: object) -> int:
        size = whole_of(raw)
        if not 0 <= size <= self.max_megabytes * 1_000_000:
            raise InvalidValueError(
                "file_too_large",
                f"A file of {size:,} bytes is not accepted.",
                f"Send files of at most {self.max_megabytes} MB.",
            )
        return size

    def _check_accepted(self, name: str, media: str) -> None:
        ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
        wide = media.partition("/")[0] + "/*"
        if self.accept and not {ending, media, wide} & set(self.accept):
            raise InvalidValueError(
                "file_type",
                f"{shown(name)} is of a type that is not accepted.",
                f"Send {', '.join(self.accept)}.",
            )

    def dump(self, value: object) -> object:
        """Return the descriptions."""
        return value

    def format(self, value: object, language: str, zone: str) -> str:
        """Return the names of the files."""
        files = value if isinstance(value, (list, tuple)) else ()
        between = "、" if language.startswith("zh") else ", "
        return between.join(str(one["name"]) for one in files)

    def json_schema(self) -> Mapping[str, object]:
        """Return a list of objects."""
        properties = {
            "id": {"type": "string"},
            "name": {"type": "string", "maxLength": LONGEST_NAME},
            "size": {"type": "integer", "minimum": 0},
            "type": {"type": "string"},
        }
        one = {"type": "object", "properties": properties, "required": ["id", "name"]}
        return {"type": "array", "items": one, "maxItems": self.max}


def _file_name(raw: object) -> str:
    name = line_of(raw)
    check_length(name, LONGEST_NAME)
    if not name or name in {".", ".."} or "/" in name or "\\" in name:
        raise InvalidValueError(
            "bad_file_name",
            f"{shown(name)} cannot be the name of a file.",
            "Send the name alone, without a folder, such as offer.pdf.",
        )
    return name


def _media(raw: object) -> str:
    media = line_of(raw).lower() or UNKNOWN
    if not MEDIA.fullmatch(media):
        raise InvalidValueError(
            "bad_media_type", f"{shown(media)} is no media type.", "Send one such as image/png."
        )
    return media


def make(settings: Mapping[str, Any]) -> FileType:
    """Return the type with its limits."""
    return FileType(
        max=settings.get("max", MOST),
        max_megabytes=settings.get("max_megabytes", MEGABYTES),
        accept=tuple(settings.get("accept", ())),
    )


TYPE = TypeSpec(
    name="file",
    label=Label("Files", "附件"),
    make=make,
    settings={
        "max": {"type": "integer", "minimum": 1, "maximum": 100},
        "max_megabytes": {"type": "integer", "minimum": 1, "maximum": 2000},
        "accept": {
            "type": "array",
            "items": {
                "type": "string",
                "pattern": ACCEPTED,
                "description": "Write a media type such as image/png or image/*, or an ending such as .pdf",
            },
        },
    },
    icon="paperclip",
)
