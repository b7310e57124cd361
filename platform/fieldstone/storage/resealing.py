"""Seals anew what an earlier secret key has sealed, so that it is found by its value again and the old key may go."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

from sqlalchemy import Column, Connection, bindparam, select, update

from fieldstone.model.objects import Field
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.merges import fs_merge
from fieldstone.storage.tables import ObjectTable
from fieldstone.storage.vault import Vault, place_of

AT_ONCE: Final = 500


def reseal(storage: Storage, model: Model) -> int:
    """Return how many values were sealed anew; a second run finds none. Raises SealError where neither key opens one.

    So many at once in a transaction of their own: it may be stopped and run again while people work.
    """
    tables, done = storage.use(model), 0
    for held in tables.objects.values():
        for code in held.blind:
            while True:
                with storage.connection() as connection:
                    count = _some(connection, storage.vault, held, code)
                if not count:
                    break
                done += count
    return done + _of_merges(storage, model)


def _of_merges(storage: Storage, model: Model) -> int:
    """Renew what merges keep for their undo; each merge in a transaction of its own."""
    secret = [one for one in model.objects.values() if any(map(_is_secret, one.fields.values()))]
    asked = (
        select(fs_merge.c.id)
        .where(fs_merge.c.object.in_([one.code for one in secret]))
        .where(fs_merge.c.undone_at.is_(None))
    )
    with storage.looking() as connection:
        merges = [str(row[0]) for row in connection.execute(asked)]
    done = 0
    for merge_id in merges:
        with storage.connection() as connection:
            done += _of_merge(connection, storage.vault, model, merge_id)
    return done


def _of_merge(connection: Connection, vault: Vault, model: Model, merge_id: str) -> int:
    one = fs_merge.c
    asked = select(one.object, one.kept).where(one.id == merge_id, one.undone_at.is_(None))
    row = connection.execute(asked.with_for_update()).first()
    if row is None or not row.kept:
        return 0
    spec, done = model.objects[row.object], 0
    kept = deepcopy(row.kept)
    for half in ("before", "after"):
        values = kept.get(half) or {}
        for said, value in values.items():
            field = spec.fields.get(spec.present_code(said))
            if field is None or not _is_secret(field) or value is None or vault.is_present(value):
                continue
            place = place_of("fs_merge", said, merge_id)
            values[said] = vault.sealed(vault.opened(value, place), place)
            done += 1
    if done:
        connection.execute(update(fs_merge).where(one.id == merge_id).values(kept=kept))
    return done


def _is_secret(field: Field) -> bool:
    return field.type.name == "secret"


def _some(connection: Connection, vault: Vault, held: ObjectTable, code: str) -> int:
    record, sealed, blind = held.columns["id"], held.columns[code], held.blind[code]
    older = ~sealed.startswith(f"{vault.key_id}.", autoescape=True)
    asked = select(record, sealed).where(sealed.is_not(None), older).limit(AT_ONCE)
    rows = [tuple(row) for row in connection.execute(asked.with_for_update())]
    if rows:
        connection.execute(_renewal(record, sealed, blind), _renewed(vault, held, sealed, rows))
    return len(rows)


def _renewal(record: Column[Any], sealed: Column[Any], blind: Column[Any]) -> Any:
    # Who wrote a new value meanwhile keeps it: it is sealed with the new key already.
    return (
        update(record.table)
        .where(record == bindparam("b_id"), sealed == bindparam("b_before"))
        .values(
            {sealed.name: bindparam("b_sealed"), blind.name: bindparam("b_plain", type_=blind.type)}
        )
    )


def _renewed(
    vault: Vault, held: ObjectTable, sealed: Column[Any], rows: Sequence[tuple[str, str]]
) -> list[dict[str, str]]:
    found = []
    for record_id, before in rows:
        place = place_of(held.name, str(sealed.name), record_id)
        plain = vault.opened(before, place)
        renewed = {"b_sealed": vault.sealed(plain, place), "b_plain": plain}
        found.append({"b_id": record_id, "b_before": before, **renewed})
    return found
