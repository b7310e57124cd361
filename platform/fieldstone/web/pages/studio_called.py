"""A rule as its form shows it: what it names stands there by present codes, whatever its YAML still says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.web.asking import Asked
from fieldstone.web.pages.studio_edits import base_of, changing_of
from fieldstone.web.pages.studio_parts import Part


def as_called_now(
    asked: Asked, part: Part, code: str, value: Mapping[str, Any], base: str = ""
) -> dict[str, Any]:
    """Return an entry, of a rule in force with the codes that roles, pools, fields and so on have today."""
    changing = changing_of(asked)
    found = changing.live.found
    rule = found.model.rules.get(code) if part.kind == "rules" else None
    shown_from = base_of(base)
    number = changing.current(asked.ctx)[0] if shown_from is None else shown_from
    if rule is None or number != found.revision:
        return dict(value)
    return {name: rule.written.get(name, said) for name, said in value.items()}
