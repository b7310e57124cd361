"""Forms inside a form of the studio: what they may name, how their controls are called, and what of them is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fieldstone.web.i18n import Speech
from fieldstone.web.pages.schema_form import Json, SchemaForm
from fieldstone.web.pages.studio_shapes import VALUE

Drawn = dict[str, Any]
Typed = Mapping[str, str]
Listed = Sequence[tuple[str, str]]
MOST_FIRST: Final = 4
# The setting that names the object of which an entry speaks.
OF_THE_OBJECT: Final = "object"
# Lists of fields of that object, wherever they stand.
OF_FIELDS: Final = frozenset({
    "fields", "any_of", "follow", "dedup_key", "columns", "masked", "shown_blind", "needs", "changed", "chips", "highlights",
})  # fmt: skip


def _none(_: str) -> Listed:
    return ()


@dataclass(frozen=True)
class Known:
    """What the settings inside may name.

    `choices`: objects, pools and the like by the name of the setting; `several`: the same for lists of them; `titles`: what the codes of
    entries are called; `cases`: the values that a setting can be given by. `fields` are those of the object that is spoken of, `own` is the object of the rule, `keys` what the keys of a map may be, `values` what its values may be.
    """

    speech: Speech
    choices: Mapping[str, Listed] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Listed] = field(default_factory=dict)
    cases: Listed = ()
    several: Mapping[str, Listed] = field(default_factory=dict)
    values: Mapping[str, Listed] = field(default_factory=dict)
    object: str = ""
    own: str = ""
    fields_of: Callable[[str], Listed] = _none

    @property
    def fields(self) -> dict[str, str]:
        """Return the fields of the object that is spoken of."""
        return dict(self.fields_of(self.object))

    def named_in(self, properties: Mapping[str, Json]) -> dict[str, Listed]:
        """Return what may be chosen for the settings that name a field, by their schema."""
        offered = {"field": self.fields_of(self.object), "own_field": self.fields_of(self.own)}
        found = {name: offered.get(str(one.get("format")), ()) for name, one in properties.items()}
        return {name: listed for name, listed in found.items() if listed}

    @property
    def fields_url(self) -> str:
        """Return where the fields of the object are found by typing."""
        return f"/studio/names/{self.object}" if self.object else ""

    def offered(self, name: str) -> Listed:
        """Return what the values of a map may be, () for whatever one writes."""
        return self.values.get(name) or self.choices.get(name, ())

    def about(self, values: Json) -> Known:
        """Return what an entry may name: one that speaks of another object names its fields."""
        named = str(values.get(OF_THE_OBJECT) or "")
        other = self.fields_of(named)
        if not other:
            return self
        return replace(self, object=named, keys={**self.keys, **dict.fromkeys(("fields", "set"), other)})  # fmt: skip

    def against(self, object_name: str) -> Known:
        """Return what an entry may name that says what there is for each thing here: the fields of that object."""
        other = self.fields_of(object_name)
        return replace(self, values={VALUE: other, "keys": other}) if other else self


def kept(form: SchemaForm, before: Json, values: Json) -> dict[str, Any]:
    """Return what a form says, in the order and the words of what was there."""
    found = form.kept(before, values)
    unseen = {name: value for name, value in before.items() if name not in form.properties}
    in_order = {name: found[name] for name in before if name in found}
    return {**in_order, **unseen, **found}


def below(typed: Typed, prefix: str) -> dict[str, str]:
    """Return what was typed in the controls that are called after this one, by the rest of their names."""
    found = typed.items()
    return {name.removeprefix(prefix): text for name, text in found if name.startswith(prefix)}


def written(typed: Typed) -> bool:
    """Tell whether anything is said: a switch that is off says nothing."""
    return any(text.strip() not in ("", "false") for text in typed.values())


def drawn_in(form: SchemaForm, values: Json, typed: Typed, errors: Typed, prefix: str) -> Drawn:
    """Return the controls of a form inside another: what is said or needed first, the rest to be opened."""
    controls = [under(prefix, one) for one in form.fields(values, typed, errors)]
    about = {str(one["name"]).removeprefix(prefix): one for one in controls}.get(OF_THE_OBJECT)
    if about is not None:
        chosen = next((one["value"] for one in about.get("options", ()) if one["chosen"]), "")
        controls = [_asked_of(one, chosen or about.get("value", "")) for one in controls]
    filled = any(not one.get("required") and _matters(one) for one in controls)
    usual = [] if filled else controls[:MOST_FIRST]
    first = [one for one in controls if _matters(one) or one.get("condition") or one in usual]
    return {"fields": first, "more": [one for one in controls if one not in first]}


def _asked_of(control: Drawn, object_name: str) -> Drawn:
    """Return a control whose condition is about another object than the rule's; as text until one is named."""
    if not control.get("condition"):
        return control
    return {**control, "about": object_name, "condition": bool(object_name)}


def _matters(control: Drawn) -> bool:
    chosen = any(one["chosen"] for one in control.get("options", ()))
    inside = control.get("inside", {}).get("said") or control.get("ways", {}).get("said")
    lines = control.get("entries", {}).get("lines") or any(
        cell.get("value") or cell.get("chosen")
        for line in control.get("rows", {}).get("lines", ())
        for cell in line["cells"]
    )
    return bool(control.get("required") or control.get("value") or control.get("errors") or control.get("chosen") or chosen or inside or lines)  # fmt: skip


def under(prefix: str, control: Drawn) -> Drawn:
    """Return a control, and whatever stands in it, called after the form it stands in."""
    name = f"{prefix}{control['name']}"
    found = {**control, "name": name, "id": f"f-{name}"}
    if "inside" in control:
        found["inside"] = _all_under(prefix, control["inside"])
    if "entries" in control:
        entries = control["entries"]
        lines = [_all_under(prefix, one) for one in entries["lines"]]
        found["entries"] = {**entries, "lines": lines, "blank": _all_under(prefix, entries["blank"])}  # fmt: skip
    if "rows" in control:
        rows = control["rows"]
        lines = [{**one, "cells": [under(prefix, cell) for cell in one["cells"]]} for one in rows["lines"]]  # fmt: skip
        found["rows"] = {**rows, "lines": lines, "blank": [under(prefix, one) for one in rows["blank"]]}  # fmt: skip
    if "ways" in control:
        ways = control["ways"]
        parts = [{**one, "control": under(prefix, one["control"])} for one in ways["parts"]]
        found["ways"] = {**ways, "name": f"{prefix}{ways['name']}", "parts": parts}
    return found


def _all_under(prefix: str, group: Drawn) -> Drawn:
    found = {**group, **{part: [under(prefix, one) for one in group[part]] for part in ("fields", "more")}}  # fmt: skip
    return found | ({"code": under(prefix, group["code"])} if "code" in group else {})


def told(controls: Sequence[Drawn], errors: Typed) -> list[Drawn]:
    """Return what is wrong for the summary above a form, each with what its control is called."""
    called = dict(_called(controls))
    return [{"name": name, "text": f"{called[name]}: {text}" if called.get(name) else text} for name, text in errors.items()]  # fmt: skip


def _called(controls: Sequence[Drawn], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the words of every control, of one inside others with what these are called."""
    for one in controls:
        label = f"{above} › {one['label']}" if above else str(one["label"])
        yield str(one["name"]), label
        groups = [*one.get("entries", {}).get("lines", ()), *([one["inside"]] if "inside" in one else [])]  # fmt: skip
        for group in groups:
            title = f"{label} › {group['title']}" if group.get("title") else label
            yield from _called([*group["fields"], *group["more"], *([group["code"]] if "code" in group else [])], title)  # fmt: skip
        yield from _called([part["control"] for part in one.get("ways", {}).get("parts", ())], above)  # fmt: skip
