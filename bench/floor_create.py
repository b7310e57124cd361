"""Creating a lead by hand: validation, duplicate check, whose turn it is, an audit entry chained by hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import orjson

from bench.floor_database import Row, Rows
from fieldstone.base.ids import new_id

FINE: Final[tuple[str, ...]] = ()
PHONE: Final = re.compile(r"\+\d{8,15}")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOST: Final = 100_000_000
CHANNEL = "SELECT 1 FROM o_channel WHERE id = ? AND deleted_at IS NULL"
HELD = "SELECT object, record FROM fs_match_key WHERE object = '{}' AND key = '{}' AND value = ?"
PHONES = (("lead", "phone:mobile"), ("customer", "phone:phone"), ("contact", "phone:mobile"))
EMAILS = (("lead", "email:email"), ("customer", "email:email"), ("contact", "email:email"))
DUPLICATES = " UNION ALL ".join(HELD.format(*where) for where in (*PHONES, *EMAILS))
OWNER = "SELECT f_name, owner FROM o_{} WHERE id = ? AND deleted_at IS NULL"
ADD_KEY = "INSERT INTO fs_match_key (object, record, key, value) VALUES (?, ?, ?, ?)"
CURSOR = (
    "CREATE TABLE IF NOT EXISTS by_hand_cursor (rule TEXT PRIMARY KEY, position BIGINT NOT NULL)"
)
TURN = """INSERT INTO by_hand_cursor (rule, position) VALUES ('east', 1)
ON CONFLICT (rule) DO UPDATE SET position = by_hand_cursor.position + 1 RETURNING position"""
TEAM = """SELECT u.id FROM o_user u JOIN o_team t ON t.id = u.f_team WHERE t.f_code = ? AND t.deleted_at IS NULL
AND u.deleted_at IS NULL AND u.f_active ORDER BY u.f_name, u.id"""
END = "SELECT length, hash FROM fs_chain WHERE chain = ?"
MOVE_END = "UPDATE fs_chain SET length = ?, hash = ? WHERE chain = ?"
AUDIT = (
    "chain, place, at, written_at, actor, source, request, object, record, operation, version, "
    "changes, reason, hash"
)
ADD_AUDIT = f"INSERT INTO fs_audit ({AUDIT}) VALUES ({', '.join('?' * 14)})"


class Creation:
    """The statements of a create; `columns` are the names in o_lead by field."""

    def __init__(self, rows: Rows, columns: Mapping[str, str]) -> None:
        self._rows = rows
        self._columns = columns
        self._chain = 0

    def wrong(self, given: Mapping[str, object]) -> tuple[str, ...]:
        """Return what speaks against the values."""
        problems = [f"There is no field {code}." for code in given if code not in self._columns]
        if not given.get("name"):
            problems.append("Name is missing.")
        mobile, email = given.get("mobile"), given.get("email")
        if not mobile and not email:
            problems.append("A mobile number or an e-mail address is needed.")
        if mobile and not PHONE.fullmatch(str(mobile)):
            problems.append("Mobile is no telephone number.")
        if email and not EMAIL.fullmatch(str(email)):
            problems.append("E-mail is no address.")
        try:
            if given.get("budget") is not None and not 0 <= Decimal(str(given["budget"])) < MOST:
                problems.append("The budget is hardly meant.")
        except InvalidOperation:
            problems.append("The budget is no number.")
        if not self._rows.one(CHANNEL, (given.get("channel"),)):
            problems.append("There is no such channel.")
        return tuple(problems)

    def kept(
        self, given: Mapping[str, object], me: str, now: datetime
    ) -> tuple[dict[str, object], Sequence[str]]:
        """Return the new row and what is remarkable about it."""
        with self._rows.transaction():
            warnings = self._duplicates(given)
            owner = self._whose_turn() if given.get("region") == "east" else None
            row = self._insert({**given, "owner": owner}, me, now)
            self._keep_keys(row)
            self._audit(row, me, now)
        return row, warnings

    def inserted(self, given: Mapping[str, object], me: str, now: datetime) -> dict[str, object]:
        """Return the new row, inserted and nothing else."""
        return self._insert({**given, "owner": me}, me, now)

    def _duplicates(self, given: Mapping[str, object]) -> list[str]:
        phone = str(given.get("mobile") or "").removeprefix("+")
        email = str(given.get("email") or "").lower()
        warnings = []
        for object_name, record_id in self._rows.every(DUPLICATES, (phone,) * 3 + (email,) * 3):
            held = self._rows.one(OWNER.format(object_name), (record_id,))
            if held is not None:
                warnings.append(f"{object_name} {held[0]} has the same phone or e-mail.")
        return warnings

    def _whose_turn(self) -> str:
        people = self._rows.every(TEAM, ("east",))
        turn: Row | None = self._rows.one(TURN, ())
        assert turn is not None
        return str(people[turn[0] % len(people)][0])

    def _insert(self, given: Mapping[str, object], me: str, now: datetime) -> dict[str, object]:
        filled = sum(
            bool(given.get(one)) for one in ("name", "mobile", "email", "company", "need", "budget")
        )
        row: dict[str, object] = {
            "urgency": "normal",
            **given,
            "id": new_id(),
            "version": 1,
            "budget": Decimal(str(given["budget"])) if given.get("budget") else None,
            "stage": "new",
            "completeness": (Decimal(filled) / 6).quantize(Decimal("0.0001")).normalize(),
            "score": 0,
            "returns": 0,
            "calls": 0,
            "created_at": now,
            "created_by": me,
            "updated_at": now,
            "updated_by": me,
            "owned_at": now if given.get("owner") else None,
            "stage_entered_at": now,
        }
        self._rows.do(*self._inserting(row))
        return row

    def _inserting(self, row: Mapping[str, object]) -> tuple[str, list[object]]:
        there = [code for code in row if code in self._columns]
        columns = ", ".join(self._columns[code] for code in there)
        held = {
            **row,
            "tags": orjson.dumps(row.get("tags") or []).decode(),
            "budget": self._rows.money(row["budget"]),  # type: ignore[arg-type]
            "completeness": self._rows.share(row["completeness"]),  # type: ignore[arg-type]
        }
        values = [
            self._rows.moment(one) if isinstance(one, datetime) else one
            for one in map(held.get, there)
        ]
        places = ", ".join("?" * len(there))
        return f"INSERT INTO o_lead ({columns}) VALUES ({places})", values

    def _keep_keys(self, row: Mapping[str, object]) -> None:
        keys = []
        if row.get("mobile"):
            keys.append(("lead", row["id"], "phone:mobile", str(row["mobile"]).removeprefix("+")))
        if row.get("email"):
            keys.append(("lead", row["id"], "email:email", str(row["email"]).lower()))
        self._rows.many(ADD_KEY, keys)

    def _audit(self, row: Mapping[str, object], me: str, now: datetime) -> None:
        lock = self._rows.locking
        end = self._rows.one(END + lock, (self._chain,))
        assert end is not None
        place, last = end[0] + 1, end[1]
        changes = orjson.dumps(
            {code: [None, value] for code, value in row.items()}, default=str
        ).decode()
        at = self._rows.moment(now)
        entry = (me, "api", new_id(), "lead", row["id"], "create", 1, changes, "")
        content = orjson.dumps([last, self._chain, place, str(at), *entry])
        digest = hashlib.sha256(content).hexdigest()
        self._rows.do(ADD_AUDIT, (self._chain, place, at, at, *entry, digest))
        self._rows.do(MOVE_END, (place, digest, self._chain))
