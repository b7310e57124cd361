"""What a programmer would write by hand for three calls: Flask, SQL, orjson, a token check, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import psycopg
from flask import Flask, Response, request

from bench.ground import Ground
from fieldstone import bootstrap
from fieldstone.base.ids import new_id

TOKEN = """SELECT u.id, u.f_active FROM fs_token t JOIN o_user u ON u.id = t."user"
WHERE t.hash = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND u.deleted_at IS NULL"""


def build_floor(ground: Ground) -> Flask:
    """Return the application."""
    app, here = Flask("floor"), threading.local()
    site = bootstrap.build_site(ground.settings())
    held = site.storage.use(site.model)["lead"]
    # The names are written out, as by hand; a programmer would type them.
    names = [code for code in held.columns if code not in ("seq", "deleted_at", "deleted_by")]
    columns = ", ".join(held.columns[code].name for code in names)
    fields = site.model.objects["lead"].fields
    scale = {c: getattr(held.columns[c].type, "scale", None) for c in names}
    numbers = [(at, scale[c]) for at, c in enumerate(names) if c in fields and scale[c] is not None]
    lists = [at for at, c in enumerate(names) if c in ("tags",)]
    site.storage.close()
    get_sql = f"SELECT {columns} FROM o_lead WHERE id = %s AND deleted_at IS NULL"
    list_sql = (
        f"SELECT {columns} FROM o_lead WHERE f_stage = %s AND deleted_at IS NULL "
        "ORDER BY created_at DESC, id DESC LIMIT 51"
    )
    del numbers, lists

    def connection() -> psycopg.Connection[Any]:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(ground.url, autocommit=True, prepare_threshold=0)
            here.connection.execute("SET timezone TO 'UTC'")
        return here.connection

    def user() -> str:
        header = request.headers.get("Authorization", "")
        digest = hashlib.sha256(header.removeprefix("Bearer ").encode()).hexdigest()
        row = connection().execute(TOKEN, (digest,)).fetchone()
        if row is None or row[1] is False:
            raise PermissionError
        return str(row[0])

    def answer(value: object, status: int = 200) -> Response:
        return Response(
            orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z),
            status,
            content_type="application/json",
        )

    @app.errorhandler(PermissionError)
    def refused(error: PermissionError) -> Response:
        return answer({"title": "Unauthorized"}, 401)

    @app.get("/api/v1/lead/<record_id>")
    def get(record_id: str) -> Response:
        user()
        row = connection().execute(get_sql, (record_id,)).fetchone()
        if row is None:
            return answer({"title": "Not Found"}, 404)
        return answer({"data": dict(zip(names, row))})

    @app.get("/api/v1/lead")
    def many() -> Response:
        user()
        stage = request.args["filter"].split("'")[1]
        rows = connection().execute(list_sql, (stage,)).fetchall()
        cursor = None
        if len(rows) > 50:
            cursor = base64.urlsafe_b64encode(str(rows[49][0]).encode()).decode()
        data = [dict(zip(names, row)) for row in rows[:50]]
        return answer({"data": data, "page": {"next": cursor}})

    @app.post("/api/v1/lead")
    def create() -> Response:
        me, given, now = user(), orjson.loads(request.get_data()), datetime.now(UTC)
        if not given.get("name") or not given.get("channel"):
            return answer({"title": "Unprocessable"}, 422)
        row = {
            **given,
            "id": new_id(),
            "version": 1,
            "budget": Decimal(given["budget"]),
            "tags": orjson.dumps(given.get("tags", [])).decode(),
            "stage": "new",
            "score": 0,
            "returns": 0,
            "calls": 0,
            "owner": me,
            "created_at": now,
            "created_by": me,
            "updated_at": now,
            "updated_by": me,
            "owned_at": now,
            "stage_entered_at": now,
        }
        there = [code for code in row if code in held.columns]
        columns_there = ", ".join(held.columns[code].name for code in there)
        places = ", ".join(["%s"] * len(there))
        connection().execute(
            f"INSERT INTO o_lead ({columns_there}) VALUES ({places})", [row[c] for c in there]
        )
        return answer({"data": {code: row.get(code) for code in names}}, 201)

    return app


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError
