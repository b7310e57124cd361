"""Finds the person behind an id that a message is addressed to, and who looks after what does not get through."""

from __future__ import annotations

from fieldstone.base.ids import is_id
from fieldstone.changes.nouns import Context
from fieldstone.delivery.contract import Receiver
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage

USER = "user"


def administrators(storage: Storage, model: Model, ctx: Context) -> tuple[str, ...]:
    """Return the ids of the active people who may change the site."""
    roles = [role.code for role in model.roles.values() if role.administrator]
    with storage.rehearsing(storage.use(model), ctx) as facts:
        people = [person for code in roles for person in facts.people(f"role:{code}")]
    return tuple(dict.fromkeys(person.id for person in people if person.active))


def receiver(storage: Storage, model: Model, ctx: Context, user_id: str) -> Receiver | None:
    """Return an active person, None for one who left and for what is no person."""
    if USER not in model.objects or not is_id(user_id):
        return None
    with storage.reading(storage.use(model), ctx) as reader:
        row = reader.rows(USER, [user_id]).get(user_id)
    if row is None or row.get("active") is False:
        return None
    return Receiver(
        user_id,
        str(row.get("name") or ""),
        str(row.get("email") or ""),
        str(row.get("language") or "en"),
        str(row.get("mobile") or ""),
    )
