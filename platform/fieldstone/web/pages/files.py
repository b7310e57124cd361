"""Attached files: handed out to whoever may see the field of the record they belong to, and never run."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response

from fieldstone.reads.query import Query
from fieldstone.storage.uploads import StoredFile, Uploads
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("files", __name__)
# Shown in the browser; everything else, and above all HTML and SVG, is only ever saved.
SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
SANDBOX: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@PAGE.get("/files/<file_id>")
def attached_file(file_id: str) -> Response:
    """Return the content of a file."""
    asked = the_call()
    storage = asked.site.storage
    with storage.looking() as connection:
        uploads = Uploads(connection)
        found = uploads.get(file_id)
        if found is None or not _may_see(asked, found):
            raise not_there()
        content = uploads.content(file_id)
    shown = found.type in SHOWN
    response = Response(content, content_type=found.type if shown else "application/octet-stream")
    way = "inline" if shown else "attachment"
    name = quote(found.name, safe="")
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{name}"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _may_see(asked: Asked, file: StoredFile) -> bool:
    """Tell whether the reader sees the record's field now; until it has a record, who sent it does."""
    if file.object_name not in asked.model.objects:
        return False
    if file.record_id is None:
        return file.created_by == asked.ctx.actor.id
    query = Query(fields=(file.field,))
    spec = asked.model.objects[file.object_name]
    if file.field not in spec.fields:
        return False
    record = asked.site.reads.get(asked.ctx, asked.model, spec.code, file.record_id, query)
    if record is None or file.field in record.masked:
        return False
    value = record.values.get(file.field)
    return isinstance(value, list | tuple) and any(one["id"] == file.id for one in value)
