"""The menu in which people put a filter together, and the pills of those that hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fieldstone.access.access import Access
from fieldstone.fieldtypes.options import offered_anywhere
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.filters import COMPARISONS, Filter, comparisons_of
from fieldstone.web.pages.subjects import access_of
from fieldstone.web.pages.values import icon_of, shown_type

OWN_INPUT: Final = frozenset({"percent", "time", "duration"})


@dataclass(frozen=True)
class FilterForms:
    """Filters over one object, for one reader."""

    asked: Asked
    spec: ObjectType
    arranged: Arrangement

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def access(self) -> Access:
        """Return what the reader may see."""
        return access_of(self.asked, self.spec)

    def filterable(self) -> list[Field]:
        """Return the fields that this reader may filter by, those of forms before the platform's own."""
        known = self.access.readable_anywhere()
        found = [
            field
            for field in self.spec.fields.values()
            if field.code in known and not field.archived and comparisons_of(field)
        ]
        found.sort(key=lambda field: field.system and field.code != "owner")
        return found

    def fields(self) -> list[dict[str, Any]]:
        """Return the entries of the menu's first step."""
        return [
            {
                "code": field.code,
                "label": field.label.text(self.asked.language),
                "icon": icon_of(self.asked, field),
                "url": self.arranged.url(more=[("filter_field", field.code)]),
                "text": f"{field.label.text(self.asked.language)} ",
            }
            for field in self.filterable()
        ]

    def pills(self) -> list[dict[str, Any]]:
        """Return the filters that hold, as people read them."""
        titles = self._titles()
        return [
            self._pill(at, one, titles)
            for at, one in enumerate(self.arranged.filters)
            if one.field in self.spec.fields and one.comparison in COMPARISONS
        ]

    def _pill(self, at: int, one: Filter, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
        field = self.spec.fields[one.field]
        return {
            "label": field.label.text(self.asked.language),
            "icon": icon_of(self.asked, field),
            "op": self.speech.t(COMPARISONS[one.comparison].label),
            "value": ", ".join(self._shown(field, value, titles) for value in one.values),
            "remove_url": self.arranged.without(at).url(),
            "edit_url": self.arranged.url(more=[("filter_field", field.code), ("at", str(at))]),
        }

    def _shown(self, field: Field, value: str, titles: dict[tuple[str, str], str]) -> str:
        if target := target_of(field):
            return titles.get((target, value), "…")
        options = getattr(field.type, "options", None) or {}
        if value in options:
            return str(options[value].label.text(self.asked.language))
        return f"{value}%" if shown_type(field) == "percent" else value

    def _titles(self) -> dict[tuple[str, str], str]:
        wanted = [
            (target, value)
            for one in self.arranged.filters
            if one.field in self.spec.fields and (target := target_of(self.spec.fields[one.field]))
            for value in one.values
        ]
        return (
            self.asked.site.reads.titles(self.asked.ctx, self.asked.model, wanted) if wanted else {}
        )

    def form(
        self, code: str, at: int | None = None, comparison: str = "", errors: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """Return the second step of the menu for a field, None when it cannot be filtered by."""
        field = self.spec.fields.get(code)
        if field is None or code not in self.access.readable_anywhere():
            return None
        names = comparisons_of(field)
        if not names:
            return None
        now = self._present(code, at)
        chosen = comparison if comparison in names else now.comparison if now else names[0]
        keep = [*self.arranged.pairs, ("add", code), *([("at", str(at))] if at is not None else [])]
        again = [("filter_field", code), *([("at", str(at))] if at is not None else [])]
        return {
            "label": field.label.text(self.asked.language),
            "action": self.arranged.path,
            "keep": keep,
            "ops": [
                {
                    "value": name,
                    "label": self.speech.t(COMPARISONS[name].label),
                    "chosen": name == chosen,
                }
                for name in names
            ],
            "input": self._input(field, COMPARISONS[chosen].takes, now, errors),
            "again_url": self.arranged.url(more=again),
            "back_url": self.arranged.url(more=[("filter_field", "")]),
        }

    def _present(self, code: str, at: int | None) -> Filter | None:
        filters = self.arranged.filters
        if at is None or not 0 <= at < len(filters) or filters[at].field != code:
            return None
        return filters[at]

    def _input(
        self, field: Field, takes: str, now: Filter | None, errors: Sequence[str]
    ) -> dict[str, Any] | None:
        """Return the control for the values, None for a comparison that takes none."""
        if takes in ("", "period"):
            return None
        label, values = field.label.text(self.asked.language), now.values if now else ()
        shared: dict[str, Any] = {
            "name": "value",
            "label": label,
            "id": "filter-value",
            "errors": list(errors),
        }
        shared |= {"autofocus": True}
        if takes == "day":
            return {**shared, "type": "date", "value": values[0] if values else ""}
        if takes == "many":
            return {**shared, **self._choice(field, values)}
        kind = "decimal" if field.type.expression_type.kind.value == "number" else "text"
        if shown_type(field) in OWN_INPUT:
            kind = shown_type(field)
        return {**shared, "type": kind, "value": values[0] if values else ""}

    def _choice(self, field: Field, values: Sequence[str]) -> dict[str, Any]:
        options = getattr(field.type, "options", None) or {}
        language = self.asked.language
        if options:
            listed = [
                {
                    "value": option.code,
                    "label": option.label.text(language),
                    "tone": option.color,
                    "chosen": option.code in values,
                }
                for option in offered_anywhere(options)
            ]
            return {"type": "multi_select", "options": listed}
        if target_of(field):
            titles = self._titles()
            chosen = [{"value": v, "label": self._shown(field, v, titles)} for v in values]
            url = f"/o/{self.spec.code}/options?field={field.code}"
            return {"type": "multi_lookup", "options_url": url, "chosen": chosen}
        return {"type": "tags", "chosen": [{"value": v, "label": v} for v in values]}

    def read(self, code: str, comparison: str, values: Sequence[str], today: date) -> Filter:
        """Return the filter a form asks for. Raises RefusedError (400) when it is none."""
        made = Filter(code, comparison, tuple(value for value in values if value.strip()))
        made.expression(self.spec, today)
        return made
