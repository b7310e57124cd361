"""The values beside a record: in the sections of its form, each edited where it stands (parts/inline.html)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import access_to
from fieldstone.model.objects import Field
from fieldstone.reads.query import Record
from fieldstone.reads.standing import Standing
from fieldstone.web.pages.inputs import Inputs
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.values import Look, Value, icon_of, rich

Drawn = dict[str, Any]
BLANKS: Final = {"date": "Set a date", "datetime": "Set a time", "phone": "Add a number"}
# Line items and files have no room in a narrow column; the form has.
IN_FORM_ONLY: Final = frozenset({"rows", "file", "image"})
SYSTEM_SHOWN: Final = ("created_at", "created_by", "updated_at", "updated_by", "owned_at")
NEVER: Final = frozenset({"stage_entered_at", "deleted_at", "deleted_by", "last_activity_at", "id"})


@dataclass(frozen=True)
class Details(OneRecord):
    """The values of one record for one reader."""

    standing: Standing

    def panels(self, apart: Iterable[str] = ()) -> list[Drawn]:
        """Return the sections beside the record; those without a value start folded, what stands elsewhere (`apart`) is left out."""
        laid_out = self.spec.layout.sections
        if laid_out is None:
            found = self._as_the_form({*apart, *self.spec.layout.highlights})
        else:
            found = self._laid_out("side", apart)
        named = {code for one in laid_out or () for code in one.fields}
        if system := self.fields(code for code in SYSTEM_SHOWN if code not in named):
            found.append({"label": self.speech.t("System"), "fields": system, "closed": True})
        return found

    def middle(self, apart: Iterable[str] = ()) -> list[Drawn]:
        """Return the sections that stand above what happened."""
        return self._laid_out("main", apart)

    def highlights(self) -> list[Drawn]:
        """Return the values in the panel at the top."""
        return self.fields(self.spec.layout.highlights)

    def _laid_out(self, place: str, apart: Iterable[str]) -> list[Drawn]:
        left, found = {*apart, *NEVER}, list[Drawn]()
        for one in self.spec.layout.sections or ():
            if one.place != place or f"layout:{one.code}" in self.standing.unseen:
                continue
            codes = [code for code in one.fields if code not in left]
            if one.rest:
                codes = [code for code in codes if self.record.values.get(code) is not None]
            if shown := self.fields(codes):
                label = one.label.text(self.asked.language)
                empty = one.rest or (bool(found) and _all_empty(shown))
                found.append({"label": label, "fields": shown, "closed": empty, "columns": one.columns})  # fmt: skip
        return found

    def _as_the_form(self, apart: Iterable[str]) -> list[Drawn]:
        """Return the sections of the form, and what has a value besides: it stands in none of them."""
        t, language, spec = self.speech.t, self.asked.language, self.spec
        left = {*apart, spec.stage_field, *SYSTEM_SHOWN, *NEVER}
        found: list[Drawn] = []
        declared = [(s.label.text(language), s.fields, s.code) for s in spec.form]
        if not declared:
            own = tuple(c for c, f in spec.fields.items() if not f.system)
            declared = [(t("Details"), own, "")]
        in_form = {code for _, fields, _ in declared for code in fields}
        first = [
            c for c in ("owner", "pool") if self.record.values.get(c) is not None or c == "owner"
        ]
        others = [c for c in spec.fields if c not in in_form and c not in left and c not in first]
        for n, (label, fields, code) in enumerate(declared):
            if f"section:{code}" in self.standing.unseen:
                continue
            codes = [*(first if n == 0 else ()), *fields]
            shown = self.fields(c for c in dict.fromkeys(codes) if c not in left)
            if shown:
                found.append(
                    {"label": label, "fields": shown, "closed": n > 0 and _all_empty(shown)}
                )
        further = [c for c in others if self.record.values.get(c) is not None]
        if computed := self.fields(further):
            found.insert(1, {"label": t("Key facts"), "fields": computed})
        return found

    def fields(self, codes: Iterable[str]) -> list[Drawn]:
        """Return those fields that the reader sees now."""
        return [
            {"f": self.one(self.spec.fields[code]), "url": self.field_url(code)}
            for code in codes
            if self.is_shown(code)
        ]

    def is_shown(self, code: str) -> bool:
        """Tell whether the record shows this field now."""
        field = self.spec.fields.get(code)
        if field is None or field.archived or code in self.standing.unseen:
            return False
        access = access_to(self.asked.model, self.asked.actor, self.spec.code)
        return code in self.record.values and code in access.shown_anywhere()

    def field_url(self, code: str) -> str:
        """Return the address of one field."""
        return f"{self.url}/field/{code}"

    def one(self, field: Field) -> Drawn:
        """Return a value with what parts/inline.html needs to show it and to lead into editing."""
        t = self.speech.t
        shown: Drawn = {
            "name": field.code,
            "label": field.label.text(self.asked.language),
            "type": field.type.name,
            "icon": "user-round" if field.code == "owner" else icon_of(self.asked, field),
            "shown": self.shown(field),
            "blank": t(BLANKS.get(field.type.name, "Empty")),
        }
        if not self.editable(field):
            shown["read_only"] = True
            if not field.system and field.type.name not in IN_FORM_ONLY:
                inputs = Inputs(self.asked, self.spec, self.standing, self.record.values)
                shown["why"] = inputs.why(field)
        return shown

    def shown(self, field: Field) -> Value:
        """Return the value as people read it, with the names behind lookups."""
        look, value = Look(self.asked), self.record.values.get(field.code)
        if field.type.name == "rich_text" and isinstance(value, str):
            return rich(look, field, value)
        relative = field.system
        return look.cell(self.record, field.code, relative=relative)

    def editable(self, field: Field) -> bool:
        """Tell whether the value is edited in place."""
        if field.type.name in IN_FORM_ONLY:
            return False
        if field.code == "owner":
            access = access_to(self.asked.model, self.asked.actor, self.spec.code)
            return access.may_assign and self.standing.may_update
        return not field.system and self.standing.may_write(field.code)


def _all_empty(shown: Sequence[Drawn]) -> bool:
    return all(not one["f"]["shown"]["text"] for one in shown)


def changed_between(before: Record, after: Record, among: Sequence[str]) -> list[str]:
    """Return which of these fields differ."""
    return [code for code in among if before.values.get(code) != after.values.get(code)]
