"""A form made from a JSON Schema: one control for each setting, and back from what was typed to a plain value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from werkzeug.datastructures import MultiDict

from fieldstone.web.i18n import Speech
from fieldstone.web.pages.picks import Pick
from fieldstone.web.pages.schema_kinds import (
    CHOICE,
    CONDITION,
    FLAG,
    LANGUAGES,
    LINES,
    NAMES,
    NESTED,
    NUMBER,
    PLAIN_ITEMS,
    SWITCH,
    WORDS,
    YAML,
    Json,
    kind_of,
    may_stand_alone,
    one_line,
)
from fieldstone.web.pages.studio_lines import spoken
from fieldstone.web.pages.studio_shapes import chosen_from
from fieldstone.web.pages.yaml_texts import yaml_text, yaml_value

Drawn = dict[str, Any]
UNSET: Final = ""


class Listed(Protocol):
    """A setting whose entries people set in lines."""

    def drawn(self, name: str, typed: Mapping[str, str]) -> Drawn:
        """Return the lines as parts/rows.html draws them."""
        ...

    def read(self, name: str, typed: Mapping[str, str]) -> Any:
        """Return what the lines say, None for nothing."""
        ...


# Expressions that give a value and ask no yes or no.
WORKED_OUT: Final = frozenset({"value", "default_expression"})


class Nested(Protocol):
    """A setting that is put together from settings of its own."""

    def drawn(self, name: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Drawn:
        """Return its control, as parts/entries.html draws it."""
        ...

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what its controls say of a value."""
        ...

    def read(self, name: str, typed: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """Return what its controls say, None for nothing, and what is wrong by the control's name."""
        ...


@dataclass(frozen=True)
class SchemaForm:
    """The settings of one thing; `choices` are values to choose from where the schema only says "a text".

    `switches` are yes-or-no settings whose absence means no; `lines` are maps whose entries people set one by one;
    `picks` are names that are found by typing, one or several;
    `grouped` are settings that are forms of their own, whose controls are called after both: then.reason;
    `called` and `hints` are said of settings whose own names and descriptions are for those who write YAML;
    `nested` are settings with settings of their own; `several` are lists of words, each with the words to tick; `suggested` are words that may be meant
    where any may be typed.
    """

    properties: Mapping[str, Json]
    required: frozenset[str]
    speech: Speech
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    lines: Mapping[str, Listed] = field(default_factory=dict)
    picks: Mapping[str, Pick] = field(default_factory=dict)
    grouped: frozenset[str] = frozenset()
    called: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    nested: Mapping[str, Nested] = field(default_factory=dict)
    several: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    suggested: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def posted(self, given: MultiDict[str, str]) -> dict[str, str]:
        """Return what a form posted, the words that were picked one by one joined by commas; of a switch its last word."""
        return {name: _joined(given.getlist(name)) for name in given}

    def fields(
        self, values: Json, typed: Mapping[str, str], errors: Mapping[str, str]
    ) -> list[Drawn]:
        """Return the controls, as parts/field.html draws them; what was typed wins over what is set."""
        found: list[Drawn] = []
        for name, schema, value in self._settings(values):
            if name in self.nested:
                inside = self.nested[name].drawn(name, typed, errors)
                found.append({**self._base(name, schema), "wide": True, **inside})
            else:
                found += self._controls(name, schema, value, typed)
        for one in found:
            said = errors.get(str(one["name"]))
            if said:
                one["errors"] = [said]
        return found

    def read(self, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the settings that a form says, and what is wrong by name of the control."""
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, schema, _ in self._settings({}):
            kind = self._kind(name, schema)
            try:
                if name in self.nested:
                    value, wrong = self.nested[name].read(name, typed)
                    errors |= wrong
                else:
                    value = self._read(name, kind, typed)
            except ValueError as error:
                errors[name] = str(error)
                continue
            group, _, inner = name.partition(".")
            if value is not None and inner:
                values.setdefault(group, {})[inner] = value
            elif value is not None:
                values[name] = value
            elif name in self.required:
                errors[f"{name}.en" if kind == NAMES else name] = self.speech.t("This is needed.")
        return values, errors

    def _settings(self, values: Json) -> Iterator[tuple[str, Json, Any]]:
        """Yield each setting with its schema and its value; a group by what is in it."""
        for name, schema in self.properties.items():
            if name not in self.grouped:
                yield name, schema, values.get(name)
                continue
            inside = values.get(name) or {}
            for inner, said in schema["properties"].items():
                yield f"{name}.{inner}", said, inside.get(inner)

    def said(self, values: Json) -> dict[str, str]:
        """Return what the controls say of values, as a form would post it untouched."""
        found: dict[str, str] = {}
        for name, schema, value in self._settings(values):
            kind = self._kind(name, schema)
            if name in self.nested:
                found |= self.nested[name].said(name, value)
            elif kind == NAMES:
                found |= {f"{name}.{one}": _word(value, one) for one in LANGUAGES}
            elif kind != LINES:
                found[name] = _text(kind, value)
        return found

    def kept(self, before: Json, values: Json) -> dict[str, Any]:
        """Return what a form says, each setting written as it was `before` where it says the same: "a" is not ["a"]."""
        same, _ = self.read(self.said(before))
        return {
            name: before[name]
            if name in before and self._alike(name, same.get(name), value)
            else value
            for name, value in values.items()
        }

    def _alike(self, name: str, one: Any, other: Any) -> bool:
        """Tell whether two values say the same; words that are ticked have no order."""
        if name in self.grouped and isinstance(one, Mapping) and isinstance(other, Mapping):
            return one.keys() == other.keys() and all(self._alike(f"{name}.{key}", one[key], other[key]) for key in one)  # fmt: skip
        listed = isinstance(one, list) and isinstance(other, list)
        ticked = listed and self._ticks(name, self.properties.get(name, {}))
        return sorted(one) == sorted(other) if ticked else bool(one == other)

    def _read(self, name: str, kind: str, typed: Mapping[str, str]) -> Any:
        if kind == LINES:
            return self.lines[name].read(name, typed)
        value, schema = _value(name, kind, typed), self.properties.get(name, {})
        numbers = schema.get("items", {}).get("type") in PLAIN_ITEMS - {"string"}
        if isinstance(value, list) and len(value) == 1 and may_stand_alone(self._schema_of(name)):
            return value[0]
        return [yaml_value(one) for one in value] if numbers and isinstance(value, list) else value

    def _schema_of(self, name: str) -> Json:
        group, _, inner = name.partition(".")
        found = self.properties.get(group, {})
        return found.get("properties", {}).get(inner, {}) if inner else found

    def _kind(self, name: str, schema: Json) -> str:
        if name in self.nested:
            return NESTED
        if name in self.lines:
            return LINES
        if name in self.switches or schema.get("const") is True:
            return SWITCH
        if name in self.choices or "enum" in schema or "const" in schema:
            return CHOICE
        return kind_of(schema)

    def _controls(
        self, name: str, schema: Json, value: Any, typed: Mapping[str, str]
    ) -> list[Drawn]:
        kind, base = self._kind(name, schema), self._base(name, schema)
        if kind == NAMES:
            return [self._name(base, language, value, typed) for language in LANGUAGES]
        if name in self.picks:
            shown = typed.get(name, _text(kind, value))
            several = kind == WORDS
            return [{**base, "wide": several, **self.picks[name].drawn(shown, several=several)}]
        return [
            {
                **base,
                **self._control(name, schema, kind, typed.get(name, _text(kind, value)), typed),
            }
        ]

    def _base(self, name: str, schema: Json) -> Drawn:
        t, described = self.speech.t, str(schema.get("description", ""))
        inner = name.rpartition(".")[2].replace("_", " ").capitalize()
        return {
            "name": name,
            "label": t(self.called.get(name) or str(schema.get("title") or inner)),
            "hint": self.hints.get(name) or (t(described) if described else ""),
            "required": name in self.required,
        }

    def _control(
        self, name: str, schema: Json, kind: str, shown: str, typed: Mapping[str, str]
    ) -> Drawn:
        """Return what one kind of control has beside its name."""
        made: Drawn = {"type": "text", "value": shown}
        if kind == LINES:
            made = {"type": "rows", "wide": True, "rows": self.lines[name].drawn(name, typed)}
        elif kind in (CHOICE, FLAG):
            made = {"type": "select", "options": self._offered(name, schema, shown)}
        elif kind == WORDS and (ticks := self._ticks(name, schema)):
            made = {"type": "multi_select", "wide": True, "options": _ticked(ticks, shown)}
        elif kind == SWITCH:
            made = {"type": "boolean", "value": shown == "true"}
        elif kind == YAML and one_line(name, schema, shown):
            made |= self._typed_freely(name)
        elif kind == YAML:
            made |= {"type": "long_text", "wide": True, "mono": True}
        elif kind == CONDITION:
            made |= {"wide": True, "expression": True, "condition": name not in WORKED_OUT}
        else:
            made |= self._typed_freely(name)
        return made

    def _typed_freely(self, name: str) -> Drawn:
        """Return what a text has that may be anything, with what may be meant."""
        suggested = [{"value": v, "label": w} for v, w in self.suggested.get(name, ())]
        return {"max_length": 2000, "suggest": suggested}

    def _offered(self, name: str, schema: Json, shown: str) -> list[Drawn]:
        t = self.speech.t
        if self._kind(name, schema) == FLAG:
            return _options((("true", t("Yes")), ("false", t("No"))), shown)
        named = schema.get("enum", [schema.get("const")])
        return _options(self.choices.get(name) or words_for(named, self.speech), shown)

    def _ticks(self, name: str, schema: Json) -> Sequence[tuple[str, str]]:
        named = words_for(chosen_from(schema), self.speech)
        return self.several.get(name) or named

    def _name(self, base: Drawn, language: str, value: Any, typed: Mapping[str, str]) -> Drawn:
        name = f"{base['name']}.{language}"
        words = {"en": self.speech.t("in English"), "zh": self.speech.t("in Chinese")}
        label = f"{base['label']} · {words[language]}"
        needed = base["required"] and language == "en"
        shown = typed.get(name, _word(value, language))
        return {**base, "name": name, "label": label, "type": "text", "value": shown,
                "required": needed, "hint": "", "max_length": 200}  # fmt: skip


def words_for(codes: Iterable[object], speech: Speech) -> list[tuple[str, str]]:
    """Return what people read for the words of YAML, as they are translated."""
    return [(str(one), _as_words(speech.t(str(one)))) for one in codes]


def _joined(said: Sequence[str]) -> str:
    picked = [one for one in said if one not in ("", "true", "false")]
    return ", ".join(picked) if picked and len(said) > 1 else said[-1]


def _as_words(code: str) -> str:
    """Return a code as people read it: last_opportunity is "Last opportunity"; one word stays."""
    return code.replace("_", " ").capitalize() if "_" in code else code


def _word(value: Any, language: str) -> str:
    """Return a label in one language; a bare text is English."""
    if isinstance(value, Mapping):
        return str(value.get(language) or "")
    return str(value or "") if language == "en" else ""


def _options(listed: Sequence[tuple[str, str]], shown: str) -> list[Drawn]:
    return [{"value": value, "label": label, "chosen": value == shown} for value, label in listed]


def _ticked(listed: Sequence[tuple[str, str]], shown: str) -> list[Drawn]:
    """Return words to tick, those that are set but not offered at the end."""
    chosen = [one for part in shown.split(",") if (one := part.strip())]
    strange = [(one, one) for one in chosen if one not in dict(listed)]
    return [{"value": v, "label": w, "chosen": v in chosen} for v, w in [*listed, *strange]]


def _text(kind: str, value: Any) -> str:
    """Return a value as its control shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == WORDS and isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    if kind == YAML:
        return yaml_text(value)
    return str(value)


def _value(name: str, kind: str, typed: Mapping[str, str]) -> Any:
    """Return what a control says, None for nothing. Raises ValueError with what is wrong."""
    if kind == NAMES:
        said = {language: typed.get(f"{name}.{language}", "").strip() for language in LANGUAGES}
        found = {language: text for language, text in said.items() if text}
        return spoken(found) or None
    text = typed.get(name, UNSET).strip()
    if not text:
        return None
    if kind in (SWITCH, FLAG):
        return text == "true" or (False if kind == FLAG else None)
    if kind == WORDS:
        return [one.strip() for one in text.replace("，", ",").split(",") if one.strip()]
    if kind in (YAML, NUMBER):
        return yaml_value(text)
    return text


def without(properties: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """Return the settings that a page shows elsewhere left out."""
    left = set(names)
    return {name: schema for name, schema in properties.items() if name not in left}
