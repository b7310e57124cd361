"""The records that belong to a record: a short list of each kind beside it, with the way to all and to a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fieldstone.access.access import access_to
from fieldstone.base.label import Label
from fieldstone.model.objects import ObjectType, Relation
from fieldstone.model.site_model import Model
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


def listed_relations(model: Model, spec: ObjectType) -> Iterable[Relation]:
    """Yield the relations whose records may be listed beside a record: activities are told in its feed."""
    for relation in spec.relations.values():
        there = model.objects[relation.object_name]
        hidden = relation.owned or there.hidden or there.fields[relation.field].archived
        if not hidden and there.code != ACTIVITY:
            yield relation


def name_of(model: Model, spec: ObjectType, relation: Relation) -> Label:
    """Return what a list is called: its object alone, where no other list holds records of that object."""
    same = [one for one in listed_relations(model, spec) if one.object_name == relation.object_name]
    return model.objects[relation.object_name].plural if len(same) == 1 else relation.label


@dataclass(frozen=True)
class Related(OneRecord):
    """What stands around one record."""

    def lists(self) -> list[Drawn]:
        """Return a list for each kind of record that points here and that the reader may read.

        Those that the layout names, in its order; without one all, and what holds nothing stands last.
        """
        relations = {one.name: one for one in self._relations(self.spec)}
        if (named := self.spec.layout.related) is not None:
            return [self._list(relations[one]) for one in named if one in relations]
        found = [self._list(one) for one in relations.values()]
        return sorted(found, key=lambda one: not one["rows"])[:MOST_LISTS]

    def _relations(self, spec: ObjectType) -> Iterable[Relation]:
        for relation in listed_relations(self.asked.model, spec):
            access = access_to(self.asked.model, self.asked.actor, relation.object_name)
            if access.may_read and relation.field in access.readable_anywhere():
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
        name = name_of(asked.model, self.spec, relation)
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
