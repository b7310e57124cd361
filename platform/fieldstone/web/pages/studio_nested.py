"""Settings that one control cannot say: maps line by line, entries and settings with forms of their own, or one of several ways to write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.web.pages.schema_form import Nested, SchemaForm
from fieldstone.web.pages.schema_kinds import Json, narrowed
from fieldstone.web.pages.studio_headings import CODE, WAS, Heading
from fieldstone.web.pages.studio_inner import (
    Drawn,
    Known,
    Typed,
    below,
    drawn_in,
    kept,
    naming_of,
    or_a_number,
    under,
    written,
)
from fieldstone.web.pages.studio_line_values import stands_in_cells
from fieldstone.web.pages.studio_maps import Mapped
from fieldstone.web.pages.studio_shapes import (
    VALUE,
    Entry,
    Shape,
    entry_of,
    fits_in_a_cell,
    shape_of,
    sort_of,
    words_in,
)
from fieldstone.web.pages.studio_sorting import Sorting

WAY: Final = "as"
BLANK: Final = "__n__"
DEEPEST: Final = 2


def nested_in(properties: Mapping[str, Json], values: Json, known: Known, depth: int = 0) -> dict[str, Nested]:  # fmt: skip
    """Return those of the settings that are more than one control, down to a depth that people can follow."""
    found: dict[str, Nested] = {}
    for name, schema in properties.items() if depth <= DEEPEST else ():
        ways = _ways(name, schema, values.get(name), known, depth)
        if ways:
            found[name] = ways[0].nested if len(ways) == 1 and ways[0].nested else Ways(ways, known, values.get(name))  # fmt: skip
    return found


@dataclass(frozen=True)
class Way:
    """One way to write a setting: what it is called, which values are written so, and its control, or the schema of a plain one."""

    label: str
    sorts: tuple[str, ...]
    value: Any
    nested: Nested | None = None
    schema: Json | None = None


def _ways(name: str, schema: Json, value: Any, known: Known, depth: int) -> list[Way]:
    """Return the ways in which a setting can be put together; none where one plain control says all."""
    shape, t = shape_of(schema), known.speech.t
    if shape.closed is None and shape.listed is None and shape.mapped is None:
        return _sorted(schema, value, known) or _yes_or_words(shape, value, known)
    if shape.several_ways:
        known = known.further_in()
    found: list[Way] = []
    if shape.plain:
        plain = {"oneOf": list(shape.plain)} if len(shape.plain) > 1 else shape.plain[0]
        found.append(Way(t("one value"), ("plain",), _if(value, shape, ("plain",)), None, plain))
    if shape.mapped is not None:
        inside = _if(value, shape, ("mapped",))
        made = _map(shape, inside, known, depth)
        found.append(Way(t(shape.called or "by case"), ("mapped",), inside, made))
    whole = shape.closed
    if shape.listed is not None:
        entry = entry_of(shape.listed)
        single = whole is not None and not entry.bare
        sorts = ("listed", "closed") if single else ("listed",)
        several = Entries(entry, _if(value, shape, sorts), known, depth, single=single)
        word = t("by condition") if "when" in entry.schema["properties"] else t("several")
        found.append(Way(word, sorts, several.before, several))
        whole = None if single else whole
    if whole is not None:
        settings = Settings(whole, _if(value, shape, ("closed",)), known, depth + 1)
        found.append(Way(t("with settings"), ("closed",), settings.before, settings))
    return found


def _map(shape: Shape, inside: Any, known: Known, depth: int) -> Nested:
    """Return the control of a map: lines, or entries where a value is more than a line can say."""
    values, keys = shape.mapped or {}, shape.keys
    if stands_in_cells(values) or fits_in_a_cell(values):
        return Mapped(keys, values, inside, known, bool(shape.plain) and not shape.called)
    return Entries(entry_of(values), inside, known, depth, keys=keys)


def _sorted(schema: Json, value: Any, known: Known) -> list[Way]:
    """Return the one way of a setting that is an order of fields, none of any other."""
    naming = naming_of(schema)
    if naming is None or naming.sort != "sort" or not known.offers:
        return []
    return [Way("", ("plain",), value, Sorting(value, known))]


def _yes_or_words(shape: Shape, value: Any, known: Known) -> list[Way]:
    """Return the ways of a setting that is yes, no, or for whom: none of any other plain one."""
    yes = [one for one in shape.plain if one.get("type") == "boolean"]
    words = [one for one in shape.plain if words_in(one)]
    if not yes or not words:
        return []
    t, is_yes = known.speech.t, isinstance(value, bool)
    return [
        Way(t("for all"), ("plain",), value if is_yes else None, None, yes[0]),
        Way(t("for some"), ("plain",), None if is_yes else value, None, words[0]),
    ]  # fmt: skip


def _if(value: Any, shape: Shape, sorts: tuple[str, ...]) -> Any:
    """Return a value that is written in one of these ways, None for any other."""
    return value if sort_of(value, shape) in sorts else None


def _form(schema: Json, values: Json, known: Known, depth: int) -> SchemaForm:
    """Return the form of one entry."""
    properties = {name: one for name, one in schema["properties"].items() if not _twin(name, schema, values)}  # fmt: skip
    here = known.about(schema, values)
    inside = nested_in(properties, values, here, depth)
    shown = {name: one if or_a_number(one) else narrowed(one, values.get(name)) for name, one in properties.items()}  # fmt: skip
    chosen = here.chosen({name: one for name, one in shown.items() if name not in inside}, values)
    return SchemaForm(
        shown,
        frozenset(schema.get("required", ())),
        known.speech,
        chosen.choices,
        picks=chosen.picks,
        called={VALUE: known.speech.t("Value")},
        nested=inside,
        several=chosen.several,
        suggested=chosen.suggested,
    )


def _twin(name: str, schema: Json, values: Json) -> bool:
    """Tell whether a setting says the same as another one: `teams` beside `team`. It is shown where it is used."""
    return name not in values and name.endswith("s") and name[:-1] in schema["properties"]


@dataclass(frozen=True)
class Settings:
    """One map of settings inside another."""

    schema: Json
    before: Any
    known: Known
    depth: int = 1

    @property
    def form(self) -> SchemaForm:
        """Return the form of its settings."""
        return _form(self.schema, self.before or {}, self.known.further_in(), self.depth)

    def drawn(self, name: str, typed: Typed, errors: Typed) -> Drawn:
        """Return its controls, to be drawn in a frame."""
        here = below(typed, f"{name}-")
        controls = drawn_in(self.form, self.before or {}, here, below(errors, f"{name}-"), f"{name}-", self.known.place)  # fmt: skip
        said = bool(self.before) or written(here)
        return {"type": "settings", "inside": {**controls, "said": said}}

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the controls say of a value."""
        inside = self.form.said(value if isinstance(value, Mapping) else {})
        return {f"{name}-{key}": text for key, text in inside.items()}

    def read(self, name: str, typed: Typed) -> tuple[Any, dict[str, str]]:
        """Return the settings, None for none, and what is wrong by the control's name."""
        here = below(typed, f"{name}-")
        if not here:
            return self.before, {}
        form = self.form
        values, errors = form.read(here)
        if not values and not written(here):
            return None, {}
        return kept(form, self.before or {}, values), {f"{name}-{key}": said for key, said in errors.items()}  # fmt: skip


@dataclass(frozen=True)
class Ways:
    """A setting that may be written in several ways: which one is chosen beside it, and all of them at hand."""

    ways: list[Way]
    known: Known
    before: Any

    @property
    def form(self) -> SchemaForm:
        """Return the controls of all ways as one form."""
        named = dict(zip(self._names(), self.ways, strict=True))
        plain = {name: one.schema or {} for name, one in named.items()}
        nested = {name: one.nested for name, one in named.items() if one.nested is not None}
        single = {name: one for name, one in plain.items() if name not in nested}
        chosen = self.known.further_in().chosen(single, self._values())
        return SchemaForm(
            plain,
            frozenset(),
            self.known.speech,
            chosen.choices,
            picks=chosen.picks,
            nested=nested,
            several=chosen.several,
            suggested=chosen.suggested,
        )

    def _names(self) -> list[str]:
        return [f"a{n}" for n, _ in enumerate(self.ways)]

    def _values(self) -> dict[str, Any]:
        pairs = zip(self._names(), self.ways, strict=True)
        return {name: one.value for name, one in pairs if one.value is not None}

    def _chosen(self) -> str:
        return next(iter(self._values()), "a0")

    def drawn(self, name: str, typed: Typed, errors: Typed) -> Drawn:
        """Return the choice and the controls of each way, as parts/entries.html draws them."""
        here, prefix = below(typed, f"{name}-"), f"{name}-"
        chosen = here.get(WAY) or self._chosen()
        controls = self.form.fields(self._values(), here, below(errors, prefix))
        parts = [
            {"value": way, "control": under(prefix, one)}
            for way, one in zip(self._names(), controls, strict=True)
        ]
        options = [{"value": way, "label": one.label, "chosen": way == chosen} for way, one in zip(self._names(), self.ways, strict=True)]  # fmt: skip
        said = self.before is not None or written({k: v for k, v in here.items() if k != WAY})
        return {"type": "ways", "ways": {"name": f"{name}-{WAY}", "options": options, "parts": parts, "said": said}}  # fmt: skip

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the controls say of the value that is set."""
        inside = self.form.said(self._values() if value == self.before else {})
        return {f"{name}-{WAY}": self._chosen(), **{f"{name}-{key}": text for key, text in inside.items()}}  # fmt: skip

    def read(self, name: str, typed: Typed) -> tuple[Any, dict[str, str]]:
        """Return what the chosen way says, and what is wrong there."""
        here = below(typed, f"{name}-")
        chosen = here.get(WAY, "")
        if chosen not in self._names():
            return self.before, {}
        values, errors = self.form.read(here)
        found = kept(self.form, self._values(), values).get(chosen)
        ours = {key: said for key, said in errors.items() if key.partition("-")[0] == chosen}
        return found, {f"{name}-{key}": said for key, said in ours.items()}


@dataclass(frozen=True)
class Entries:
    """Several things with settings of their own: a list, a map whose keys have the schema `keys`, or one thing or a list of them (`single`)."""

    entry: Entry
    before: Any
    known: Known
    depth: int = 0
    keys: Json | None = None
    single: bool = False

    @property
    def keyed(self) -> bool:
        """Tell whether the entries are a map."""
        return self.keys is not None

    @property
    def _heading(self) -> Heading:
        return Heading(self.known, self.keys)

    def _stored(self, value: Any) -> dict[str, Any]:
        """Return entries as they are written, by the name that the form has for them: their place, or their code."""
        if isinstance(value, Mapping):
            return dict(value) if self.keyed else {"0": value}
        return {str(place): one for place, one in enumerate(value or ())}

    def _form(self, was: str) -> SchemaForm:
        stored = self.entry.long(self._stored(self.before).get(was))
        return _form(self.entry.schema, stored, self._known(was), self.depth + 1)

    def _known(self, was: str) -> Known:
        """Return what an entry may name: under a key that is an object or leads to one, its fields."""
        inside = self.known.further_in()
        return inside if self.keys is None else inside.under_key(self.keys, was, CODE)

    def _typed(self, name: str, typed: Typed) -> dict[str, dict[str, str]] | None:
        """Return what a form posted by entry, in its order; None where it was not shown."""
        shape, found = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-(.+)"), dict[str, dict[str, str]]()  # fmt: skip
        for key, text in typed.items():
            if match := shape.fullmatch(key):
                found.setdefault(match[1], {})[match[2]] = text
        return found if found or name in typed else None

    def drawn(self, name: str, typed: Typed, errors: Typed) -> Drawn:
        """Return the entries, and a blank one to copy."""
        stored = self._stored(self.before)
        posted = self._typed(name, typed)
        if posted is None:
            posted = {str(n): {WAS: was, CODE: was} for n, was in enumerate(stored)}
            values = {n: self.entry.long(stored[one[WAS]]) for n, one in posted.items()}
        else:
            values = {n: {} for n in posted}
        lines = [
            self._line(name, n, one, values[n], below(errors, f"{name}-{n}-"))
            for n, one in posted.items()
        ]
        following = max((int(n) for n in posted), default=-1) + 1
        blank = self._line(name, BLANK, {}, {}, {})
        return {"type": "entries", "entries": {"lines": lines, "blank": blank, "next": following}}

    def _line(self, name: str, n: str, typed: Typed, values: Json, errors: Typed) -> Drawn:
        was, prefix = typed.get(WAS, ""), f"{name}-{n}-"
        drawn = drawn_in(self._form(was), values, typed, errors, prefix, self._known(was).place)
        line: Drawn = {
            **drawn,
            "key": n,
            "was": was,
            "title": self._heading.title(values or typed, was, drawn["fields"]),
        }
        if self.keyed:
            said = [errors[CODE]] if CODE in errors else []
            line["code"] = {**self._heading.control(typed.get(CODE, "")), "name": f"{prefix}{CODE}", "errors": said}  # fmt: skip
        return line

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the controls say of a value."""
        found = {name: ""}
        for n, (was, one) in enumerate(self._stored(value).items()):
            inside = {WAS: was, CODE: was, **self._form(was).said(self.entry.long(one))}
            found |= {f"{name}-{n}-{key}": text for key, text in inside.items()}
        return found

    def read(self, name: str, typed: Typed) -> tuple[Any, dict[str, str]]:
        """Return the entries, None for none, and what is wrong by the control's name."""
        posted = self._typed(name, typed)
        if posted is None:
            return self.before, {}
        stored, found, errors = self._stored(self.before), dict[str, Any](), dict[str, str]()
        for n, one in posted.items():
            was = one.get(WAS, "")
            form, old = self._form(was), stored.get(was)
            said = {key: text for key, text in one.items() if key not in (WAS, CODE)}
            if not old and not written(one):
                continue
            values, wrong = form.read(said)
            errors |= {f"{name}-{n}-{key}": text for key, text in wrong.items()}
            code, mistake = self._heading.code(one, values, found) if self.keyed else (n, "")
            if mistake:
                errors[f"{name}-{n}-{CODE}"] = mistake
            found[code] = self.entry.short(kept(form, self.entry.long(old), values), old)
        return self._whole(found), errors

    def _whole(self, found: Mapping[str, Any]) -> Any:
        if not found:
            return self.before if self.before in ([], {}) else None
        if self.keyed:
            return dict(found)
        entries = list(found.values())
        one = self.single and len(entries) == 1 and not isinstance(self.before, list)
        return entries[0] if one else entries
