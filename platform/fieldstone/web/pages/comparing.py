"""Two records side by side: what differs, what the merge rule would keep, and the choice for each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import Access, access_to
from fieldstone.access.masks import Masked
from fieldstone.actions.merging.folding import (
    Pair,
    merged_fields,
    merged_value,
    rule_for,
    same,
    side_of,
)
from fieldstone.base.cached import cached_property
from fieldstone.model.objects import Field, ObjectType
from fieldstone.reads.query import Query, Record
from fieldstone.reads.standing import Standing
from fieldstone.rules.duplicate_check import Duplicate
from fieldstone.rules.matching_body import Matching
from fieldstone.storage.suspects import APART, OPEN, SuspectedPair
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.subjects import heading, is_company, not_there
from fieldstone.web.pages.values import Look

Drawn = dict[str, Any]
THIS, OTHER, BOTH = "this", "other", ""
MOST_WORDS: Final = 2
SUBTITLES: Final = ("company", "customer", "job_title", "phone", "mobile", "email")


@dataclass(frozen=True)
class Side:
    """One of two records as the reader sees it."""

    asked: Asked
    record: Record

    @property
    def spec(self) -> ObjectType:
        """Return its object."""
        return self.asked.model.objects[self.record.object_name]

    def drawn(self) -> Drawn:
        """Return its head."""
        look, spec = Look(self.asked), self.spec
        title = look.title(self.record) or "—"
        words = [
            str(look.cell(self.record, code)["text"])
            for code in SUBTITLES
            if code in self.record.values and code != spec.title
        ]
        owner = look.cell(self.record, "owner")["text"] if "owner" in spec.fields else ""
        return {
            "id": self.record.id,
            "title": title,
            "sub": " · ".join([word for word in words if word][:MOST_WORDS]),
            "who": {"initials": initials(title), "tone": tone(title), "org": is_company(spec)},
            "href": f"/o/{spec.code}/{self.record.id}",
            "owner": owner,
            "created": look.cell(self.record, "created_at")["text"],
            "label": spec.label.text(self.asked.language),
            "icon": spec.icon,
        }


def side(asked: Asked, object_name: str, record_id: str) -> Side | None:
    """Return a record, live or in the recycle bin; None when it is not there for the reader."""
    reads, query = asked.site.reads, Query(titles=True)
    record = reads.get(asked.ctx, asked.model, object_name, record_id, query)
    if record is None:
        query = Query(titles=True, deleted=True)
        record = reads.get(asked.ctx, asked.model, object_name, record_id, query)
    return None if record is None else Side(asked, record)


def comparison_of(asked: Asked, one: tuple[str, str], other: tuple[str, str]) -> Comparison:
    """Return two live records for their comparison. Raises RefusedError (404) when one is not there."""
    records = [
        asked.site.reads.get(asked.ctx, asked.model, name, record_id, Query(titles=True))
        for name, record_id in (one, other)
    ]
    first, second = records
    if first is None or second is None:
        raise not_there()
    return Comparison(asked, Side(asked, first), Side(asked, second))


@dataclass(frozen=True)
class Comparison:
    """Two records, and what could become of them."""

    asked: Asked
    one: Side
    other: Side

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @property
    def spec(self) -> ObjectType:
        """Return the object of the first record."""
        return self.one.spec

    @property
    def mergeable(self) -> bool:
        """Tell whether both are of one object, and the reader may change both."""
        both = [one for one in self._standings if one.may_update]
        return self.one.spec is self.other.spec and len(both) == len((self.one, self.other))

    @cached_property
    def _standings(self) -> list[Standing]:
        asked, found = self.asked, []
        for one in (self.one, self.other):
            name, record_id = one.spec.code, one.record.id
            standing = asked.site.reads.standing(asked.ctx, asked.model, name, record_id)
            found += [standing] if standing is not None else []
        return found

    @cached_property
    def stays(self) -> bool:
        """Tell whether the first record is the one that the rule would keep."""
        body, _ = rule_for(self.asked.model, self.spec.code)
        first, second = (side_of(self.spec, one.record.values) for one in (self.one, self.other))
        return body.stays(first, second)

    @cached_property
    def _pair(self) -> Pair:
        first, second = self._row(self.one), self._row(self.other)
        return (
            Pair(self.spec.code, first, second)
            if self.stays
            else Pair(self.spec.code, second, first)
        )

    def _row(self, one: Side) -> Mapping[str, Any]:
        plain = {c: v for c, v in one.record.values.items() if not isinstance(v, Masked)}
        return {**plain, "id": one.record.id}

    def context(self, pair: SuspectedPair | None, problems: Sequence[str] = ()) -> Drawn:
        """Return what pages/compare.html needs."""
        rows = list(self._rows() if self.one.spec is self.other.spec else self._matched(pair))
        return {
            "object": heading(self.asked, self.spec),
            "one": self.one.drawn(),
            "other": self.other.drawn(),
            "stays": THIS if self.stays else OTHER,
            "differing": [row for row in rows if not row["same"]],
            "equal": [row for row in rows if row["same"]],
            "related": self._related() if self.one.spec is self.other.spec else [],
            "merge_url": f"/duplicates/{self.spec.code}/{self.one.record.id}/{self.other.record.id}"
            if self.mergeable
            else "",
            "versions": [(s.record.id, s.record.version) for s in (self.one, self.other)],
            "undo_days": rule_for(self.asked.model, self.spec.code)[0].undo_days,
            "percent": pair.score if pair is not None and pair.score else 0,
            "apart_url": f"/duplicates/{pair.id}/apart" if pair and pair.state == OPEN else "",
            "decided": self.speech.t("Somebody said that they are no duplicates.")
            if pair is not None and pair.state == APART
            else "",
            "problems": list(problems),
            "back_url": f"/duplicates?object={self.spec.code}",
        }

    def _rows(self) -> Iterator[Drawn]:
        """Yield the fields that both show, each with the side that would win."""
        body, _ = rule_for(self.asked.model, self.spec.code)
        owner = [self.spec.fields["owner"]] if "owner" in self.spec.fields else []
        for one in (*owner, *merged_fields(self.spec)):
            if not all(one.code in side.record.values for side in (self.one, self.other)):
                continue
            mine, theirs = (s.record.values[one.code] for s in (self.one, self.other))
            if one.read_only or (same(mine, theirs) and not mine):
                continue  # what rules find out they find out anew
            drawn = self._drawn(one) | {"same": same(mine, theirs)}
            yield drawn | {"chosen": self._winner(body, one)}

    def _winner(self, body: Any, one: Field) -> str:
        """Return whose value the rule would keep: this, the other's, or what both make together."""
        mine, theirs = (self._row(s).get(one.code) for s in (self.one, self.other))
        pair = self._pair
        if one.code == "owner":
            value = body.value("owner", pair.stays, pair.goes)
        else:
            value = merged_value(self.spec, body, one.code, pair)
        if same(value, mine):
            return THIS
        return OTHER if same(value, theirs) else BOTH

    def _drawn(self, one: Field) -> Drawn:
        look = Look(self.asked)
        cells = [look.cell(s.record, one.code, relative=False) for s in (self.one, self.other)]
        return {
            "code": one.code,
            "label": one.label.text(self.asked.language),
            "one": cells[0],
            "other": cells[1],
            "free": self._may_choose(one),
            "lists": one.type.name in ("tags", "multi_select", "multi_lookup", "rows", "file"),
        }

    def _may_choose(self, one: Field) -> bool:
        values = [s.record.values.get(one.code) for s in (self.one, self.other)]
        if not self.mergeable or any(isinstance(value, Masked) for value in values):
            return False
        if one.type.name == "secret":
            return False
        if one.code == "owner" and not self._access.may_assign:
            return False
        return one.code in self._writable

    @cached_property
    def _access(self) -> Access:
        return access_to(self.asked.model, self.asked.actor, self.spec.code)

    @cached_property
    def _writable(self) -> frozenset[str]:
        found = self._access.writable_anywhere()
        for standing in self._standings:
            found &= standing.writable
        return found

    def _matched(self, pair: SuspectedPair | None) -> Iterator[Drawn]:
        """Yield the fields by which records of two objects are compared."""
        look = Look(self.asked)
        for mine, theirs in self._field_map(pair):
            both = (self.one.spec.fields.get(mine), self.other.spec.fields.get(theirs))
            if both[0] is None or both[1] is None:
                continue
            if mine not in self.one.record.values or theirs not in self.other.record.values:
                continue
            cells = (look.cell(self.one.record, mine), look.cell(self.other.record, theirs))
            label = both[0].label.text(self.asked.language)
            yield {
                "code": mine,
                "label": label,
                "one": cells[0],
                "other": cells[1],
                "same": bool(cells[0]["text"]) and cells[0]["text"] == cells[1]["text"],
                "free": False,
                "chosen": "",
                "lists": False,
            }

    def _field_map(self, pair: SuspectedPair | None) -> list[tuple[str, str]]:
        rule = self.asked.model.rules.get(pair.rule) if pair is not None else None
        body = rule.body if rule is not None else None
        if not isinstance(body, Duplicate):
            return []
        held = self.asked.model.rules.get(body.matching)
        if held is None or not isinstance(held.body, Matching):
            return []
        return list(held.body.fields.get(self.other.spec.code, {}).items())

    def _related(self) -> list[Drawn]:
        """Return how many rows point to each record, of those that the reader may see."""
        asked, found = self.asked, []
        for relation in self.spec.relations.values():
            if (
                relation.owned
                or not access_to(asked.model, asked.actor, relation.object_name).may_read
            ):
                continue
            counts = [
                asked.site.reads.count(
                    asked.ctx,
                    asked.model,
                    relation.object_name,
                    Query(column=(relation.field, one.record.id)),
                )
                for one in (self.one, self.other)
            ]
            if any(counts):
                label = relation.label.text(asked.language)
                found.append(
                    {"label": label, "one": counts[0], "other": counts[1], "sum": sum(counts)}
                )
        return found

    def params(self, form: Mapping[str, str]) -> Drawn:
        """Return the parameters of the action from the posted page."""
        choose = {
            name.removeprefix("choose."): value
            for name, value in form.items()
            if name.startswith("choose.") and value in (THIS, OTHER)
        }
        versions = {
            name.removeprefix("version."): int(value)
            for name, value in form.items()
            if name.startswith("version.") and value.isascii() and value.isdigit()
        }
        keep = form.get("keep", THIS)
        return {
            "with": self.other.record.id,
            "keep": keep if keep in (THIS, OTHER) else THIS,
            "choose": choose,
            "versions": versions,
        }
