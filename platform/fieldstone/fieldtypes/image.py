"""Pictures on a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.fieldtypes.file import MEGABYTES, MOST, FileType

# What browsers show by themselves. No SVG: it can carry script.
PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif")


@dataclass(frozen=True)
class ImageType(FileType):
    """Stored as files are; only pictures are accepted."""

    accept: tuple[str, ...] = PICTURES
    name: str = "image"


def make(settings: Mapping[str, Any]) -> ImageType:
    """Return the type with its limits."""
    return ImageType(
        max=settings.get("max", MOST), max_megabytes=settings.get("max_megabytes", MEGABYTES)
    )


TYPE = TypeSpec(
    name="image",
    label=Label("Images", "图片"),
    make=make,
    settings={
        "max": {"type": "integer", "minimum": 1, "maximum": 100},
        "max_megabytes": {"type": "integer", "minimum": 1, "maximum": 200},
    },
    icon="image",
)
