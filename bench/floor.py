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
    floor, app = Floor(ground), Flask("floor")

    @app.errorhandler(PermissionError)
    def refused(error: PermissionError) -> Response:
        return answer({"title": "Unauthorized"}, 401)

    app.add_url_rule("/api/v1/lead/<record_id>", "get", floor.get)
    app.add_url_rule("/api/v1/lead", "many", floor.many)
    app.add_url_rule("/api/v1/lead", "create", floor.create, methods=["POST"])
    return app


class Floor:
    """The three calls over one connection per thread."""

    def __init__(self, ground: Ground) -> None:
        self._url = ground.url
        self._here = threading.local()
        site = bootstrap.build_site(ground.settings())
        held = site.storage.use(site.model)["lead"].columns
        site.storage.close()
        # The names are written out, as by hand; a programmer would type them.
        self._columns = {code: column.name for code, column in held.items()}
        left_out = ("seq", "deleted_at", "deleted_by")
        self._names = [code for code in held if code not in left_out]
        columns = ", ".join(self._columns[code] for code in self._names)
        self._get = f"SELECT {columns} FROM o_lead WHERE id = %s AND deleted_at IS NULL"
        self._list = (
            f"SELECT {columns} FROM o_lead WHERE f_stage = %s AND deleted_at IS NULL "
            "ORDER BY created_at DESC, id DESC LIMIT 51"
        )

    def connection(self) -> psycopg.Connection[Any]:
        """Return this thread's connection."""
        if not hasattr(self._here, "connection"):
            options = "-c timezone=UTC -c random_page_cost=1.1"  # as our own connections have it
            made = psycopg.connect(self._url, autocommit=True, prepare_threshold=0, options=options)
            self._here.connection = made
        found: psycopg.Connection[Any] = self._here.connection
        return found

    def user(self) -> str:
        """Return whose token came along."""
        header = request.headers.get("Authorization", "")
        digest = hashlib.sha256(header.removeprefix("Bearer ").encode()).hexdigest()
        row = self.connection().execute(TOKEN, (digest,)).fetchone()
        if row is None or row[1] is False:
            raise PermissionError
        return str(row[0])

    def get(self, record_id: str) -> Response:
        """Answer one lead."""
        self.user()
        row = self.connection().execute(self._get, (record_id,)).fetchone()
        if row is None:
            return answer({"title": "Not Found"}, 404)
        return answer({"data": dict(zip(self._names, row, strict=True))})

    def many(self) -> Response:
        """Answer the newest fifty of a stage."""
        self.user()
        stage = request.args["filter"].split("'")[1]
        rows = self.connection().execute(self._list, (stage,)).fetchall()
        cursor = None
        if len(rows) > 50:
            cursor = base64.urlsafe_b64encode(str(rows[49][0]).encode()).decode()
        data = [dict(zip(self._names, row, strict=True)) for row in rows[:50]]
        return answer({"data": data, "page": {"next": cursor}})

    def create(self) -> Response:
        """Keep a new lead."""
        me, given, now = self.user(), orjson.loads(request.get_data()), datetime.now(UTC)
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
        there = [code for code in row if code in self._columns]
        columns = ", ".join(self._columns[code] for code in there)
        places = ", ".join(["%s"] * len(there))
        self.connection().execute(
            f"INSERT INTO o_lead ({columns}) VALUES ({places})", [row[c] for c in there]
        )
        return answer({"data": {code: row.get(code) for code in self._names}}, 201)


def answer(value: object, status: int = 200) -> Response:
    """Return JSON."""
    return Response(
        orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z),
        status,
        content_type="application/json",
    )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError
