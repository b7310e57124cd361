"""Settings that hold settings of their own: lists and maps of entries, each a form made from its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.names import is_code
from fieldstone.web.i18n import Speech
from fieldstone.web.pages.schema_form import Json, Nested, SchemaForm, narrowed
from fieldstone.web.pages.studio_lines import code_from

Drawn = dict[str, Any]
Typed = Mapping[str, str]
CODE: Final = "_code"
WAS: Final = "_was"
BLANK: Final = "__n__"
DEEPEST: Final = 2
MOST_FIRST: Final = 4


@dataclass(frozen=True)
class Known:
    """What the settings inside may name: objects, pools and the like by the name of the setting; what the codes of entries are called; whom to ask for words."""

    speech: Speech
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


def nested_in(properties: Mapping[str, Json], values: Json, known: Known, depth: int = 0) -> dict[str, Nested]:  # fmt: skip
    """Return those of the settings that are put together from settings of their own, as far as their values allow it."""
    found: dict[str, Nested] = {}
    for name, schema in properties.items():
        made = _nested(schema, values.get(name), known, depth)
        if made is not None:
            found[name] = made
    return found


def _nested(schema: Json, value: Any, known: Known, depth: int) -> Nested | None:
    forms = _forms(schema)
    whole = next((one for one in forms if _closed(one)), None)
    listed = next((one for one in (_entry_of(form) for form in forms) if one), None)
    keyed = next((one for one in (_keyed_of(form) for form in forms) if one), None)
    first_is_text = value is None and forms[0].get("type") == "string"
    if depth == 0 and listed and not first_is_text and _all_maps(value, whole is not None):
        return Entries(listed, value, known, single=whole is not None)
    if depth == 0 and keyed and not first_is_text and _map_of_maps(value):
        return Entries(keyed, value, known, keyed=True)
    if whole and depth < DEEPEST and (value is None or isinstance(value, Mapping)):
        return Settings(whole, value, known, depth + 1)
    return None


def _forms(schema: Json) -> Sequence[Json]:
    if "properties" in schema:
        return (schema,)
    return schema.get("oneOf") or schema.get("anyOf") or (schema,)


def _closed(schema: Json) -> bool:
    """Tell whether a schema is a map of settings that are all known; the two languages of a text are none."""
    inner = set(schema.get("properties", ()))
    return bool(inner) and schema.get("additionalProperties") is False and inner != {"en", "zh"}


def _entry_of(schema: Json) -> Json | None:
    if schema.get("type") != "array":
        return None
    return next((one for one in _forms(schema.get("items", {})) if _closed(one)), None)


def _keyed_of(schema: Json) -> Json | None:
    """Return the schema of the entries of a map by code; where an entry may be a bare value, there is none."""
    inner = schema.get("additionalProperties")
    if not isinstance(inner, Mapping) or schema.get("properties"):
        return None
    forms = _forms(inner)
    return forms[0] if all(_closed(one) for one in forms) else None


def _all_maps(value: Any, single: bool) -> bool:
    if value is None or (single and isinstance(value, Mapping)):
        return True
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _map_of_maps(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values())


def _form(schema: Json, values: Json, known: Known, depth: int) -> SchemaForm:
    """Return the form of one entry."""
    shown = {name: narrowed(one, values.get(name)) for name, one in schema["properties"].items()}
    texts = {name for name, one in shown.items() if one.get("type") == "string"}
    choices = {name: listed for name, listed in known.choices.items() if name in texts}
    for name in set(choices) & set(values):
        if values[name] not in dict(choices[name]):
            choices[name] = [*choices[name], (str(values[name]), str(values[name]))]
    return SchemaForm(
        shown,
        frozenset(schema.get("required", ())),
        known.speech,
        choices,
        nested=nested_in(schema["properties"], values, known, depth),
    )


def _kept(form: SchemaForm, before: Json, values: Json) -> dict[str, Any]:
    """Return what a form says, in the order and the words of what was there."""
    found = form.kept(before, values)
    unseen = {name: value for name, value in before.items() if name not in form.properties}
    in_order = {name: found[name] for name in before if name in found}
    return {**in_order, **unseen, **found}


def _below(typed: Typed, prefix: str) -> dict[str, str]:
    found = typed.items()
    return {name.removeprefix(prefix): text for name, text in found if name.startswith(prefix)}


def _written(typed: Typed) -> bool:
    """Tell whether anything is said: a switch that is off says nothing."""
    return any(text.strip() not in ("", "false") for text in typed.values())


def _drawn(form: SchemaForm, values: Json, typed: Typed, errors: Typed, prefix: str) -> Drawn:
    """Return the controls of a form inside another: what is said or needed first, the rest to be opened."""
    controls = [_under(prefix, one) for one in form.fields(values, typed, errors)]
    about = {str(one["name"]).removeprefix(prefix): one for one in controls}.get("object")
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
    inside = control.get("inside", {})
    return bool(control.get("required") or control.get("value") or control.get("errors") or chosen or inside.get("said"))  # fmt: skip


def _under(prefix: str, control: Drawn) -> Drawn:
    name = f"{prefix}{control['name']}"
    found = {**control, "name": name, "id": f"f-{name}"}
    if "inside" in control:
        inside = control["inside"]
        found["inside"] = {
            **inside,
            "fields": [_under(prefix, one) for one in inside["fields"]],
            "more": [_under(prefix, one) for one in inside["more"]],
        }
    return found


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
        here = _below(typed, f"{name}-")
        controls = _drawn(self.form, self.before or {}, here, _below(errors, f"{name}-"), f"{name}-")  # fmt: skip
        said = bool(self.before) or _written(here)
        return {"type": "settings", "inside": {**controls, "said": said}}

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the controls say of a value."""
        inside = self.form.said(value if isinstance(value, Mapping) else {})
        return {f"{name}-{key}": text for key, text in inside.items()}

    def read(self, name: str, typed: Typed) -> tuple[Any, dict[str, str]]:
        """Return the settings, None for none, and what is wrong by the control's name."""
        here = _below(typed, f"{name}-")
        if not here:
            return self.before, {}
        form = self.form
        values, errors = form.read(here)
        if not values and not _written(here):
            return None, {}
        return _kept(form, self.before or {}, values), {f"{name}-{key}": said for key, said in errors.items()}  # fmt: skip


@dataclass(frozen=True)
class Entries:
    """Several things with settings of their own: a list, a map by code (`keyed`), or one thing or a list of them (`single`)."""

    schema: Json
    before: Any
    known: Known
    keyed: bool = False
    single: bool = False

    def _stored(self) -> dict[str, Json]:
        """Return the entries in force by the name that the form has for them: their place, or their code."""
        return self._stored_in(self.before)

    def _stored_in(self, value: Any) -> dict[str, Json]:
        if isinstance(value, Mapping):
            return dict(value) if self.keyed else {"0": value}
        return {str(place): one for place, one in enumerate(value or ())}

    def _form(self, was: str) -> SchemaForm:
        return _form(self.schema, self._stored().get(was, {}), self.known, 1)

    def _typed(self, name: str, typed: Typed) -> dict[str, dict[str, str]] | None:
        """Return what a form posted by entry, in its order; None where it was not shown."""
        shape, found = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-(.+)"), dict[str, dict[str, str]]()  # fmt: skip
        for key, text in typed.items():
            if match := shape.fullmatch(key):
                found.setdefault(match[1], {})[match[2]] = text
        return found if found or name in typed else None

    def drawn(self, name: str, typed: Typed, errors: Typed) -> Drawn:
        """Return the entries, and a blank one to copy."""
        stored = self._stored()
        posted = self._typed(name, typed)
        if posted is None:
            posted = {str(n): {WAS: was, CODE: was} for n, was in enumerate(stored)}
            values = {n: stored[one[WAS]] for n, one in posted.items()}
        else:
            values = {n: {} for n in posted}
        lines = [
            self._line(name, n, one, values[n], _below(errors, f"{name}-{n}-"))
            for n, one in posted.items()
        ]
        following = max((int(n) for n in posted), default=-1) + 1
        return {
            "type": "entries",
            "entries": {"lines": lines, "blank": self._line(name, BLANK, {}, {}, {}), "next": following},
        }  # fmt: skip

    def _line(self, name: str, n: str, typed: Typed, values: Json, errors: Typed) -> Drawn:
        was, prefix = typed.get(WAS, ""), f"{name}-{n}-"
        form = self._form(was)
        drawn = _drawn(form, values, typed, errors, prefix)
        line: Drawn = {
            **drawn,
            "key": n,
            "was": was,
            "title": self._title(values or typed) or self.known.titles.get(was, ""),
        }
        if self.keyed:
            t = self.known.speech.t
            line["code"] = {
                "name": f"{prefix}{CODE}", "label": t("Code"), "type": "text", "value": typed.get(CODE, ""),
                "max_length": 40, "errors": [errors[CODE]] if CODE in errors else [],
                "placeholder": t("made from the name"),
            }  # fmt: skip
        return line

    def _title(self, values: Json) -> str:
        language = "zh" if self.known.speech.language.startswith("zh") else "en"
        label = values.get("label")
        if isinstance(label, Mapping):
            label = label.get(language) or label.get("en")
        return str(label or values.get(f"label.{language}") or values.get("code") or values.get(CODE) or "")  # fmt: skip

    def said(self, name: str, value: Any) -> dict[str, str]:
        """Return what the controls say of a value; inside another entry there are none."""
        stored = self._stored_in(value)
        found = {name: ""}
        for n, (was, one) in enumerate(stored.items()):
            inside = {WAS: was, CODE: was, **self._form(was).said(one)}
            found |= {f"{name}-{n}-{key}": text for key, text in inside.items()}
        return found

    def read(self, name: str, typed: Typed) -> tuple[Any, dict[str, str]]:
        """Return the entries, None for none, and what is wrong by the control's name."""
        posted = self._typed(name, typed)
        if posted is None:
            return self.before, {}
        stored, found, errors = self._stored(), dict[str, Any](), dict[str, str]()
        for n, one in posted.items():
            was = one.get(WAS, "")
            form, old = self._form(was), stored.get(was, {})
            said = {key: text for key, text in one.items() if key not in (WAS, CODE)}
            if not old and not _written(one):
                continue
            values, wrong = form.read(said)
            errors |= {f"{name}-{n}-{key}": text for key, text in wrong.items()}
            code, mistake = self._code(one, values, found) if self.keyed else (n, "")
            if mistake:
                errors[f"{name}-{n}-{CODE}"] = mistake
            found[code] = _kept(form, old, values)
        return self._whole(found), errors

    def _code(self, typed: Typed, values: Json, taken: Mapping[str, Any]) -> tuple[str, str]:
        t = self.known.speech.t
        label = values.get("label")
        words = label.get("en") or label.get("zh") if isinstance(label, Mapping) else label
        code = typed.get(CODE, "").strip() or code_from(str(words or ""), list(taken))
        if not is_code(code):
            return code, t("Write small letters, digits and single _, beginning with a letter.")
        return code, t("{code} is there twice.", code=code) if code in taken else ""

    def _whole(self, found: Mapping[str, Any]) -> Any:
        if not found:
            return None
        if self.keyed:
            return dict(found)
        entries = list(found.values())
        one = self.single and len(entries) == 1 and not isinstance(self.before, list)
        return entries[0] if one else entries
