"""Fields: from YAML in its short or long form to a Field with its configured type, but without expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import label_of
from fieldstone.base.names import did_you_mean, is_code, nearest
from fieldstone.compiler.outline import Outline, Words, first_code, physical
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.schema_check import shape_of
from fieldstone.compiler.shapes import DERIVED, FIELD_ENVELOPE, LINKING, WITH_OPTIONS, field_schema
from fieldstone.compiler.system_fields import CHILD_ONLY, TAKEN
from fieldstone.compiler.tree import Table, earlier_codes, plain
from fieldstone.compiler.words import label_from, options_from
from fieldstone.expressions.types import RESERVED
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.model.objects import Field

NOT_FOR_MAKE = frozenset({"type", *FIELD_ENVELOPE, *WITH_OPTIONS, *LINKING})
CHOOSING = frozenset({"select", "multi_select"})
LATER = frozenset({"rows", "rollup"})  # made when the fields of other objects are known


class FieldReader:
    """Reads the fields of all objects."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def add_fields(self, outline: Outline, spot: Spot, raw: Mapping[str, Any]) -> None:
        """Read the fields of an object or of child rows into its outline, in the order of the page."""
        for code, settings in raw.items():
            here = spot.under(code)
            if not self._name_is_free(here, code, outline):
                continue
            outline.spots[code] = here
            before = len(spot.problems)
            field = self._field(here, code, settings, outline)
            if len(spot.problems) > before:
                outline.broken.add(code)
            if field is None:
                field = Field(code, label_of(code), self._words.type("text"))
            outline.fields[code] = field
        _report_shared_columns(outline)

    def _name_is_free(self, spot: Spot, code: str, outline: Outline) -> bool:
        if not is_code(code):
            spot.problem(
                "bad_code",
                f"'{code}' cannot be the code of a field.",
                "Write small letters a-z, digits and _, beginning with a letter, at most 40 characters; what people read goes into 'label'.",
                of_key=True,
            )
        elif code in TAKEN and (code not in CHILD_ONLY or outline.parent is not None):
            spot.problem(
                "taken_code",
                f"the platform itself keeps the field '{code}'.",
                f"Take this line out, or name the field otherwise, such as 'own_{code}'.",
                of_key=True,
            )
        elif code in RESERVED:
            spot.problem(
                "taken_code",
                f"'{code}' means something else in expressions.",
                f"Name the field otherwise, such as '{code}_text', and keep the word in 'label'.",
                of_key=True,
            )
        else:
            return True
        outline.broken.add(code)
        return False

    def _field(self, spot: Spot, code: str, raw: object, outline: Outline) -> Field | None:
        settings = self._long_form(spot, raw)
        if settings is None:
            return None
        name = settings["type"]
        outline.settings[code] = settings
        made = self._type(spot, name, settings)
        if made is None:
            return None
        return Field(
            code=code,
            label=label_from(settings.get("label"), label_of(code)),
            type=made,
            origin=spot.place(of_key=True),
            column=""
            if name in {"rows", "formula"}
            else physical("f_", first_code(code, settings)),
            required=settings.get("required", False),
            unique=settings.get("unique", False),
            indexed=settings.get("indexed", False),
            read_only=settings.get("read_only", False)
            or name in {"formula", "rollup", "autonumber"},
            archived=settings.get("archived", False),
            default=self._default(spot, made, settings),
            depends_on=settings.get("depends_on", ""),
            help=label_from(settings["help"], label_of("")) if "help" in settings else None,
            sensitive=settings.get("sensitive", False) or name == "secret",
            renamed_from=earlier_codes(settings),
            alias_until=settings.get("alias_until", ""),
        )

    def _long_form(self, spot: Spot, raw: object) -> Mapping[str, Any] | None:
        """Return the settings with `type`, checked against the type's schema; None when wrong (reported)."""
        types = self._words.types
        if isinstance(raw, str):
            if raw not in types:
                self._unknown_type(spot, raw)
            elif not types[raw].short and raw != "rollup":
                needs = types[raw].required_settings
                shown = ", ".join([f"type: {raw}", *(f"{key}: ..." for key in needs)])
                spot.problem(
                    "missing_key",
                    f"the type '{raw}' needs {' and '.join(needs)}.",
                    f"Write {{{shown}}}.",
                )
            else:
                return self._checked(spot, {"type": raw})
            return None
        if not isinstance(raw, Mapping):
            spot.problem(
                "wrong_kind",
                "a field is a type or a map of settings.",
                "Write a type such as 'text', or {type: text, required: true}.",
            )
            return None
        if not isinstance(raw.get("type"), str):
            spot.problem(
                "missing_key", "the field has no type.", "Add 'type: text', or another type."
            )
            return None
        if raw["type"] not in types:
            self._unknown_type(spot.under("type"), raw["type"])
            self._check_as_meant(spot, raw)
            return None
        return self._checked(spot, raw)

    def _check_as_meant(self, spot: Spot, raw: Mapping[str, Any]) -> None:
        """Report what else is wrong with a field whose type is misspelt."""
        meant = nearest(raw["type"], self._words.types)
        if meant and isinstance(raw, Table):
            as_meant = raw.copy()
            as_meant["type"] = meant
            self._checked(spot, as_meant)

    def _unknown_type(self, spot: Spot, name: str) -> None:
        known = self._words.types
        close = nearest(name, known)
        cure = (
            f"Write '{close}', or see docs/fieldtypes for the others."
            if close
            else did_you_mean(name, known)
        )
        spot.problem("unknown_type", f"there is no field type '{name}'.", cure)

    def _checked(self, spot: Spot, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
        name = settings["type"]
        rest = shape_of(self._words.types[name], field_schema).sound(spot, settings)
        # A choice whose options are wrong has none: that would be a second message about the same thing.
        return None if rest is None or ("options" in settings) > ("options" in rest) else rest

    def _type(self, spot: Spot, name: str, settings: Mapping[str, Any]) -> FieldType | None:
        """Return the configured type; child rows and rollups get theirs later, here a text stands for them."""
        if name in LATER:
            return self._words.type("text")
        own = self._own_settings(name, settings)
        if name in CHOOSING or "options" in settings or "options_from" in settings:
            options = self._options(spot, settings)
            if options is None:
                return None
            own["options"] = options
        if name == "formula":
            own["returns"] = self._returned(spot, settings.get("returns"))
            if own["returns"] is None:
                return None
        return self.made(spot, name, own)

    def _own_settings(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the type itself is told: not the envelope, but the site's defaults."""
        own = {key: plain(value) for key, value in settings.items() if key not in NOT_FOR_MAKE}
        for key in DERIVED.get(name, {}):
            own.pop(key, None)
        for key, value in self._words.defaults.items():
            if key in self._words.types[name].settings:
                own.setdefault(key, value)
        return own

    def made(self, spot: Spot, name: str, settings: Mapping[str, Any]) -> FieldType | None:
        """Return a type made from checked settings; what it refuses is reported."""
        try:
            return self._words.types[name].make(settings)
        except InvalidValueError as refusal:
            for error in refusal.each:
                here = spot.under(*[step for step in error.path.split(".") if step])
                here.problem(error.code, error.message, error.cure)
        except (ValueError, TypeError) as error:
            spot.problem(
                "bad_settings",
                f"the settings do not fit together: {error}.",
                "See docs/fieldtypes for this type.",
            )
        return None

    def _returned(self, spot: Spot, raw: object) -> FieldType | None:
        """Return the type of a formula's value: `percent`, or `{type: currency, currency: USD}`."""
        settings = self._long_form(spot.under("returns"), raw if raw is not None else "decimal")
        return self._type(spot.under("returns"), settings["type"], settings) if settings else None

    def _options(self, spot: Spot, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if "options" in settings and "options_from" in settings:
            spot.under("options_from").problem(
                "two_sources",
                "options stand here and come from a shared set too.",
                "Keep one of the two.",
            )
            return None
        if "options" in settings:
            return options_from(spot.under("options"), settings["options"])
        if "options_from" not in settings:
            spot.problem(
                "missing_key",
                "there are no options to choose from.",
                "Add 'options: {code: label}', or 'options_from: NAME'.",
            )
            return None
        name = settings["options_from"]
        shared = self._words.shared_options.get(name)
        if shared is None:
            spot.under("options_from").problem(
                "unknown_options",
                f"there are no shared options '{name}'.",
                did_you_mean(name, self._words.shared_options),
            )
            return None
        return options_from(Spot(spot.problems, shared, f"options.{name}"), shared)

    def _default(self, spot: Spot, made: FieldType, settings: Mapping[str, Any]) -> object:
        raw = settings.get("default")
        if raw is None:
            return None
        try:
            return made.parse(plain(raw))
        except InvalidValueError as error:
            spot.under("default").problem("bad_default", error.message, error.cure)
            return None


def _report_shared_columns(outline: Outline) -> None:
    """Two fields must not be kept in one column, which `renamed_from` could bring about."""
    holders: dict[str, str] = {}
    for code, field in outline.fields.items():
        if field.column and field.column in holders:
            outline.spots[code].problem(
                "shared_column",
                f"'{code}' would be kept in the column of '{holders[field.column]}'.",
                "Take another code, or another 'renamed_from'.",
                of_key=True,
            )
        holders.setdefault(field.column, code)
