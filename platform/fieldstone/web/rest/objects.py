"""Which object an address names, and in whose name and how a write is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from flask import request

from fieldstone.access.access import Access, access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Actor, Context
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.web.asking import Asked
from fieldstone.web.rest.reading_json import flag, refusal
from fieldstone.writes.replay import Idempotency

LONGEST_KEY: Final = 255


def object_of(asked: Asked, object_name: str) -> ObjectType:
    """Return an object by its code. Raises RefusedError with 401 for nobody, 404 for no such object.

    Line items have no address of their own.
    """
    spec = asked.model.objects.get(object_name)
    _ = asked.ctx
    if spec is None or spec.parent is not None:
        raise no_object(asked, object_name)
    return spec


def no_object(asked: Asked, object_name: str) -> RefusedError:
    """Return the refusal of an object that is not there, or not for this caller."""
    names = [one.code for one, _ in objects_seen(asked.model, asked.ctx.actor)]
    text = f"There is no object {object_name[:40]!r}."
    cure = did_you_mean(object_name[:40], names)
    return RefusedError([Problem("not_found", "object", text, cure)], 404)


def objects_seen(model: Model, actor: Actor) -> Iterator[tuple[ObjectType, Access]]:
    """Yield the objects that this actor may do anything with; line items belong to their document."""
    for code, spec in model.objects.items():
        access = access_to(model, actor, code)
        if spec.parent is None and (access.may_read or access.may_create or access.may_claim):
            yield spec, access


def context(asked: Asked) -> Context:
    """Return the caller's context; ?dry_run=1 tells everything and writes nothing."""
    return replace(asked.ctx, dry_run=True) if flag("dry_run") else asked.ctx


def idempotency() -> Idempotency | None:
    """Return the key of a request that may be repeated, with a hash of all that it asks."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        return None
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise refusal(
            "bad_key",
            "Idempotency-Key",
            "The key is too long, or holds characters that cannot be printed.",
            f"Send at most {LONGEST_KEY} letters, digits and signs.",
        )
    asked_for = b"\n".join(
        (request.method.encode(), request.full_path.encode(), request.get_data())
    )
    return Idempotency(key, hashlib.sha256(asked_for).hexdigest())


def version_expected() -> int | None:
    """Return the version that If-Match names, None without one."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    digits = text.removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit():
        raise refusal(
            "bad_etag",
            "If-Match",
            f"{text[:40]!r} is no ETag of ours.",
            'Send the ETag you got, such as "3".',
        )
    return int(digits[:18])
