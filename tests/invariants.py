"""What must hold of a database whatever was written, raced or killed: every breach as a sentence.

Run it on a site's folder with `python -m tests.invariants FOLDER`; tests call `breaches`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from sqlalchemy import Connection, func, select

from fieldstone import bootstrap
from fieldstone.access.access import env_of
from fieldstone.base.settings import load_settings
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context
from fieldstone.expressions.env import Env
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules.claim_quota import CLAIMS
from fieldstone.rules.scoring_body import Bounds, Scoring
from fieldstone.storage.chain import broken_links, fs_audit
from fieldstone.storage.counters import fs_grant, fs_ledger, fs_sequence
from fieldstone.storage.database import Storage
from fieldstone.storage.journal import fs_owner_span, fs_stage_history
from fieldstone.storage.merges import fs_merge
from fieldstone.storage.reader import Reader

Row = Mapping[str, object]
Rows = Mapping[str, Mapping[str, Row]]


def breaches(storage: Storage, model: Model) -> list[str]:
    """Return every breach of what must always hold; an empty list is a whole database."""
    ctx = Context(SYSTEM_ACTOR, datetime.now(UTC), "test", "invariants")
    with storage.reading(storage.use(model), ctx) as reader:
        rows = {code: _all_rows(reader, code) for code in model.objects}
        return [
            *_owners(reader.connection, model, rows),
            *_stages(reader.connection, model, rows),
            *_audits(reader.connection, rows),
            *_quotas(reader.connection),
            *_references(model, rows),
            *_numbers(reader.connection, model, rows),
            *_rollups(model, rows, env_of(ctx)),
            *_points(reader.connection, model, rows),
        ]


def _points(connection: Connection, model: Model, rows: Rows) -> Iterator[str]:
    """The score of a record is the sum of its ledger, within the bounds that its rule sets."""
    entry = fs_ledger.c
    asked = select(entry.record, entry.rule, entry.dimension, func.sum(entry.points)).group_by(
        entry.record, entry.rule, entry.dimension
    )
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for record, rule, dimension, points in connection.execute(asked):
        sums.setdefault((rule, record), {})[dimension] = int(points)
    for (code, record), found in sums.items():
        rule = model.rules.get(code)
        row = rows.get(rule.object_name, {}).get(record) if rule is not None else None
        if rule is None or row is None or not isinstance(rule.body, Scoring):
            continue
        parts = (rule.body.dimensions.get(name, Bounds()).bounded(n) for name, n in found.items())
        total = rule.body.whole.bounded(sum(parts))
        if row.get(rule.body.into) != total:
            yield f"{rule.object_name} {record}: {rule.body.into} is {row.get(rule.body.into)}, its ledger says {total}"


def _all_rows(reader: Reader, code: str) -> Mapping[str, Row]:
    held = reader.tables[code]
    ids = [one for (one,) in reader.connection.execute(select(held.columns["id"]))]
    return reader.rows(code, ids, deleted=True)


def _merged_away(connection: Connection) -> frozenset[str]:
    """Return the records that went into others: their spans, stages and points lie with those."""
    asked = select(fs_merge.c.gone).where(fs_merge.c.undone_at.is_(None))
    return frozenset(gone for (gone,) in connection.execute(asked))


def _owners(connection: Connection, model: Model, rows: Rows) -> Iterator[str]:
    """One owner or one pool, and one open span that says the same."""
    away = _merged_away(connection)
    span = fs_owner_span.c
    asked = select(span.object, span.record, span.owner, span.pool).where(span.until.is_(None))
    spans: dict[tuple[str, str], list[tuple[str | None, str | None]]] = {}
    for object_name, record, owner, pool in connection.execute(asked):
        spans.setdefault((object_name, record), []).append((owner, pool))
    for code, spec in model.objects.items():
        if spec.owned == "none" or "owner" not in spec.fields:
            continue
        for record_id, row in rows[code].items():
            if record_id in away:
                continue
            now = (row.get("owner"), row.get("pool"))
            if all(now):
                yield f"{code} {record_id} has an owner and lies in a pool"
            open_ones = [one for one in spans.get((code, record_id), []) if any(one)]
            if open_ones != ([now] if any(now) else []):
                yield f"{code} {record_id} is with {now}, its open spans say {open_ones}"


def _stages(connection: Connection, model: Model, rows: Rows) -> Iterator[str]:
    span, away = fs_stage_history.c, _merged_away(connection)
    asked = select(span.object, span.record, span.stage).where(span.left_at.is_(None))
    stages: dict[tuple[str, str], list[str]] = {}
    for object_name, record, stage in connection.execute(asked):
        stages.setdefault((object_name, record), []).append(stage)
    for code, spec in model.objects.items():
        for record_id, row in rows[code].items() if spec.stage_field else ():
            present = row.get(spec.stage_field)
            if record_id not in away and stages.get((code, record_id), []) != (
                [present] if present else []
            ):
                said = stages.get((code, record_id))
                yield f"{code} {record_id} is in {present}, its open stages are {said}"


def _audits(connection: Connection, rows: Rows) -> Iterator[str]:
    """The chain holds; each version of each record has one line, and no line speaks of what is not there."""
    for broken in broken_links(connection):
        yield f"the audit chain {broken.chain} is broken at {broken.place}"
    audit = fs_audit.c
    asked = select(audit.object, audit.record, audit.version).where(audit.operation != "touch")
    versions: dict[tuple[str, str], Counter[int]] = {}
    for object_name, record, version in connection.execute(asked):
        versions.setdefault((object_name, record), Counter())[version or 0] += 1
    for (code, record_id), told in versions.items():
        if code in rows and record_id not in rows[code]:
            yield f"{code} {record_id} has {sum(told.values())} audit lines and no row"
    for code, some in rows.items():
        for record_id, row in some.items():
            told = versions.get((code, record_id), Counter())
            if told and max(told) != row["version"]:
                yield f"{code} {record_id} is at version {row['version']}, audited up to {max(told)}"


def _quotas(connection: Connection) -> Iterator[str]:
    """Nobody was charged for more claims than they made, or given back more than they were charged."""
    key = (fs_grant.c.rule, fs_grant.c.subject, fs_grant.c.period)
    asked = select(*key, func.sum(fs_grant.c.count)).group_by(*key)
    charged: Counter[str] = Counter()
    for rule, subject, ledger, count in connection.execute(asked):
        if ":" in subject:
            continue  # a group's or a pool's, who come and go
        if count < 0:
            yield f"{rule} {subject} {ledger}: {-count} more given back than charged"
        if ledger == CLAIMS:
            charged[subject] += int(count)
    audit = fs_audit.c
    told = select(audit.actor, func.count()).where(audit.reason == "claimed").group_by(audit.actor)
    made = {actor: int(count) for actor, count in connection.execute(told)}
    for subject, count in charged.items():
        if count > made.get(subject, 0):
            yield f"{subject} was charged for {count} claims and made {made.get(subject, 0)}"


def _references(model: Model, rows: Rows) -> Iterator[str]:
    """Every lookup leads to a row; every line item has its document."""
    for code, spec in model.objects.items():
        for field in spec.fields.values():
            target = field.type.expression_type.of
            if field.type.name not in ("lookup", "user") or target not in rows or field.system:
                continue
            for record_id, row in rows[code].items():
                if row.get(field.code) and row[field.code] not in rows[target]:
                    yield f"{code} {record_id}.{field.code} leads to no {target}"


def _numbers(connection: Connection, model: Model, rows: Rows) -> Iterator[str]:
    """No number is given twice, and none is skipped."""
    asked = select(fs_sequence.c.object, fs_sequence.c.field, func.sum(fs_sequence.c.last))
    given = {
        (object_name, field): int(last)
        for object_name, field, last in connection.execute(
            asked.group_by(fs_sequence.c.object, fs_sequence.c.field)
        )
    }
    for code, spec in model.objects.items():
        for field in spec.fields.values():
            if field.type.name != "autonumber":
                continue
            numbers = [row[field.code] for row in rows[code].values() if row.get(field.code)]
            if len(set(numbers)) != len(numbers):
                yield f"{code}.{field.code} gives a number twice"
            if len(numbers) < given.get((code, field.code), 0):
                yield f"{code}.{field.code}: {given[code, field.code]} taken, {len(numbers)} there"


def _rollups(model: Model, rows: Rows, env: Env) -> Iterator[str]:
    """Every count and sum is what its rows add up to, worked out here in Python."""
    for code, spec in model.objects.items():
        for field in spec.fields.values():
            if field.rollup is None:
                continue
            for record_id, row in rows[code].items():
                true = _added_up(spec, field, record_id, rows, env)
                if true is not None and _number(row.get(field.code)) != true:
                    yield f"{code} {record_id}.{field.code} is {row.get(field.code)}, in truth {true}"


def _added_up(
    spec: ObjectType, field: Field, record_id: str, rows: Rows, env: Env
) -> Decimal | None:
    rollup = field.rollup
    if rollup is None or rollup.function not in ("count", "sum"):
        return None
    if rollup.when is not None and (rollup.when.paths or rollup.when.rows):
        return None
    relation = spec.relations[rollup.relation]
    mine = [
        row
        for row in rows[relation.object_name].values()
        if row.get(relation.field) == record_id
        and row.get("deleted_at") is None
        and (rollup.when is None or rollup.when.evaluate(row, env))
    ]
    if rollup.function == "count":
        return Decimal(len(mine))
    return sum((_number(row.get(rollup.value)) for row in mine), Decimal(0))


def _number(value: object) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def main(arguments: Sequence[str]) -> int:
    """Print every breach in the database of a site's folder; 1 when there is one."""
    site = bootstrap.build_site(load_settings(Path(arguments[0])))
    found = breaches(site.storage, site.model)
    sys.stdout.writelines(f"{one}\n" for one in found)
    site.storage.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
