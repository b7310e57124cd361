"""Which object a page is about, and what the reader may do with it."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from fieldstone.access.access import Access, access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked
from fieldstone.web.pages.people import tone
from fieldstone.web.pages.values import COMPANIES

PERSON_TYPES = frozenset({"email", "phone"})


def object_of(asked: Asked, code: str) -> ObjectType:
    """Return an object by its code. Raises RefusedError: 401 for nobody, 404 for what is not there for them."""
    actor = asked.ctx.actor
    spec = asked.model.objects.get(code)
    if spec is None or spec.parent is not None:
        raise not_there()
    if not access_to(asked.model, actor, code).may_read:
        raise not_there()
    return spec


def not_there() -> RefusedError:
    """Return the refusal of what is not there, or not for this reader."""
    text = "There is no such page."
    return RefusedError([Problem("not_found", "address", text, "Check the address.")], 404)


def access_of(asked: Asked, spec: ObjectType) -> Access:
    """Return what the reader may see and do."""
    return access_to(asked.model, asked.ctx.actor, spec.code)


def may_delete(access: Access) -> bool:
    """Tell whether some record may be deleted."""
    return bool(access.rights.delete)


def today_of(asked: Asked) -> date:
    """Return the day it is where the reader is."""
    return asked.ctx.now.astimezone(ZoneInfo(asked.ctx.actor.zone)).date()


def heading(asked: Asked, spec: ObjectType) -> dict[str, object]:
    """Return the dict `object` that every page about records shows."""
    return {
        "name": spec.code,
        "label": spec.label.text(asked.language),
        "plural": spec.plural.text(asked.language),
        "icon": spec.icon,
        "tone": tone(spec.code),
        "list_url": f"/o/{spec.code}",
    }


def is_company(spec: ObjectType) -> bool:
    """Tell whether records are drawn square."""
    return spec.code in COMPANIES


def has_face(spec: ObjectType) -> bool:
    """Tell whether records are people or companies, which are drawn with their letters."""
    own = (field.type.name for field in spec.fields.values() if not field.system)
    return is_company(spec) or not PERSON_TYPES.isdisjoint(own)
