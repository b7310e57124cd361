"""Loads the sample data of a template, once: what it made before is found again by its id."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.actions.scripts.filling import ABOUT_ROW, Cast
from fieldstone.actions.scripts.reading import Block
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Query
from fieldstone.writes.pipeline import Writes

NAMESPACE: Final = uuid.UUID("6f1d3c1e-5b0a-4f0e-9d5e-2b8f3f1c7a10")
MOST_PEOPLE: Final = 500


def sample_id(template: str, object_name: str, place: int) -> str:
    """Return the id of a sample record: the same at every loading, in the form of a version 7 id of long ago."""
    made = bytearray(uuid.uuid5(NAMESPACE, f"{template}/{object_name}/{place}").bytes)
    made[:6] = (1_700_000_000_000 + place).to_bytes(6)
    made[6] = 0x70 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return str(uuid.UUID(bytes=bytes(made)))


@dataclass(frozen=True)
class Samples:
    """Loads sample data for somebody, through the doors of a site."""

    ctx: Context
    model: Model
    reads: Reads
    writes: Writes

    def load(
        self, template: str, blocks: Sequence[Block], cast: Cast | None = None
    ) -> dict[str, int]:
        """Write what is not there yet and return how many records of each object were made.

        All or nothing, in one transaction. `cast` knows names from before and learns those of the rows. Raises
        RefusedError with every problem, each with its object and row.
        """
        ctx, made = self.ctx, dict[str, int]()
        cast = cast or Cast(self.model, ctx.now, ctx.actor.zone)
        cast.by_role = people_by_role(ctx, self.model, self.reads)
        cast.otherwise = cast.otherwise or self._stand_in(cast.by_role)
        places: dict[str, int] = {}
        with self.writes.unit(ctx, self.model) as unit:
            for block in blocks:
                spec = _object(self.model, block)
                changes = _changes(spec, cast, block, template, places)
                there = unit.transaction.rows(spec.code, [str(one.record_id) for one in changes])
                missing = [one for one in changes if one.record_id not in there]
                outcomes = unit.submit(missing) if missing else []
                _raise_refused(spec, outcomes)
                made[spec.code] = made.get(spec.code, 0) + len(missing)
        return made

    def _stand_in(self, by_role: Mapping[str, tuple[str, ...]]) -> str:
        """Return who owns what nobody of a role can own: who loads it, or the first administrator."""
        if not self.ctx.actor.is_system:
            return self.ctx.actor.id
        roles = [code for code, role in self.model.roles.items() if role.administrator]
        people = [person for role in roles for person in by_role.get(role, ())]
        if not people:
            text, cure = (
                "nobody could own the sample data.",
                "Make an administrator: 'fieldstone init'.",
            )
            raise RefusedError([Problem("no_people", "sample_data", text, cure)])
        return people[0]


def _changes(
    spec: ObjectType, cast: Cast, block: Block, template: str, places: dict[str, int]
) -> list[Change]:
    """Return the changes that make a block's rows; each has the id of its place among its object's samples."""
    changes = []
    for row in block.rows:
        place = places[spec.code] = places.get(spec.code, -1) + 1
        record_id = sample_id(template, spec.code, place)
        changes.append(_change(spec, cast, row, record_id))
        if row.get("as"):
            cast.ids[str(row["as"])] = record_id
    return changes


def _raise_refused(spec: ObjectType, outcomes: Sequence[Outcome]) -> None:
    problems = [
        Problem(p.code, f"{spec.code} {n + 1}: {p.path}", p.message, p.cure)
        for n, outcome in enumerate(outcomes)
        for p in outcome.problems
    ]
    if problems:
        raise RefusedError(problems)


def people_by_role(ctx: Context, model: Model, reads: Reads) -> Mapping[str, tuple[str, ...]]:
    """Return the active people who carry each role, by name."""
    page = reads.list(
        ctx, model, "user", Query(filter="active", sort=(("name", False),), limit=MOST_PEOPLE)
    )
    found: dict[str, list[str]] = {}
    for record in page.rows:
        roles = record.values.get("roles")
        for role in roles if isinstance(roles, list | tuple) else ():
            found.setdefault(str(role), []).append(record.id)
    return {role: tuple(ids) for role, ids in found.items()}


def _object(model: Model, block: Block) -> ObjectType:
    spec = model.objects.get(block.object_name)
    if spec is None:
        text = f"there is no object '{block.object_name}'."
        cure = did_you_mean(block.object_name, model.objects)
        raise RefusedError([Problem("unknown_object", block.object_name, text, cure)])
    return spec


def _change(spec: ObjectType, cast: Cast, row: Mapping[str, Any], record_id: str) -> Change:
    created = row.get("created")
    entered = sorted((row.get("stages") or {}).items(), key=lambda one: float(one[1]))
    stages = tuple((stage, cast.instant(float(days))) for stage, days in entered)
    values = cast.values(spec, {k: v for k, v in row.items() if k not in ABOUT_ROW})
    if stages and spec.stage_field:
        values[spec.stage_field] = stages[-1][0]
    return Change(
        spec.code,
        Operation.CREATE,
        values,
        record_id,
        as_of=None if created is None else cast.instant(float(created)),
        stage_history=stages,
        skip_rules=created is not None,
        trusted=True,
        reason="sample",
    )
