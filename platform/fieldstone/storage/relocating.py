"""Takes records along when the configuration changes: from stage to stage, option to option, code to code, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Context
from fieldstone.fieldtypes.options import present
from fieldstone.storage import former_codes
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.following_objects import rename_in_jobs, rename_in_tokens
from fieldstone.storage.following_pipelines import PIPELINE_COLUMN, NewPipeline, rename_pipeline
from fieldstone.storage.following_rules import NewRule
from fieldstone.storage.following_views import PIPELINE, by_object, follow_views, rename_in_views
from fieldstone.storage.former_codes import FIELDS, OBJECT, Former
from fieldstone.storage.journal import fs_stage_history
from fieldstone.storage.platform_tables import PLATFORM
from fieldstone.storage.retyping import Carry
from fieldstone.storage.revisions import fs_moved
from fieldstone.storage.tables import ObjectTable, Tables

BATCH: Final = 1_000


@dataclass(frozen=True)
class Move:
    """The records that hold `before` in a field shall hold `after`.

    `renamed` says that both mean the same, so that nothing has to be remembered; `stage` that the field is the stage
    field, whose history goes along. `pipeline`: only its records, for another one has a stage of the same code.
    """

    object_name: str
    field: str
    before: str
    after: str | None
    renamed: bool = False
    stage: bool = False
    pipeline: str = ""


@dataclass(frozen=True)
class NewCode:
    """An object, or a field of one, that has another code now: what the platform's tables say of it follows."""

    object_name: str
    earlier: str
    field: str = ""  # the field's present code; "" when the object itself was renamed


@dataclass(frozen=True)
class NewView:
    """A declared view that has another code now: saved views that are made from it follow."""

    object_name: str
    earlier: str
    code: str


@dataclass(frozen=True)
class Relocation:
    """All that a revision does to records."""

    moves: tuple[Move, ...] = ()
    codes: tuple[NewCode, ...] = ()
    columns: tuple[Mapping[str, str], ...] = ()  # rows of fs_column: which column keeps which type
    carries: tuple[Carry, ...] = ()
    fills: tuple[
        tuple[str, str], ...
    ] = ()  # (object, field) whose values are worked out for all records
    searched_anew: bool = False  # what search looks into changed for some object
    views: tuple[NewView, ...] = ()
    pipelines: tuple[NewPipeline, ...] = ()
    rules: tuple[NewRule, ...] = ()


class Relocating:
    """Moves values within the transaction of one revision."""

    def __init__(self, connection: Connection, tables: Tables, ctx: Context, revision: int) -> None:
        """Move for `revision`; `tables` are those of its model."""
        self._connection = connection
        self._tables = tables
        self._ctx = ctx
        self._revision = revision

    def call(self, codes: Iterable[NewCode]) -> None:
        """Write present codes into the platform's tables; audit entries stay as they were signed."""
        codes = list(codes)
        for one in codes:
            if not one.field:
                rename_in_tokens(self._connection, one.earlier, one.object_name)
                rename_in_jobs(self._connection, one.earlier, one.object_name)
        for table in PLATFORM.sorted_tables:
            if table is fs_audit or table is fs_moved or "object" not in table.c:
                continue
            for one in codes:
                if not one.field:
                    self._connection.execute(
                        update(table)
                        .where(table.c.object == one.earlier)
                        .values(object=one.object_name)
                    )
                elif "field" in table.c:
                    mine = (table.c.object == one.object_name, table.c.field == one.earlier)
                    self._connection.execute(update(table).where(*mine).values(field=one.field))

    def views(self, wanted: Relocation) -> None:
        """Let saved views call fields, options, stages and the views they are made from by their present codes."""
        fields = [(one.object_name, one.earlier, one.field) for one in wanted.codes if one.field]
        options = [
            (one.object_name, one.field, one.before, one.after)
            for one in wanted.moves
            if one.renamed and one.after is not None and not self._still_there(one)
        ]
        options += [
            (one.object_name, PIPELINE, one.earlier, one.code)
            for one in wanted.pipelines
            if self._has_pipelines(one.object_name)
        ]
        for name, (called, chosen) in by_object(fields, options).items():
            stages = chosen.get(self._tables[name].spec.stage_field, {})
            beside = {"open": stages, PIPELINE: chosen.get(PIPELINE, {})}
            rename_in_views(self._connection, name, called, chosen, beside)
        present: dict[str, dict[str, str]] = {}
        for one in wanted.views:
            present.setdefault(one.object_name, {})[one.earlier] = one.code
        for name, called in present.items():
            follow_views(self._connection, name, called)

    def pipelines(self, renamed: Iterable[NewPipeline]) -> None:
        """Let the records of renamed pipelines and their history name them by their present codes."""
        for one in renamed:
            rename_pipeline(self._connection, self._tables[one.object_name], one)

    def _has_pipelines(self, object_name: str) -> bool:
        pipelines = self._tables[object_name].spec.pipelines
        return pipelines is not None and pipelines.pipeline_field != ""

    def _still_there(self, one: Move) -> bool:
        """Tell whether another pipeline has a stage of the code that this one gave up."""
        field = self._tables[one.object_name].spec.fields[one.field]
        return one.before in getattr(field.type, "options", {})

    def remember_codes(self, wanted: Relocation) -> None:
        """Keep what was called how, so that what is kept under a code is found after going back."""
        tables = self._tables
        found = [
            Former(tables[one.object_name].name, FIELDS, one.earlier, one.field)
            if one.field
            else Former(tables[one.object_name].name, OBJECT, one.earlier, one.object_name)
            for one in wanted.codes
        ]
        for move in wanted.moves:
            held = tables[move.object_name]
            if move.renamed and move.after and move.field in held.columns:
                column = held.columns[move.field].name
                found.append(Former(held.name, column, move.before, move.after))
        for line in wanted.pipelines:
            name = tables[line.object_name].name
            found.append(Former(name, PIPELINE_COLUMN, line.earlier, line.code))
        former_codes.write(self._connection, found)

    def move(self, moves: Iterable[Move]) -> None:
        """Move the records, remembering each that cannot be told apart afterwards."""
        for one in moves:
            held = self._tables[one.object_name]
            column = held.columns[one.field]
            if _is_list(held, one.field):
                self._in_lists(held, one)
                continue
            holds = column == one.before
            if one.pipeline:
                holds = holds & _within(held, one.pipeline)
            if one.renamed:
                self._connection.execute(
                    update(held.table).where(holds).values({column: one.after})
                )
                if one.stage:
                    self._call_stage(one)
                continue
            self._remember(held, column.name, one, holds)
            self._put(held, one, holds)

    def back_to(self, revision: int) -> None:
        """Give the values back that revisions after `revision` moved, where they stand as they were moved."""
        wanted = (
            select(fs_moved.c.object, fs_moved.c.field, fs_moved.c.revision, fs_moved.c.before, fs_moved.c.after)
            .where(fs_moved.c.revision > revision, fs_moved.c.revision < self._revision)
            .distinct()
            .order_by(fs_moved.c.revision.desc())
        )  # fmt: skip
        for row in self._connection.execute(wanted).all():
            found = self._by_column(row.object, row.field)
            if found is not None:
                self._give_back(*found, row)

    def _give_back(self, held: ObjectTable, code: str, row: Any) -> None:
        column = held.columns[code]
        theirs = select(fs_moved.c.record).where(
            fs_moved.c.revision == row.revision,
            fs_moved.c.object == row.object,
            fs_moved.c.field == row.field,
            fs_moved.c.before == row.before,
        )
        options = getattr(held.spec.fields[code].type, "options", {})
        was, to = present(row.before, options), row.after and present(row.after, options)
        still = column.is_(None) if to is None else column == to
        holds = still & held.columns["id"].in_(theirs)
        stage = code == held.spec.stage_field
        self._put(held, Move(held.spec.code, code, to, was, stage=stage), holds)

    def _put(self, held: ObjectTable, one: Move, holds: ColumnElement[bool]) -> None:
        """Write what a move says into the rows that a condition finds; each becomes a new version."""
        version = held.columns["version"]
        values: dict[Any, Any] = {held.columns[one.field]: one.after, version: version + 1}
        if one.stage:
            self._enter_stage(held, one, holds)
            if "stage_entered_at" in held.columns:
                values[held.columns["stage_entered_at"]] = self._ctx.now
        self._connection.execute(update(held.table).where(holds).values(values))

    def _by_column(self, table: str, column: str) -> tuple[ObjectTable, str] | None:
        for held in self._tables.objects.values():
            if held.name == table:
                codes = [code for code, one in held.columns.items() if one.name == column]
                return (held, codes[0]) if codes else None
        return None

    def _remember(
        self, held: ObjectTable, column: str, one: Move, holds: ColumnElement[bool]
    ) -> None:
        kept = select(
            literal(self._revision),
            literal(held.name),
            literal(column),
            held.columns["id"],
            literal(one.before),
            literal(one.after),
        ).where(holds)
        names = ["revision", "object", "field", "record", "before", "after"]
        self._connection.execute(insert(fs_moved).from_select(names, kept))

    def _in_lists(self, held: ObjectTable, one: Move) -> None:
        """Move an option of a field that holds several; the database knows no way to, so the rows are read."""
        column, key = held.columns[one.field], held.columns["id"]
        change = update(held.table).where(key == bindparam("b_id")).values({column: bindparam("b")})
        for batch in self._rows_with(held, one.field):
            rows = [
                {"b_id": record, "b": _exchanged(value, one)}
                for record, value in batch
                if one.before in value
            ]
            if rows:
                self._connection.execute(change, rows)

    def _rows_with(self, held: ObjectTable, code: str) -> Iterator[Sequence[Any]]:
        column, key, last = held.columns[code], held.columns["id"], ""
        while True:
            asked = select(key, column).where(key > last, column.is_not(None))
            rows = self._connection.execute(asked.order_by(key).limit(BATCH)).all()
            if not rows:
                return
            yield rows
            last = rows[-1][0]

    def _call_stage(self, one: Move) -> None:
        history = fs_stage_history
        mine = [history.c.object == one.object_name, history.c.stage == one.before]
        if one.pipeline:
            mine.append(history.c.pipeline == one.pipeline)
        self._connection.execute(update(history).where(*mine).values(stage=one.after))

    def _enter_stage(self, held: ObjectTable, one: Move, holds: ColumnElement[bool]) -> None:
        """Write into the stage history that these records entered another stage, before they do."""
        columns, now = held.columns, self._ctx.now
        chosen = [columns[name] for name in ("id", "pipeline", "owner") if name in columns]
        rows = self._connection.execute(select(*chosen).where(holds)).mappings().all()
        spec = held.spec
        history = fs_stage_history
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            ids = [row[columns["id"].name] for row in batch]
            self._close(ids, now)
            self._connection.execute(
                insert(history),
                [
                    {
                        "id": new_id(),
                        "object": spec.code,
                        "record": row[columns["id"].name],
                        "pipeline": _pipeline(held, row),
                        "stage": one.after,
                        "kind": _kind(held, str(one.after)),
                        "entered_at": now,
                        "actor": self._ctx.actor.id,
                        "rule": "",
                        "owner": row[columns["owner"].name] if "owner" in columns else None,
                        "reason": "configuration",
                    }
                    for row in batch
                ],
            )

    def _close(self, ids: Sequence[str], now: datetime) -> None:
        history = fs_stage_history.c
        open_ones = select(history.id, history.entered_at).where(
            history.record.in_(ids), history.left_at.is_(None)
        )
        rows = [
            {"b_id": key, "b_left": now, "b_seconds": max(0, int((now - since).total_seconds()))}
            for key, since in self._connection.execute(open_ones)
        ]
        if rows:
            change = update(fs_stage_history).where(history.id == bindparam("b_id"))
            left: dict[str, Any] = {
                "left_at": bindparam("b_left"),
                "seconds": bindparam("b_seconds"),
            }
            self._connection.execute(change.values(left), rows)


def holders(connection: Connection, held: ObjectTable, field: str, value: str) -> int:
    """Return how many records, those in the recycle bin among them, hold an option or stand in a stage."""
    column = held.columns[field]
    if not _is_list(held, field):
        asked = select(func.count()).select_from(held.table).where(column == value)
        return int(connection.execute(asked).scalar_one())
    rows = connection.execute(select(column).where(column.is_not(None)))
    return sum(1 for (values,) in rows if value in values)


def _is_list(held: ObjectTable, field: str) -> bool:
    return held.spec.fields[field].type.name == "multi_select"


def _exchanged(values: Sequence[str], one: Move) -> list[str] | None:
    changed = [one.after if value == one.before else value for value in values]
    return list(dict.fromkeys(value for value in changed if value is not None)) or None


def _within(held: ObjectTable, pipeline: str) -> ColumnElement[bool]:
    """Return what finds the records of a pipeline; those that name none are in the first one."""
    named = held.columns[PIPELINE]
    codes = list(held.spec.pipelines.pipelines) if held.spec.pipelines else []
    found: ColumnElement[bool] = named == pipeline
    return found if pipeline != codes[0] else found | named.is_(None) | named.not_in(codes)


def _pipeline(held: ObjectTable, row: Any) -> str:
    pipelines = held.spec.pipelines
    if pipelines is None:
        return ""
    named = row[held.columns["pipeline"].name] if "pipeline" in held.columns else None
    return str(named) if named in pipelines.pipelines else next(iter(pipelines.pipelines))


def _kind(held: ObjectTable, stage: str) -> str:
    pipelines = held.spec.pipelines.pipelines.values() if held.spec.pipelines else ()
    found = next((one.stages[stage] for one in pipelines if stage in one.stages), None)
    return found.kind if found is not None else "open"
