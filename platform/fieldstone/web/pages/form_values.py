"""From a posted form to what the write door takes: only what the reader may write, and only what they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import FileStorage

from fieldstone.base.ids import new_id
from fieldstone.model.objects import Field, ObjectType
from fieldstone.storage.uploads import StoredFile, Uploads
from fieldstone.web.asking import Asked
from fieldstone.web.pages.controls import FILES, Control, Form, control_of, parsed, posted, to_door
from fieldstone.web.pages.line_items import LineItems


@dataclass(frozen=True)
class Filled:
    """What stood in a form: `typed` by field for drawing it again, `sent` for the write door."""

    typed: Mapping[str, Control]
    sent: Mapping[str, object]

    def known(self, spec: ObjectType) -> dict[str, object]:
        """Return the stored values that the fields would have, those that are no good left out."""
        found = {}
        for code, raw in self.sent.items():
            good, value = parsed(spec.fields[code].type, raw)
            if good:
                found[code] = value
        return found


def filled(
    asked: Asked,
    spec: ObjectType,
    form: Form,
    codes: Iterable[str],
    before: Mapping[str, object],
) -> Filled:
    """Read the fields `codes` out of a form. What stands as it was drawn is not sent: it may be coarser than the stored value."""
    zone, language = asked.ctx.actor.zone, asked.language
    typed: dict[str, Control] = {}
    sent: dict[str, object] = {}
    for code in codes:
        field = spec.fields.get(code)
        if field is None or field.derived or field.type.name in FILES:
            continue
        control = posted(form, field)
        if control is None:
            continue
        typed[code] = control
        if field.type.name == "secret" and not control:
            continue  # an empty box keeps what is there
        if code in before and control == control_of(field.type, before[code], language, zone):
            continue
        if field.type.name == "rows":
            control = LineItems(asked, spec, field).sent(control)
        sent[code] = to_door(field.type, control, zone)
    return Filled(typed, sent)


def with_files(
    asked: Asked,
    spec: ObjectType,
    codes: Iterable[str],
    before: Mapping[str, object],
    found: Filled,
) -> Filled:
    """Keep the files that came with the form and return the fields that now name them."""
    sent = dict(found.sent)
    for code in codes:
        field = spec.fields.get(code)
        if field is None or field.type.name not in FILES:
            continue
        gone = set(request.form.getlist(f"{code}.remove"))
        value = before.get(code)
        there = [one for one in value if one["id"] not in gone] if isinstance(value, list) else []
        new = [
            kept_file(asked, spec.code, field, one)
            for one in request.files.getlist(code)
            if one.filename
        ]
        if gone or new:
            sent[code] = [*there, *new] or None
    return Filled(found.typed, sent)


def kept_file(asked: Asked, object_name: str, field: Field, file: FileStorage) -> dict[str, object]:
    """Keep one file and return its description; no record shows it until one is saved with it."""
    content = file.stream.read()
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    media = file.mimetype or "application/octet-stream"
    storage, ctx = asked.site.storage, asked.ctx
    stored = StoredFile(
        id=new_id(),
        object_name=object_name,
        record_id=None,
        field=field.code,
        name=name,
        type=media,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_by=ctx.actor.id,
        created_at=ctx.now,
    )
    with storage.connection() as connection:
        Uploads(connection).add(stored, content)
    return {"id": stored.id, "name": name, "size": stored.size, "type": media}


def attach_files(
    asked: Asked, spec: ObjectType, record_id: str, sent: Mapping[str, object]
) -> None:
    """Tie the files of a saved form to its record."""
    ids = [
        str(one["id"])
        for code, value in sent.items()
        if spec.fields[code].type.name in FILES and isinstance(value, list)
        for one in value
    ]
    if ids:
        with asked.site.storage.connection() as connection:
            Uploads(connection).attach(ids, spec.code, record_id, asked.ctx.actor.id)
