"""A stored value as people read it: the dicts of parts/value.html, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from fieldstone.access.masks import Masked
from fieldstone.changes.nouns import SYSTEM_ID
from fieldstone.fieldtypes.contract import FieldType
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import Record
from fieldstone.rules.capture_body import actor_id
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.people import initials, tone

Value = dict[str, Any]
EMPTY: Final[Value] = {"type": "text", "text": ""}
NUMBERS: Final = frozenset({"integer", "decimal", "currency", "percent", "rating", "duration"})
COMPANIES: Final = frozenset({"customer", "team", "department"})
TYPES_SHOWN_AS: Final = {"rich_text": "long_text", "formula": "text"}


@dataclass(frozen=True)
class Look:
    """How one reader sees values: language, time zone and the model they are read against."""

    asked: Asked

    @property
    def language(self) -> str:
        """Return the reader's language."""
        return self.asked.language

    @property
    def zone(self) -> str:
        """Return the reader's time zone."""
        return self.asked.actor.zone if self.asked.actor is not None else "UTC"

    @property
    def speech(self) -> Speech:
        """Return the texts of the page itself."""
        return speech(self.language)

    def machine(self, id: str) -> str:
        """Return the name of what writes by itself: the system, or the rule of a source; "" for anybody else."""
        if id == SYSTEM_ID:
            return self.speech.t("The system")
        rules = self.asked.model.rules.values()
        label = next((one.label for one in rules if actor_id(one.first_code) == id), None)
        return label.text(self.language) if label else ""

    def cell(self, record: Record, code: str, *, relative: bool = True) -> Value:
        """Return one field of a record; read it with `titles=True` so that lookups have names."""
        spec = self.asked.model.objects[record.object_name]
        if code not in record.values:
            return EMPTY
        value = record.values[code]
        return self.value(
            spec, spec.fields[code], value, record.titles.get(code), relative=relative
        )

    def value(
        self,
        spec: ObjectType,
        field: Field,
        value: object,
        title: object = None,
        *,
        relative: bool = True,
    ) -> Value:
        """Return a stored value as parts/value.html takes it; `title` names what a lookup points to."""
        if value is None:
            return {"type": shown_type(field), "text": ""}
        if isinstance(value, Masked):
            return {"type": shown_type(field), "text": value.text, "masked": True}
        if field.code == spec.stage_field:
            return self._stage(spec, field, value)
        kind = shown_type(field)
        draw = DRAWN.get(kind)
        if draw is not None:
            return draw(self, field, value, title)
        shown: Value = {"type": kind, "text": self.text(field, value)}
        if isinstance(value, datetime):
            shown |= {"at": value.isoformat(), "relative": relative}
        return shown

    def text(self, field: Field, value: object) -> str:
        """Return a stored value as plain text."""
        if isinstance(value, Masked):
            return value.text
        shown = field.type.format(value, self.language, self.zone)
        kind = getattr(field.type, "returns", field.type)
        if getattr(kind, "currency", "") == "CNY":
            # English writes CN¥ to tell it from the yen; at a site that counts in it, ¥ is clear.
            own = self.asked.site.settings.currency == "CNY"
            return shown.replace("CN¥", "¥") if own else shown
        return shown

    def chip(self, record: Record, code: str) -> dict[str, str] | None:
        """Return a field as the chip of a card: by name where true, a number behind its name; None for nothing."""
        cell, value = self.cell(record, code), record.values.get(code)
        label = self.asked.model.objects[record.object_name].fields[code].label.text(self.language)
        text = str(cell["text"])
        if isinstance(value, bool):
            text = label if value else ""
        elif isinstance(value, int | Decimal) and text:
            text = f"{label} {text}"
        return {"text": text, "tone": cell.get("tone", "gray")} if text else None

    def title(self, record: Record) -> str:
        """Return what a record is called; "" when its title is empty or hidden."""
        spec = self.asked.model.objects[record.object_name]
        value, field = record.values.get(spec.title), spec.fields.get(spec.title)
        return "" if value is None or field is None else self.text(field, value)

    def _stage(self, spec: ObjectType, field: Field, value: object) -> Value:
        stages = [
            pipeline.stages[str(value)]
            for pipeline in (spec.pipelines.pipelines.values() if spec.pipelines else ())
            if str(value) in pipeline.stages
        ]
        if not stages:
            return {"type": "stage", "text": self.text(field, value), "tone": "gray"}
        return {
            "type": "stage",
            "text": stages[0].label.text(self.language),
            "tone": stages[0].color,
        }


Drawer = Callable[[Look, Field, Any, object], Value]


def given_type(field: Field) -> FieldType:
    """Return the type of the values themselves: of a formula or rollup that of what it gives."""
    inner = getattr(field.type, "returns", None) or getattr(field.type, "over", None)
    return inner or field.type


def shown_type(field: Field) -> str:
    """Return the type a value is drawn as: a formula or rollup as what it gives."""
    name = given_type(field).name
    if name in ("formula", "rollup"):
        name = "integer"
    return TYPES_SHOWN_AS.get(name, name)


def icon_of(asked: Asked, field: Field) -> str:
    """Return the sign of a field: that of its type."""
    found = asked.site.vocabulary.types.get(field.type.name)
    return found.icon if found else "type"


def is_number(field: Field) -> bool:
    """Tell whether a column stands to the right."""
    return shown_type(field) in NUMBERS


def _choice(look: Look, field: Field, value: Any, title: object) -> Value:
    options = _options(field)
    option = options.get(str(value))
    shown = look.text(field, value)
    return {"type": "select", "text": shown, "tone": option.color if option else "gray"}


def _choices(look: Look, field: Field, value: Any, title: object) -> Value:
    options = _options(field)
    many = [
        {
            "text": options[one].label.text(look.language) if one in options else str(one),
            "tone": options[one].color if one in options else "gray",
        }
        for one in value
    ]
    return {"type": field.type.name, "text": look.text(field, value), "many": many}


def _options(field: Field) -> Mapping[str, Any]:
    return getattr(field.type, "options", None) or {}


def _link(look: Look, field: Field, value: Any, title: object) -> Value:
    target = target_of(field)
    if not title:
        if field.system and target == "user" and (who := look.machine(str(value))):
            return {"type": "text", "text": who}
        # It leads to what this reader may not see, or to what is in the recycle bin.
        return {"type": "lookup", "text": look.speech.t("Not visible"), "masked": True}
    text = str(title)
    shown: Value = {"type": "lookup", "text": text}
    if target == "user":
        return {
            "type": "user",
            "text": text,
            "initials": initials(text),
            "tone": tone(text),
            "org": False,
        }
    if target in look.asked.model.objects:
        shown["href"] = f"/o/{target}/{value}"
    if target in COMPANIES:
        shown |= {"initials": initials(text), "tone": tone(text), "org": True}
    return shown


def _links(look: Look, field: Field, value: Any, title: object) -> Value:
    target, titles = target_of(field), title if isinstance(title, tuple) else ()
    many = [
        {"text": str(name), "tone": "gray", "href": f"/o/{target}/{id}"}
        for id, name in zip(value, titles, strict=False)
        if name
    ]
    return {"type": "multi_lookup", "text": ", ".join(m["text"] for m in many), "many": many}


def _mail(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "email", "text": look.text(field, value), "href": f"mailto:{value}"}


def _phone(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "phone", "text": look.text(field, value), "href": f"tel:{value}"}


def _address_of_site(look: Look, field: Field, value: Any, title: object) -> Value:
    text = str(value).removeprefix("https://").removeprefix("http://").rstrip("/")
    return {"type": "url", "text": text, "href": str(value)}


def _flag(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "boolean", "text": look.speech.t("Yes" if value else "No"), "n": bool(value)}


def _stars(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "rating", "text": look.text(field, value), "n": int(value)}


def _percent(look: Look, field: Field, value: Any, title: object) -> Value:
    share = Decimal(value) * 100
    # A bar says something only about a share of a whole.
    bar = 0 <= share <= 100  # noqa: PLR2004 - percent
    shown: Value = {"type": "percent", "text": look.text(field, value)}
    return {**shown, "bar": True, "n": float(share)} if bar else shown


def _rich(look: Look, field: Field, value: Any, title: object) -> Value:
    # The field type let only safe tags in when it was written.
    return {"type": "rich_text", "text": "", "html": Markup(str(value))}  # noqa: S704


def _files(look: Look, field: Field, value: Any, title: object) -> Value:
    many = [
        {"text": str(one["name"]), "tone": "gray", "href": f"/files/{one['id']}"} for one in value
    ]
    return {"type": "file", "text": ", ".join(m["text"] for m in many), "many": many}


def _lines(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "rows", "text": look.speech.tn("One line", "{n} lines", len(value))}


def _secret(look: Look, field: Field, value: Any, title: object) -> Value:
    return {"type": "secret", "text": "••••"}


DRAWN: Final[Mapping[str, Drawer]] = {
    "select": _choice,
    "multi_select": _choices,
    "tags": _choices,
    "lookup": _link,
    "user": _link,
    "multi_lookup": _links,
    "email": _mail,
    "phone": _phone,
    "url": _address_of_site,
    "boolean": _flag,
    "rating": _stars,
    "percent": _percent,
    "file": _files,
    "image": _files,
    "rows": _lines,
    "secret": _secret,
}


def rich(look: Look, field: Field, value: object) -> Value:
    """Return formatted text with its formatting, for the record page."""
    return _rich(look, field, value, None)
