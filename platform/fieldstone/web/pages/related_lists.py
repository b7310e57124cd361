"""The records that belong to a record: a short list of each kind beside it, with the way to all and to a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fieldstone.access.access import access_to
from fieldstone.model.objects import ObjectType, Relation
from fieldstone.reads.query import Query, Record
from fieldstone.web.pages.feed import ACTIVITY
from fieldstone.web.pages.one_record import OneRecord
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.subjects import has_face, is_company
from fieldstone.web.pages.values import Look

Drawn = dict[str, Any]
SHOWN: Final = 5
MOST_LISTS: Final = 8
COUNTED: Final = 99


@dataclass(frozen=True)
class Related(OneRecord):
    """What stands around one record."""

    def lists(self) -> list[Drawn]:
        """Return a list for each kind of record that points here and that the reader may read."""
        found = [self._list(one) for one in self._relations(self.spec)]
        # What holds nothing stands last.
        return sorted(found, key=lambda one: not one["rows"])[:MOST_LISTS]

    def _relations(self, spec: ObjectType) -> Iterable[Relation]:
        for relation in spec.relations.values():
            there = self.asked.model.objects[relation.object_name]
            access = access_to(self.asked.model, self.asked.actor, there.code)
            field = there.fields[relation.field]
            hidden = relation.owned or there.hidden or field.archived
            if hidden or relation.object_name == ACTIVITY or not access.may_read:
                continue
            if relation.field in access.readable_anywhere():
                yield relation

    def _list(self, relation: Relation) -> Drawn:
        there = self.asked.model.objects[relation.object_name]
        asked, access = self.asked, access_to(self.asked.model, self.asked.actor, there.code)
        query = Query(
            filter=f"{relation.field} == '{self.record.id}'",
            limit=SHOWN,
            count_up_to=COUNTED,
            titles=True,
        )
        page = asked.site.reads.list(asked.ctx, asked.model, there.code, query)
        total = page.total if page.total is not None else len(page.rows)
        field = there.fields[relation.field]
        link = urlencode({relation.field: self.record.id})
        creatable = access.may_create and relation.field in access.writable_on_create()
        only = sum(one.object_name == there.code for one in self._all()) == 1
        name = there.plural if only else relation.label
        drawn: Drawn = {
            "label": name.text(asked.language),
            "icon": there.icon,
            "count": f"{total}+" if total > COUNTED - 1 and page.next_cursor else total,
            "rows": [self._row(there, one) for one in page.rows],
            "add_url": f"/o/{there.code}/new?{link}"
            if creatable and not (field.read_only or field.derived)
            else "",
        }
        if page.next_cursor:
            drawn["all_url"] = f"/o/{there.code}?f={relation.field}:in:{self.record.id}"
        return drawn

    def _all(self) -> Iterable[Relation]:
        return self._relations(self.asked.model.objects[self.record.object_name])

    def _row(self, there: ObjectType, one: Record) -> Drawn:
        look = Look(self.asked)
        title = look.title(one) or one.id[:8]
        row: Drawn = {
            "href": f"/o/{there.code}/{one.id}",
            "title": title,
            "sub": self._sub(there, one),
            "value": self._value(there, one),
            "tone": self._tone(there, one),
        }
        if has_face(there):
            square = is_company(there)
            row["who"] = {"initials": initials(title), "tone": tone(title), "org": square}
        return row

    def _sub(self, there: ObjectType, one: Record) -> str:
        """Return its stage, else the first searched text that is not its title."""
        look = Look(self.asked)
        codes = [there.stage_field] if there.stage_field else []
        codes += [code for code in there.search if code != there.title]
        texts = (look.cell(one, code)["text"] for code in codes if code in one.values)
        return str(next((text for text in texts if text), ""))

    def _value(self, there: ObjectType, one: Record) -> str:
        codes = [c for c, f in there.fields.items() if f.type.name == "currency"]
        chosen = "amount" if "amount" in codes else codes[0] if codes else ""
        return str(Look(self.asked).cell(one, chosen)["text"]) if chosen else ""

    def _tone(self, there: ObjectType, one: Record) -> str:
        if not there.stage_field:
            return "indigo"
        return str(Look(self.asked).cell(one, there.stage_field).get("tone") or "indigo")
