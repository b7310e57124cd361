"""The address of a record that was merged leads to the record that it is part of now."""

from __future__ import annotations

from flask import Response

from fieldstone.model.objects import ObjectType
from fieldstone.reads.query import Query
from fieldstone.web.asking import Asked


def survivor_of(asked: Asked, spec: ObjectType, record_id: str) -> Response | None:
    """Return what leads to the survivor, None for a record that is there under its own address."""
    ctx, model, reads = asked.ctx, asked.model, asked.site.reads
    if reads.get(ctx, model, spec.code, record_id, Query(fields=("id",))) is not None:
        return None
    survivor = reads.led_to(ctx, model, spec.code, record_id)
    if survivor is None:
        return None
    # A merge can be taken back: nobody keeps where it led.
    headers = {"Location": f"/o/{spec.code}/{survivor}", "Cache-Control": "no-store"}
    return Response(status=301, headers=headers)
