"""Settings that one control cannot say: maps line by line, entries and settings with forms of their own, or one of several ways to write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.names import is_code
from fieldstone.web.pages.schema_form import Json, Nested, SchemaForm, narrowed
from fieldstone.web.pages.studio_inner import (
    OF_FIELDS,
    Drawn,
    Known,
    Listed,
    Typed,
    below,
    drawn_in,
    kept,
    under,
    written,
)
from fieldstone.web.pages.studio_lines import code_from
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

CODE: Final = "_code"
WAS: Final = "_was"
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
    choices: Listed = ()
    several: Listed = ()


def _ways(name: str, schema: Json, value: Any, known: Known, depth: int) -> list[Way]:
    """Return the ways in which a setting can be put together; none where one plain control says all."""
    shape, t = shape_of(schema), known.speech.t
    name = name.rpartition(".")[2]
    if shape.closed is None and shape.listed is None and shape.mapped is None:
        return _yes_or_words(name, shape, value, known)
    found: list[Way] = []
    mapped, keys = shape.mapped, known.keys.get(name, ())
    head = t("Field") if keys and not shape.plain and dict(keys) == known.fields else ""
    if shape.plain:
        plain = {"oneOf": list(shape.plain)} if len(shape.plain) > 1 else shape.plain[0]
        found.append(Way(t("one value"), ("plain",), _if(value, shape, ("plain",)), None, plain, known.choices.get(name, ())))  # fmt: skip
    if mapped is not None:
        inside = _if(value, shape, ("mapped",))
        by_case = bool(shape.plain)
        made: Nested = (
            Mapped(mapped, inside, known.speech, known.cases if by_case else keys, known.offered(name), by_case, head)
            if fits_in_a_cell(mapped)
            else Entries(entry_of(mapped), inside, known, depth, keyed=True, keys=keys, head=head)
        )  # fmt: skip
        found.append(Way(t("by case"), ("mapped",), inside, made))
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


def _yes_or_words(name: str, shape: Shape, value: Any, known: Known) -> list[Way]:
    """Return the ways of a setting that is yes, no, or for whom: none of any other plain one."""
    yes = [one for one in shape.plain if one.get("type") == "boolean"]
    words = [one for one in shape.plain if words_in(one)]
    if not yes or not words:
        return []
    t, is_yes = known.speech.t, isinstance(value, bool)
    return [
        Way(t("for all"), ("plain",), value if is_yes else None, None, yes[0]),
        Way(t("for some"), ("plain",), None if is_yes else value, None, words[0], several=known.several.get(name, ())),
    ]  # fmt: skip


def _if(value: Any, shape: Shape, sorts: tuple[str, ...]) -> Any:
    """Return a value that is written in one of these ways, None for any other."""
    return value if sort_of(value, shape) in sorts else None


def _form(schema: Json, values: Json, known: Known, depth: int) -> SchemaForm:
    """Return the form of one entry."""
    properties = {name: one for name, one in schema["properties"].items() if not _twin(name, schema, values)}  # fmt: skip
    inside = nested_in(properties, values, known.about(values), depth)
    shown = {name: narrowed(one, values.get(name)) for name, one in properties.items()}
    texts = {name for name, one in shown.items() if one.get("type") == "string"}
    choices = {name: listed for name, listed in known.choices.items() if name in texts}
    choices |= known.about(values).named_in(shown)
    for name in set(choices) & set(values):
        if values[name] not in dict(choices[name]):
            choices[name] = [*choices[name], (str(values[name]), str(values[name]))]
    return SchemaForm(
        shown,
        frozenset(schema.get("required", ())),
        known.speech,
        choices,
        picks=picks_of(shown, inside, known.about(values)),
        picks_url=known.about(values).fields_url,
        called={VALUE: known.speech.t("Value")},
        nested=inside,
        several=known.several,
    )


def _twin(name: str, schema: Json, values: Json) -> bool:
    """Tell whether a setting says the same as another one: `teams` beside `team`. It is shown where it is used."""
    return name not in values and name.endswith("s") and name[:-1] in schema["properties"]


def picks_of(shown: Mapping[str, Json], nested: Mapping[str, Nested], known: Known) -> dict[str, dict[str, str]]:  # fmt: skip
    """Return the settings that are lists of fields, each with what these are called."""
    lists = [n for n in OF_FIELDS & shown.keys() if n not in nested and words_in(shown[n])]
    return dict.fromkeys(lists, known.fields) if known.object else {}


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
        return _form(self.schema, self.before or {}, self.known, self.depth)

    def drawn(self, name: str, typed: Typed, errors: Typed) -> Drawn:
        """Return its controls, to be drawn in a frame."""
        here = below(typed, f"{name}-")
        controls = drawn_in(self.form, self.before or {}, here, below(errors, f"{name}-"), f"{name}-")  # fmt: skip
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
        choices = {name: one.choices for name, one in named.items() if one.choices}
        several = {name: one.several for name, one in named.items() if one.several}
        return SchemaForm(plain, frozenset(), self.known.speech, choices, nested=nested, several=several)  # fmt: skip

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
    """Several things with settings of their own: a list, a map by code (`keyed`), or one thing or a list of them (`single`)."""

    entry: Entry
    before: Any
    known: Known
    depth: int = 0
    keyed: bool = False
    single: bool = False
    keys: Listed = ()
    head: str = ""

    def _stored(self, value: Any) -> dict[str, Any]:
        """Return entries as they are written, by the name that the form has for them: their place, or their code."""
        if isinstance(value, Mapping):
            return dict(value) if self.keyed else {"0": value}
        return {str(place): one for place, one in enumerate(value or ())}

    def _form(self, was: str) -> SchemaForm:
        stored = self.entry.long(self._stored(self.before).get(was))
        known = self.known.against(was) if self.keyed else self.known
        return _form(self.entry.schema, stored, known, self.depth + 1)

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
        drawn = drawn_in(self._form(was), values, typed, errors, prefix)
        line: Drawn = {
            **drawn,
            "key": n,
            "was": was,
            "title": self._called(self._title(values or typed) or was),
        }
        if self.keyed:
            said = [errors[CODE]] if CODE in errors else []
            line["code"] = {**self._code_control(typed.get(CODE, "")), "name": f"{prefix}{CODE}", "errors": said}  # fmt: skip
        return line

    def _called(self, title: str) -> str:
        """Return what an entry is called: by the words for its code where there are some, by nothing where it is just a place."""
        return self.known.titles.get(title, "" if title.isdecimal() else title)

    def _code_control(self, code: str) -> Drawn:
        t = self.known.speech.t
        if self.keys:
            listed = (
                self.keys if not code or code in dict(self.keys) else [*self.keys, (code, code)]
            )
            options = [{"value": v, "label": w, "chosen": v == code} for v, w in listed]
            return {
                "label": self.head or t("Which one"),
                "type": "select",
                "options": options,
                "value": code,
            }
        return {"label": t("Code"), "type": "text", "value": code, "max_length": 40, "placeholder": t("made from the name")}  # fmt: skip

    def _title(self, values: Json) -> str:
        language = "zh" if self.known.speech.language.startswith("zh") else "en"
        label = values.get("label")
        if isinstance(label, Mapping):
            label = label.get(language) or label.get("en")
        return str(label or values.get(f"label.{language}") or values.get("code") or values.get(CODE) or "")  # fmt: skip

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
            code, mistake = self._code(one, values, found) if self.keyed else (n, "")
            if mistake:
                errors[f"{name}-{n}-{CODE}"] = mistake
            found[code] = self.entry.short(kept(form, self.entry.long(old), values), old)
        return self._whole(found), errors

    def _code(self, typed: Typed, values: Json, taken: Mapping[str, Any]) -> tuple[str, str]:
        t = self.known.speech.t
        label = values.get("label")
        words = label.get("en") or label.get("zh") if isinstance(label, Mapping) else label
        code = typed.get(CODE, "").strip() or code_from(str(words or ""), list(taken))
        if not is_code(code) and code != typed.get(WAS):
            return code, t("Write small letters, digits and single _, beginning with a letter.")
        return code, t("{code} is there twice.", code=code) if code in taken else ""

    def _whole(self, found: Mapping[str, Any]) -> Any:
        if not found:
            return self.before if self.before in ([], {}) else None
        if self.keyed:
            return dict(found)
        entries = list(found.values())
        one = self.single and len(entries) == 1 and not isinstance(self.before, list)
        return entries[0] if one else entries
