"""The lines of a field of line items as a form holds them: which are sent, and what is worked out for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.drafting import Drafted, totals_over
from fieldstone.web.asking import Asked
from fieldstone.web.pages.controls import Control, control_of, parsed, to_door
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import message

Lines = Sequence[Mapping[str, Control]]
NOTHING: Final[tuple[object, ...]] = (None, "", [], False)


@dataclass(frozen=True)
class LineItems:
    """One field of line items for one reader."""

    asked: Asked
    spec: ObjectType
    field: Field

    @property
    def kind(self) -> RowsType:
        """Return the field's type. Raises TypeError for a field that holds no lines."""
        if not isinstance(self.field.type, RowsType):
            raise TypeError(self.field.type)
        return self.field.type

    @property
    def child(self) -> ObjectType:
        """Return the object of the lines."""
        return self.asked.model.objects[f"{self.spec.code}__{self.field.code}"]

    @cached_property
    def columns(self) -> list[Field]:
        """Return the fields of a line, in their order."""
        child = self.child
        found = [child.fields[code] for code in self.kind.fields if code in child.fields]
        return [one for one in found if not one.archived]

    def control(self, found: Field, value: object) -> Control:
        """Return what stands in a cell."""
        return control_of(found.type, value, self.asked.language, self.asked.ctx.actor.zone)

    @cached_property
    def blank(self) -> dict[str, Control]:
        """Return what a line holds that was only added."""
        return {one.code: self.control(one, one.default) for one in self.columns}

    def busy(self, control: Lines) -> list[int]:
        """Return the places of the lines that are sent: those there already, and those somebody wrote in."""
        return [n for n, line in enumerate(control) if line.get("id") or self._written(line)]

    def _written(self, line: Mapping[str, Control]) -> bool:
        typed = {one.code: line[one.code] for one in self.columns if one.code in line}
        return any(
            value not in NOTHING and value != self.blank[code] for code, value in typed.items()
        )

    def sent(self, control: Lines) -> list[Mapping[str, Control]]:
        """Return the lines that are sent."""
        return [control[n] for n in self.busy(control)]

    def values(self, control: Lines) -> list[dict[str, object]]:
        """Return the stored values of all lines; what is no good counts as missing."""
        zone = self.asked.ctx.actor.zone
        return [
            {
                one.code: parsed(one.type, to_door(one.type, line[one.code], zone))[1]
                for one in self.columns
                if one.code in line and not one.derived
            }
            for line in control
        ]

    def wrong(self, line: Mapping[str, Control]) -> dict[str, list[str]]:
        """Return by field what its type refuses in a line, before it is saved."""
        found = {}
        for one in self.columns:
            if one.derived or one.code not in line:
                continue
            try:
                one.type.parse(to_door(one.type, line[one.code], self.asked.ctx.actor.zone))
            except InvalidValueError as bad:
                problem = Problem(bad.code, one.code, bad.message, bad.cure)
                found[one.code] = [message(problem, self.asked.language)]
        return found

    def texts(self, worked: Mapping[str, object]) -> dict[str, str]:
        """Return what a line's formulas come to, as people read it."""
        look = Look(self.asked)
        return {
            one.code: "" if worked.get(one.code) is None else look.text(one, worked[one.code])
            for one in self.columns
            if one.derived
        }

    def totals(self, drafted: Drafted | None) -> list[dict[str, str]]:
        """Return the record's figures over these lines, as people read them."""
        if drafted is None:
            return []
        look, language = Look(self.asked), self.asked.language
        found = []
        for one in totals_over(self.spec, [self.field.code]):
            value = drafted.totals.get(one.code)
            if one.code in drafted.totals:
                text = "—" if value is None else look.text(one, value)
                found.append({"label": one.label.text(language), "text": text})
        return found


def worked_out(
    asked: Asked,
    spec: ObjectType,
    record_id: str,
    values: Mapping[str, object],
    typed: Mapping[str, Control],
) -> Drafted | None:
    """Return what the lines and totals of a form come to; None when its record is not there for the reader."""
    items: dict[str, list[dict[str, object]]] = {}
    known = {} if record_id else dict(values)
    zone = asked.ctx.actor.zone
    for code, field in spec.fields.items():
        if isinstance(field.type, RowsType) and not field.archived:
            known.pop(code, None)
            lines = LineItems(asked, spec, field)
            stored = control_of(field.type, values.get(code), asked.language, zone)
            items[code] = lines.values(typed.get(code, stored))
        elif code in typed and not field.derived:
            good, value = parsed(field.type, to_door(field.type, typed[code], zone))
            known |= {code: value} if good else {}
    return asked.site.reads.drafted(
        asked.ctx, asked.model, spec.code, record_id or None, known, items
    )
