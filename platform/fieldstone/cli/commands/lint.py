"""`fieldstone lint`: what compiles but will surprise somebody."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.base.shipped import shipped
from fieldstone.cli.contract import DONE, REFUSED, Asked
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model


class Lint:
    """Looks at a compiled model for what users will stumble over."""

    name = "lint"
    summary = "say what compiles but will surprise people"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Compile, then look; findings are refusals."""
        model = asked.wiring.compile_model(asked.settings(), asked.wiring.vocabulary())
        found = list(findings(model))
        if found:
            asked.terminal.refuse(found)
            return REFUSED
        asked.terminal.tell("Nothing to remark.")
        return DONE


def findings(model: Model) -> Iterator[Problem]:
    """Yield what will surprise people, object by object."""
    for spec in model.objects.values():
        if spec.icon not in drawn_icons():
            path = _where(spec.origin.file, spec.origin.line, f"{spec.code}.icon")
            cure = did_you_mean(spec.icon, drawn_icons())
            yield Problem("unknown_icon", path, f"there is no icon '{spec.icon}'.", cure)
        shown = {code for section in spec.form for code in section.fields} | set(spec.quick)
        for field in spec.fields.values():
            if not field.system and not field.archived:
                yield from _of_field(spec, field, shown)
        if not spec.permissions and spec.parent is None:
            path = _where(spec.origin.file, spec.origin.line, spec.code)
            yield Problem(
                "no_permissions", path, "only administrators may see it.", "Add permissions."
            )


@cache
def drawn_icons() -> frozenset[str]:
    """Return the names of the icons that pages can draw."""
    (sprite,) = (shipped("ui_templates") / "static/dist").glob("icons.*.svg")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text("utf-8")))


def _of_field(spec: ObjectType, field: Field, shown: set[str]) -> Iterator[Problem]:
    path = _where(field.origin.file, field.origin.line, f"{spec.code}.fields.{field.code}")
    if not (field.label.en and field.label.zh):
        language = "Chinese" if field.label.en else "English"
        yield Problem(
            "one_language", path, f"has no {language} label.", "Write {en: ..., zh: ...}."
        )
    if _unfillable(spec, field) and field.code not in shown:
        cure = "Put it into forms, or give it a default."
        yield Problem("not_in_form", path, "is required but stands in no form.", cure)


def _unfillable(spec: ObjectType, field: Field) -> bool:
    """Tell whether a record cannot be made unless this field stands in a form."""
    filled = field.default is not None or field.default_expression is not None
    given = filled or field.read_only or field.code == spec.stage_field
    return field.required and not given and spec.parent is None


def _where(file: str, line: int, path: str) -> str:
    return f"{file}:{line}  {path}"


COMMAND = Lint()
