"""Records and their history follow a pipeline that gets another code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnClause, Connection, column, table, update

from fieldstone.storage.catalog import read_catalog
from fieldstone.storage.journal import fs_stage_history
from fieldstone.storage.tables import ObjectTable

PIPELINE_COLUMN: Final = "f_pipeline"


@dataclass(frozen=True)
class NewPipeline:
    """A pipeline that has another code now: its records, their past and the boards that show it follow."""

    object_name: str
    earlier: str
    code: str


def rename_pipeline(connection: Connection, held: ObjectTable, one: NewPipeline) -> None:
    """Let the records of a pipeline and their history name it by its present code."""
    history = fs_stage_history
    passed = (history.c.object == one.object_name, history.c.pipeline == one.earlier)
    connection.execute(update(history).where(*passed).values(pipeline=one.code))
    kept: ColumnClause[str] = column(PIPELINE_COLUMN)
    if _is_kept(connection, held):
        records = table(held.name, kept)
        mine = update(records).where(kept == one.earlier).values({kept: one.code})
        connection.execute(mine)


def _is_kept(connection: Connection, held: ObjectTable) -> bool:
    """Tell whether records name their pipeline, be it in a column that waits for there being several again."""
    others = [one for one in held.spec.fields.values() if one.column == PIPELINE_COLUMN]
    there = PIPELINE_COLUMN in read_catalog(connection).columns[held.name]
    return there and all(one.system for one in others)
