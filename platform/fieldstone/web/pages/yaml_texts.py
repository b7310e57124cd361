"""Plain values as YAML that stands alone or on one line, and back."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

from fieldstone.base.errors import MetadataError
from fieldstone.compiler import editing


def yaml_text(value: Any) -> str:
    """Return a plain value as YAML that stands alone."""
    if isinstance(value, Mapping):
        return editing.written(value).strip()
    whole = editing.written({"v": value}).strip()
    return textwrap.dedent(whole.removeprefix("v:").removeprefix("\n")).strip()


def flow_text(value: Any) -> str:
    """Return a plain value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    if not isinstance(value, str) or re.fullmatch(r"[A-Za-z][\w. ]*", value):
        return value if isinstance(value, str) else yaml_text(value)
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def yaml_value(text: str) -> Any:
    """Return the plain value of a piece of YAML. Raises ValueError with what is wrong."""
    if not text.strip():
        return None
    whole = "v:\n" + textwrap.indent(textwrap.dedent(text.replace("\r\n", "\n")), "  ")
    try:
        found, _ = editing.value_in(whole, ("v",))
    except MetadataError as error:
        raise ValueError(error.problems[0].message) from None
    return found
