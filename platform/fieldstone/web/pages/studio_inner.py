"""Forms inside a form of the studio: what they may name, how their controls are called, and what of them is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from fieldstone.base.named import sort_of as sort_named
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.picks import Pick
from fieldstone.web.pages.schema_form import SchemaForm
from fieldstone.web.pages.schema_kinds import Json
from fieldstone.web.pages.studio_offers import FIELDS, OF_THE_OBJECT, PERSON, Offers, Place
from fieldstone.web.pages.studio_shapes import numeric, ways_of

Drawn = dict[str, Any]
Typed = Mapping[str, str]
Listed = Sequence[tuple[str, str]]
MOST_FIRST: Final = 4
OF_PEOPLE: Final = frozenset({"user", "person", "heir"})
SEARCHED: Final = OF_PEOPLE | {"time_zone"}
# Names that people make themselves, maybe in the same form.
OWN_WORDS: Final = frozenset({"key"})
# In the name of the control that says which object is meant: one form further out.
OUT: Final = "^"


@dataclass(frozen=True)
class Naming:
    """What a setting names: its sort, what narrows that, and whether it may name several."""

    sort: str
    of: str
    several: bool


def naming_of(schema: Json) -> Naming | None:
    """Return what a setting names, in whichever way it is written; None of one that names nothing that can be chosen."""
    ways = ways_of(schema)
    lists = [one["items"] for one in ways if isinstance(one.get("items"), Mapping)]
    for one in (*ways, *lists):
        sort, of = sort_named(one)
        if sort:
            return Naming(sort, of, bool(lists))
    return None


def or_a_number(schema: Json) -> bool:
    """Tell whether a number may stand where a setting names something: it is typed, what is there to name is suggested."""
    return naming_of(schema) is not None and numeric(schema)


@dataclass(frozen=True)
class Chosen:
    """What the settings of a form are chosen from, by their names; see SchemaForm."""

    choices: dict[str, Listed] = field(default_factory=dict)
    several: dict[str, Listed] = field(default_factory=dict)
    picks: dict[str, Pick] = field(default_factory=dict)
    suggested: dict[str, Listed] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What the settings inside may name, and where they stand.

    `beside` is the control that says which object is spoken of where that is not known yet, `through` what it names
    when it is no object: a relation, a link.
    """

    speech: Speech
    offers: Offers | None = None
    place: Place = field(default_factory=Place)
    beside: str = ""
    through: str = ""

    def listed(self, schema: Json) -> Listed:
        """Return what may be chosen for a text of this schema, () where nothing is named."""
        sort, of = sort_named(schema)
        return self.offers.listed(sort, of, self.place) if self.offers and sort else ()

    def about(self, schema: Json, values: Json) -> Known:
        """Return what the settings of an entry may name: one that speaks of another object names its fields."""
        inside = replace(self, place=self.place.inside(values))
        if OF_THE_OBJECT not in schema.get("properties", {}):
            return inside
        named = str(values.get(OF_THE_OBJECT) or "")
        return replace(inside, place=replace(inside.place, object=named), beside=OF_THE_OBJECT, through="")  # fmt: skip

    def under_key(self, keys: Json, key: str, control: str) -> Known:
        """Return what an entry under a key may name; `control` is where the key of a new one is chosen."""
        sort, _ = sort_named(keys)
        if self.offers is None or sort not in ("object", "relation", "link"):
            return self
        through = "" if sort == "object" else sort
        spoken_of = self.offers.object_inside(sort, key, self.place)
        return replace(self, place=replace(self.place, object=spoken_of), beside=control, through=through)  # fmt: skip

    def further_in(self) -> Known:
        """Return the same for a form one step further in."""
        return replace(self, beside=f"{OUT}{self.beside}") if self.beside else self

    def pick(self, naming: Naming, values: Sequence[str]) -> Pick | None:
        """Return how a name is found by typing; None of what is better chosen from a list."""
        offers, place = self.offers, self.place
        if offers is None:
            return None
        if naming.sort in OF_PEOPLE:
            url = _url(naming.sort, own=place.own or place.object)
            return Pick(url, offers.people.called(naming.sort, place.own or place.object, values))
        labels = dict(offers.listed(naming.sort, naming.of, place))
        if naming.sort not in FIELDS:
            return Pick(_url(f"{naming.sort}:{naming.of}"), labels) if naming.sort in SEARCHED else None  # fmt: skip
        elsewhere = naming.sort in ("field", "link") and self.beside
        if not elsewhere and not (naming.several and labels):
            return None
        types = naming.of if naming.sort != "field_of" else ""
        about = offers.field_object(naming.sort, naming.of, place)
        if naming.sort == "person_field":
            about = PERSON
        url = _url(f"field:{types}", own=place.own, about=about, through=self.through if elsewhere else "")  # fmt: skip
        return Pick(url, labels, self.beside if elsewhere else "")

    def chosen(self, shown: Mapping[str, Json], values: Json) -> Chosen:
        """Return what the settings of a form are chosen from, those that say something else included."""
        found = Chosen()
        for name, schema in shown.items():
            naming, value = naming_of(schema), values.get(name)
            said = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            if naming is None or not all(isinstance(one, str) for one in said):
                continue
            pick = self.pick(naming, said)
            listed = self.offers.listed(naming.sort, naming.of, self.place) if self.offers else ()
            if pick is not None:
                found.picks[name] = pick
            elif naming.sort in OWN_WORDS or or_a_number(schema):
                found.suggested[name] = listed
            elif listed and naming.several:
                found.several[name] = listed
            elif listed:
                strange = [(one, one) for one in said if one not in dict(listed)]
                found.choices[name] = [*listed, *strange]
        return found


def _url(sort: str, **more: str) -> str:
    return f"/studio/names?{urlencode({'sort': sort.removesuffix(':'), **{k: v for k, v in more.items() if v}})}"


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


def drawn_in(form: SchemaForm, values: Json, typed: Typed, errors: Typed, prefix: str, place: Place) -> Drawn:  # fmt: skip
    """Return the controls of a form inside another: what is said or needed first, the rest to be opened."""
    controls = [under(prefix, one) for one in form.fields(values, typed, errors)]
    about = {str(one["name"]).removeprefix(prefix): one for one in controls}.get(OF_THE_OBJECT)
    if about is not None:
        chosen = next((one["value"] for one in about.get("options", ()) if one["chosen"]), "")
        controls = [_asked_of(one, chosen or about.get("value", "")) for one in controls]
    elif place.object != place.own:
        controls = [_asked_of(one, place.object) for one in controls]
    filled = any(not one.get("required") and _matters(one) for one in controls)
    usual = [] if filled else controls[:MOST_FIRST]
    first = [one for one in controls if _matters(one) or one.get("condition") or one in usual]
    return {"fields": first, "more": [one for one in controls if one not in first]}


def _asked_of(control: Drawn, object_name: Any) -> Drawn:
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
    if beside := control.get("beside"):
        outer = beside.startswith(OUT)
        found["beside"] = beside.removeprefix(OUT) if outer else f"{prefix}{beside}"
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
