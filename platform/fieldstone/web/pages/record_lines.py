"""The line items of a record as its page shows them: a table with the totals over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.masks import Masked
from fieldstone.fieldtypes.rows import RowsType
from fieldstone.model.objects import Field
from fieldstone.reads.drafting import totals_over
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import Record
from fieldstone.reads.standing import Standing
from fieldstone.web.pages.details import Details
from fieldstone.web.pages.line_items import LineItems
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.values import Look, is_number

Drawn = dict[str, Any]
SHOWN: Final = 10


@dataclass(frozen=True)
class LinesBox(OneRecord):
    """The line items of one record for one reader."""

    standing: Standing

    def boxes(self) -> list[Drawn]:
        """Return a box for each field of line items; an empty one only for who may fill it."""
        details = Details(self.asked, self.record, self.standing)
        fields = [one for one in self.spec.fields.values() if isinstance(one.type, RowsType)]
        found = [self.drawn(one) for one in fields if details.is_shown(one.code)]
        return [one for one in found if one["count"] or one["edit_url"]]

    def head(self, field: Field) -> Drawn:
        """Return what stands above the lines."""
        url = f"{self.url}/lines/{field.code}"
        return {
            "name": field.code,
            "label": field.label.text(self.asked.language),
            "icon": "rows-3",
            "url": url,
            "count": len(self._lines(field)),
            "edit_url": f"{url}?edit=1" if self.standing.may_write(field.code) else "",
        }

    def drawn(self, field: Field, *, every: bool = False) -> Drawn:
        """Return the box in mode "view"; further lines are shown when `every` is asked for."""
        head, lines = self.head(field), self._lines(field)
        items = LineItems(self.asked, self.spec, field)
        shown = lines if every else lines[:SHOWN]
        titles = self._titles(items, shown)
        columns = [one for one in items.columns if not lines or one.code in lines[0].values]
        language = self.asked.language
        return {
            **head,
            "mode": "view",
            "columns": [
                {"label": one.label.text(language), "number": is_number(one)} for one in columns
            ],
            "lines": [[self._cell(items, one, line, titles) for one in columns] for line in shown],
            "totals": self._totals(field),
            "all_url": f"{head['url']}?all=1" if len(shown) < len(lines) else "",
        }

    def _lines(self, field: Field) -> tuple[Record, ...]:
        value = self.record.values.get(field.code)
        return (
            tuple(one for one in value if isinstance(one, Record))
            if isinstance(value, tuple)
            else ()
        )

    def _titles(self, items: LineItems, lines: tuple[Record, ...]) -> Mapping[tuple[str, str], str]:
        wanted = [
            (target_of(one), str(line.values[one.code]))
            for line in lines
            for one in items.columns
            if target_of(one) and line.values.get(one.code)
        ]
        asked = self.asked
        return asked.site.reads.titles(asked.ctx, asked.model, wanted) if wanted else {}

    def _cell(
        self,
        items: LineItems,
        one: Field,
        line: Record,
        titles: Mapping[tuple[str, str], str],
    ) -> Drawn:
        value = line.values.get(one.code)
        title = titles.get((target_of(one), str(value)))
        return {**Look(self.asked).value(items.child, one, value, title), "bar": False}

    def _totals(self, field: Field) -> list[Drawn]:
        look, language, found = Look(self.asked), self.asked.language, []
        for one in totals_over(self.spec, [field.code]):
            value = self.record.values.get(one.code)
            if one.code in self.record.values and not isinstance(value, Masked):
                text = "—" if value is None else look.text(one, value)
                found.append({"label": one.label.text(language), "text": text})
        return found
