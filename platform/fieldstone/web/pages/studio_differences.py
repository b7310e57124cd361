"""One property before and after a change, in words: what was added to a list and taken from it, not two lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.evolution.operations import Changed
from fieldstone.model.objects import ObjectType
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.yaml_texts import flow_text

Drawn = dict[str, Any]
SHOWN: Final = 80


def said_change(change: Changed, specs: Sequence[ObjectType], speech: Speech) -> Drawn:
    """Return a change as parts/plan.html draws it; fields are called by their labels in `specs`."""
    before, after = change.before, change.after
    was, now = _words(before), _words(after)
    if was and now and set(was) != set(now):
        before = [one for one in was if one not in now]
        after = [one for one in now if one not in was]
    inner = change.name.removeprefix("type.").split(".")
    return {
        "name": " · ".join(setting_name(one, specs, speech) for one in inner),
        "before": value_text(before, specs, speech),
        "after": value_text(after, specs, speech),
    }


def setting_name(name: str, specs: Sequence[ObjectType], speech: Speech) -> str:
    """Return what people call a setting; inside of one it may be a field."""
    called, words = _called(name, specs, speech), name.replace("_", " ")
    if called != name:
        return called
    return speech.t(words.capitalize()) if speech.t(words) == words else speech.t(words)


def value_text(value: object, specs: Sequence[ObjectType], speech: Speech) -> str:
    """Return a value as people read it, "" for none, at most a line."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        text = speech.t("Yes") if value else speech.t("No")
    elif isinstance(value, Mapping) and set(value) <= {"en", "zh"}:
        text = str(value.get(speech.language) or next(iter(value.values())))
    elif words := _words(value):
        text = speech.t(", ").join(_called(one, specs, speech) for one in words)
    else:
        text = value if isinstance(value, str) else flow_text(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _words(value: object) -> list[str]:
    """Return the texts of a list of texts, nothing for anything else."""
    listed = list(value) if isinstance(value, (list, tuple)) else []
    return listed if all(isinstance(one, str) for one in listed) else []


def _called(code: str, specs: Sequence[ObjectType], speech: Speech) -> str:
    for spec in specs:
        if code in spec.fields:
            return spec.fields[code].label.text(speech.language)
    return code
