"""What is wrong with a form, as it stands at its fields, at single cells of line items, and above them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fieldstone.base.errors import Problem
from fieldstone.model.objects import ObjectType
from fieldstone.web.pages.wording import message

Errors = Mapping[str, list[str]]


def errors_of(problems: Iterable[Problem], language: str) -> dict[str, list[str]]:
    """Return what is wrong by field; a line item has its own under "lines.0", one of its cells under "lines.0.price"."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        head, place, inner = (*problem.path.split(".", 3), "", "")[:3]
        key = ".".join(filter(None, (head, place, inner))) if place.isdigit() else head
        text = message(problem, language)
        said = found.setdefault(key, [])
        if text not in said:
            said.append(text)
    return found


def summary_of(
    problems: Iterable[Problem], spec: ObjectType, language: str
) -> list[dict[str, str]]:
    """Return the list above a form, each entry with the field it leads to."""
    found = []
    for problem in problems:
        code, text = problem.path.partition(".")[0], message(problem, language)
        if code in spec.fields:
            label = spec.fields[code].label.text(language)
            between = "：" if language == "zh" else ": "
            found.append({"text": f"{label}{between}{text}", "name": code})
        else:
            found.append({"text": text})
    return found
