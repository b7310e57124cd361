"""What a programmer would write by hand for four calls: Flask, SQL, orjson, a token check, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from flask import Flask, Response, request

from bench.floor_create import FINE, Creation
from bench.floor_database import Rows, plain, rows_of
from bench.ground import Ground
from fieldstone import bootstrap

TOKEN = """SELECT u.id, u.f_active FROM fs_token t JOIN o_user u ON u.id = t."user"
WHERE t.hash = ? AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?) AND u.deleted_at IS NULL"""
LEFT_OUT = ("seq", "deleted_at", "deleted_by")


def build_floor(ground: Ground) -> Flask:
    """Return the application."""
    floor, app = Floor(ground), Flask("floor")

    @app.errorhandler(PermissionError)
    def refused(error: PermissionError) -> Response:
        return answer({"title": "Unauthorized"}, 401)

    app.add_url_rule("/api/v1/lead/<record_id>", "get", floor.get)
    app.add_url_rule("/api/v1/lead", "many", floor.many)
    app.add_url_rule("/api/v1/lead", "create", floor.create, methods=["POST"])
    app.add_url_rule("/bare/lead", "bare", floor.bare, methods=["POST"])
    return app


class Floor:
    """The calls; `create` does what the rules of bench/small say, `bare` inserts a row and stops."""

    def __init__(self, ground: Ground) -> None:
        self._rows: Rows = rows_of(ground.url)
        site = bootstrap.build_site(ground.settings())
        held = site.storage.use(site.model)["lead"].columns
        site.storage.close()
        # The names are written out, as by hand; a programmer would type them.
        self._names = tuple(code for code in held if code not in LEFT_OUT)
        columns = {code: held[code].name for code in self._names}
        self._creation = Creation(self._rows, columns)
        listed = ", ".join(columns.values())
        self._get = f"SELECT {listed} FROM o_lead WHERE id = ? AND deleted_at IS NULL"
        self._list = (
            f"SELECT {listed} FROM o_lead WHERE f_stage = ? AND deleted_at IS NULL "
            "ORDER BY created_at DESC, id DESC LIMIT 51"
        )

    def user(self) -> str:
        """Return whose token came along."""
        header = request.headers.get("Authorization", "")
        digest = hashlib.sha256(header.removeprefix("Bearer ").encode()).hexdigest()
        row = self._rows.one(TOKEN, (digest, self._rows.moment(datetime.now(UTC))))
        if row is None or row[1] in (False, 0):
            raise PermissionError
        return str(row[0])

    def _record(self, row: Sequence[object]) -> dict[str, object]:
        record = dict(zip(self._names, row, strict=True))
        return self._rows.shown(record)

    def get(self, record_id: str) -> Response:
        """Answer one lead."""
        self.user()
        row = self._rows.one(self._get, (record_id,))
        if row is None:
            return answer({"title": "Not Found"}, 404)
        return answer({"data": self._record(row)})

    def many(self) -> Response:
        """Answer the newest fifty of a stage."""
        self.user()
        stage = request.args["filter"].split("'")[1]
        rows = self._rows.every(self._list, (stage,))
        cursor = None
        if len(rows) > 50:
            cursor = base64.urlsafe_b64encode(str(rows[49][0]).encode()).decode()
        return answer({"data": [self._record(row) for row in rows[:50]], "page": {"next": cursor}})

    def create(self) -> Response:
        """Keep a new lead: validated, compared, given to whose turn it is, audited; one transaction."""
        me, given = self.user(), orjson.loads(request.get_data())
        wrong = self._creation.wrong(given)
        if wrong is not FINE:
            return answer({"title": "Unprocessable", "problems": wrong}, 422)
        row, warnings = self._creation.kept(given, me, datetime.now(UTC))
        return self._created(row, warnings)

    def bare(self) -> Response:
        """Keep a new lead with one INSERT, unlooked at."""
        me, given = self.user(), orjson.loads(request.get_data())
        return self._created(self._creation.inserted(given, me, datetime.now(UTC)), ())

    def _created(self, row: dict[str, object], warnings: Sequence[object]) -> Response:
        data = {code: row.get(code) for code in self._names}
        told = {"warnings": warnings} if warnings else {}
        return answer({"data": data, **told}, 201)


def answer(value: object, status: int = 200) -> Response:
    """Return JSON."""
    body = orjson.dumps(value, default=plain, option=orjson.OPT_UTC_Z)
    return Response(body, status, content_type="application/json")
