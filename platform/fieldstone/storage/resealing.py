"""Seals anew what an earlier secret key has sealed, so that it is found by its value again and the old key may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, bindparam, select, update

from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
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
    return done


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
