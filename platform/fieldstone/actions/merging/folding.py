"""One merge in one transaction: values, everything that hangs on the record, points, deadlines, the old id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from fieldstone.actions.merging.following import MADE, Following
from fieldstone.actions.submitting import standing
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Change, Decision, Operation, Outcome
from fieldstone.fieldtypes.secret import MASK
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.rules.merge import PLAIN, Merge, Side, missing
from fieldstone.rules.wording import listed, masked
from fieldstone.storage.journal import JournalEntry
from fieldstone.storage.merges import Merged, Moved
from fieldstone.storage.moving import Moving
from fieldstone.storage.vault import place_of
from fieldstone.writes.unit import Unit

Row = Mapping[str, Any]
DEEPEST: Final = 4
"""Merges of children of children: a circle of unique rows would have no end."""


@dataclass(frozen=True)
class Pair:
    """The two stored records; `chosen` names, by field, the id of the record whose value a person wants."""

    object_name: str
    stays: Row
    goes: Row
    chosen: Mapping[str, str] = field(default_factory=dict)


def rule_for(model: Model, object_name: str) -> tuple[Merge, Rule | None]:
    """Return how records of an object are merged, and the rule that says so."""
    for rule in model.rules_of(object_name, "merge"):
        if isinstance(rule.body, Merge):
            return rule.body, rule
    return PLAIN, None


def side_of(spec: ObjectType, row: Row) -> Side:
    """Return a record as the question who stays sees it."""
    kind = ""
    if spec.pipelines is not None:
        stage = spec.pipelines.of(row).stages.get(str(row.get(spec.stage_field)))
        kind = stage.kind if stage is not None else ""
    own = [code for code, one in spec.fields.items() if not (one.system or one.derived)]
    filled = sum(not missing(row.get(code)) for code in own)
    return Side(row, kind, filled)


def merged_fields(spec: ObjectType) -> Iterator[Field]:
    """Yield the fields that have a winner: what people and rules fill, not what is worked out."""
    for one in spec.fields.values():
        kept = one.column or one.type.name == "rows"
        if kept and not one.derived and not one.archived and not one.system:
            yield one


def merged_value(spec: ObjectType, body: Merge, code: str, pair: Pair) -> Any:
    """Return the value of one field once the two records are one."""
    stays, goes = pair.stays, pair.goes
    if code in pair.chosen:
        return (stays if pair.chosen[code] == stays["id"] else goes).get(code)
    if spec.pipelines and code in (spec.stage_field, spec.pipelines.pipeline_field):
        return stays.get(code)
    if spec.fields[code].type.name == "rows":
        theirs = goes.get(code) or () if body.policy(code) != "skip" else ()
        return (
            *(stays.get(code) or ()),
            *({k: v for k, v in one.items() if k != "id"} for one in theirs),
        )
    value = body.value(code, stays, goes)
    return _not_itself(spec, code, value, pair)


def _not_itself(spec: ObjectType, code: str, value: Any, pair: Pair) -> Any:
    """Return a link that does not make the record its own parent, nor lead to the one that goes."""
    if spec.fields[code].type.name == "lookup" and value in (pair.stays["id"], pair.goes["id"]):
        other = pair.goes.get(code)
        return None if other in (pair.stays["id"], pair.goes["id"]) else other
    return value


def same(one: object, other: object) -> bool:
    """Tell whether two values say the same; nothing and an empty list do."""
    return one == other or (missing(one) and missing(other))


def merged_values(spec: ObjectType, body: Merge, pair: Pair) -> dict[str, Any]:
    """Return the stored values that the record that stays gets anew."""
    values = {
        one.code: value
        for one in merged_fields(spec)
        if not same(value := merged_value(spec, body, one.code, pair), pair.stays.get(one.code))
    }
    values |= _ownership(spec, body, pair)
    moments = [r.get("last_activity_at") for r in (pair.stays, pair.goes)]
    latest = max((one for one in moments if one is not None), default=None)
    if latest != pair.stays.get("last_activity_at"):
        values["last_activity_at"] = latest
    return values


def _ownership(spec: ObjectType, body: Merge, pair: Pair) -> dict[str, Any]:
    """Return owner and pool: a record that nobody owns gets the other's owner, else it stays where it lies."""
    if "owner" not in spec.fields:
        return {}
    if "owner" in pair.chosen:
        chosen = pair.stays if pair.chosen["owner"] == pair.stays["id"] else pair.goes
        owner = chosen.get("owner")
    else:
        owner = body.value("owner", pair.stays, pair.goes)
    if owner == pair.stays.get("owner"):
        return {}
    if owner is None:
        # Chosen by hand: the record goes to the pool that the other one lies in.
        return {"owner": None, **({"pool": pair.goes.get("pool")} if "pool" in spec.fields else {})}
    return {"owner": owner, **({"pool": None} if pair.stays.get("pool") else {})}


class Folding:
    """Merges pairs of records within one transaction."""

    def __init__(self, unit: Unit, reason: str = "merged") -> None:
        """Work within `unit`."""
        self._unit = unit
        self._reason = reason
        self._depth = 0

    def merge(self, pair: Pair, within: str | None = None) -> tuple[Merged, Outcome]:
        """Make the two one. Raises RefusedError when the record that stays cannot hold what it gets."""
        unit, tx = self._unit, self._unit.transaction
        body, rule = rule_for(unit.model, pair.object_name)
        spec, merge_id = unit.model.objects[pair.object_name], new_id()
        stays, goes = str(pair.stays["id"]), str(pair.goes["id"])
        moving = tx.moving(pair.object_name)
        moved = list(self._children(pair, body, merge_id))
        timers = moving.timers_of(stays)
        moved += [*_points(moving, body, goes, stays), *moving.timers(goes)]
        self._remove(pair)
        points = moving.point_keys(stays)
        values = merged_values(spec, body, pair)
        outcome = self._write(spec, pair, values)
        # Afterwards: whose span ends with the record that goes is no past owner of the one that stays yet.
        moved += moving.all(goes, stays)
        moved += tx.suspects.settle(pair.object_name, goes, stays, unit.ctx.actor.id)
        if body.deadlines != "survivor":
            gone_timers = [one.before for one in moved if one.place == "fs_timer"]
            moving.stand_in(stays, gone_timers, later=body.deadlines == "latest")
        kept = {
            **self._kept(spec, pair, {**outcome.record, **values}, merge_id),
            "version": outcome.version,
            "timers": timers,
        }
        merged = self._named(pair, body, rule, (merge_id, within), kept)
        moved += moving.added_points(stays, points)
        moved += [Moved(MADE, name, made) for name, made in unit.made_by_rules]
        tx.merges.add(merged, moved)
        self._tell(spec, pair, rule, outcome)
        return merged, outcome

    def _named(
        self,
        pair: Pair,
        body: Merge,
        rule: Rule | None,
        ids: tuple[str, str | None],
        kept: Mapping[str, Any],
    ) -> Merged:
        """Return the merge as it is kept; `ids` are its own and that of the merge it is part of."""
        ctx = self._unit.ctx
        return Merged(
            ids[0],
            pair.object_name,
            str(pair.stays["id"]),
            str(pair.goes["id"]),
            ids[1],
            rule.code if rule else "",
            ctx.actor.id,
            ctx.now,
            ctx.now + timedelta(days=body.undo_days),
            body.redirect,
            kept,
        )

    def _children(self, pair: Pair, body: Merge, merge_id: str) -> Iterator[Moved]:
        def join(object_name: str, stays: str, goes: str) -> None:
            self._join(object_name, stays, goes, merge_id)

        following = Following(self._unit, body, join)
        yield from following.all(pair.object_name, str(pair.goes["id"]), str(pair.stays["id"]))

    def _join(self, object_name: str, stays: str, goes: str, within: str) -> None:
        """Merge two rows of which only one may point to the survivor."""
        if self._depth >= DEEPEST:
            text = f"Rows of {object_name} clash with each other in a circle."
            raise RefusedError([Problem("too_deep", object_name, text, "Merge these rows first.")])
        self._depth += 1
        self.merge(stored_pair(self._unit, object_name, stays, goes), within)
        self._depth -= 1

    def _remove(self, pair: Pair) -> None:
        change = Change(
            pair.object_name,
            Operation.DELETE,
            {},
            str(pair.goes["id"]),
            action="merge",
            relinks=True,
            trusted=True,
            reason=self._reason,
        )
        standing(self._unit.submit([change])[0])

    def _write(self, spec: ObjectType, pair: Pair, values: Mapping[str, Any]) -> Outcome:
        raw = {
            code: value
            if spec.fields[code].type.name == "secret"
            else spec.fields[code].type.dump(value)
            for code, value in values.items()
        }
        change = Change(
            pair.object_name,
            Operation.UPDATE,
            raw,
            str(pair.stays["id"]),
            action="merge",
            allow_duplicate=True,
            trusted=True,
            reason=self._reason,
        )
        return standing(self._unit.submit([change])[0])

    def _kept(
        self, spec: ObjectType, pair: Pair, now: Row, merge_id: str
    ) -> dict[str, dict[str, Any]]:
        """Return the survivor's values before and after, as an undo needs them."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for code, one in spec.fields.items():
            if one.formula is not None or one.rollup is not None or code in _BOOKKEEPING:
                continue
            old, new = pair.stays.get(code), now.get(code)
            sealed = one.type.name == "secret" and new == MASK
            if code in now and not sealed and not same(old, new):
                before[code], after[code] = (
                    kept_value(self._unit, one, value, merge_id) for value in (old, new)
                )
        return {"before": before, "after": after}

    def _tell(self, spec: ObjectType, pair: Pair, rule: Rule | None, outcome: Outcome) -> None:
        """Keep why each value is what it is, with the record that stays."""
        gone = masked(str(pair.goes.get(spec.title) or ""))
        taken = [
            one.label
            for one in merged_fields(spec)
            if one.type.name != "secret"
            and pair.stays.get(one.code) != outcome.record.get(one.code)
            and one.code in outcome.record
        ]
        names = listed(taken)
        because = Label(
            f"merged with {gone}" + (f"; taken over: {names.en}" if taken else ""),
            f"与“{gone}”合并" + (f"，采用其：{names.text('zh')}" if taken else ""),
        )
        decision = Decision(
            rule.code if rule else "merge",
            "merge",
            rule.version if rule else 1,
            because,
            {},
            (Candidate(str(pair.goes["id"]), gone, False, Label("went into it", "并入该记录")),),
        )
        entry = JournalEntry(
            spec.code,
            str(pair.stays["id"]),
            "merge",
            outcome.version,
            decisions=(decision,),
            reason=self._reason,
        )
        self._unit.transaction.journal([entry])


_BOOKKEEPING: Final = frozenset({"updated_at", "updated_by", "created_at", "created_by"})


def stored_pair(
    unit: Unit, object_name: str, stays: str, goes: str, chosen: Mapping[str, str] | None = None
) -> Pair:
    """Lock both records in the order of their ids and return them, line items and secrets included.

    Raises RefusedError (404) when one of them is not there.
    """
    tx, spec = unit.transaction, unit.model.objects[object_name]
    names = {*tx.tables[object_name].columns, *(f.code for f in tx.tables[object_name].children)}
    rows = tx.rows(object_name, [stays, goes], names=names, lock=True, unseal=True)
    for one in (stays, goes):
        if one not in rows:
            text = f"There is no {spec.label.en.lower()} {one}."
            raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    return Pair(object_name, rows[stays], rows[goes], chosen or {})


def kept_value(unit: Unit, one: Field, value: Any, merge_id: str) -> Any:
    """Return a value as JSON; a secret is sealed again, for the place where it is kept."""
    if value is None or one.type.name != "secret":
        return None if value is None else one.type.dump(value)
    place = place_of("fs_merge", one.code, merge_id)
    return unit.transaction.tables.vault.sealed(str(value), place)


def opened_value(unit: Unit, one: Field, said: str, kept: Any, merge_id: str) -> Any:
    """Return what `kept_value` kept of a field that was called `said` then."""
    if kept is None or one.type.name != "secret":
        return kept
    return unit.transaction.tables.vault.opened(kept, place_of("fs_merge", said, merge_id))


def _points(moving: Moving, body: Merge, gone: str, survivor: str) -> Iterator[Moved]:
    if body.score == "sum":
        yield from moving.points(gone, survivor)
    elif body.score == "max":
        yield from moving.better_points(gone, survivor)
