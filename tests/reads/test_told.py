"""What programs get is what a record says of itself, whatever way it went: for every field type, mask and hidden field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select

from fieldstone.base.label import Label
from fieldstone.model.objects import Field
from fieldstone.reads.picking import Picked, Varying
from fieldstone.reads.query import Query
from fieldstone.reads.told import Telling, dumped, written
from fieldstone.storage.prepared import Prepared
from tests.builders import a_model
from tests.fieldtypes.test_every_type import CASES, TYPES, the_type, values_of
from tests.reads.world import ANNA, BEN, RED, a_context, an_actor

NAMES = [name for name in sorted(TYPES) if the_type(name).column() is not None]
ROLES = ("admin", "sales", "lead_sales", "manager", "viewer", "auditor", "pooler")
NOTHING: dict[str, str] = {}


def a_telling(name: str, table: Table, varying: tuple[Varying, ...] = ()) -> Telling:
    """Return how rows of (id, version, value, ...) become JSON, where the value is of this type."""
    model = a_model("object: thing\nfields: {value: text}\npermissions: {}\n")
    thing = model.objects["thing"]
    field = Field("value", Label("Value"), the_type(name))
    thing = replace(thing, fields={**thing.fields, "value": field})
    model = replace(model, objects={**model.objects, "thing": thing})
    secrets = ("value",) if name == "secret" else ()
    picked = Picked(thing, tuple(table.c), ("value",), varying, (), secrets)
    return Telling(model, picked, table.info["dialect"])


def test_every_type_is_told_as_it_dumps(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for name in NAMES:
            type_, values = the_type(name), [*values_of(CASES[name]), None]
            table = Table(
                f"t_{name}",
                MetaData(),
                Column("id", Integer, primary_key=True),
                Column("version", Integer),
                Column("value", type_.column()),
                info={"dialect": engine.dialect.name},
            )
            table.create(connection)
            rows = [{"id": at, "version": 1, "value": one} for at, one in enumerate(values)]
            connection.execute(insert(table), rows)
            answer = Prepared(select(*table.c).order_by(table.c.id)).answer(connection)

            told = a_telling(name, table).values(answer, answer.raw, NOTHING)
            one_by_one = [
                a_telling(name, table).values(answer, [row], NOTHING)[0] for row in answer.raw
            ]

            dumps = [None if one is None else type_.dump(one) for one in values]
            assert [one["value"] for one in orjson.loads(written(told))] == dumps, name
            assert one_by_one == told, name
    engine.dispose()


@pytest.fixture
def leads(world):
    """Leads of two people with every field filled, and with none."""
    full = {
        "name": "石头",
        "mobile": "+8613800138000",
        "email": "li@example.com",
        "company": 'a "b"\n',
        "budget": Decimal("12.30"),
        "score": 7,
        "kind": "a",
        "helpers": (ANNA, BEN),
        "tags": ("x", "é"),
        "hot": False,
        "due": date(2026, 3, 1),
        "at": datetime(2026, 3, 1, 8, 30, 15, 250, tzinfo=UTC),
        "pin": "1234",
        "stage": "new",
    }
    world.insert(
        "lead",
        {**full, "owner": ANNA},
        {**full, "owner": BEN, "at": datetime(2026, 3, 1, tzinfo=UTC), "kind": "b"},
        {"owner": ANNA},
        {"name": "nobody's"},
    )
    return world


@pytest.mark.parametrize("role", ROLES)
def test_a_list_and_a_record_are_told_as_they_dump_for_everybody(leads, role: str) -> None:
    ctx = a_context(an_actor(ANNA, role))
    earlier = {"phone": "mobile", "gone": "nothing"}

    for query in (Query(limit=2), Query(fields=("name", "mobile"), sort=(("name", False),))):
        page = leads.reads.list(ctx, leads.model, "lead", query)
        told = leads.reads.told_page(ctx, leads.model, "lead", query, earlier)

        assert told.json == written(dumped(leads.model, page.rows, earlier))
        assert (told.next_cursor, told.total) == (page.next_cursor, page.total)
    for row in page.rows:
        record = leads.reads.get(ctx, leads.model, "lead", row.id)
        one = leads.reads.told(ctx, leads.model, "lead", row.id, earlier=earlier)

        assert orjson.loads(one.json) == orjson.loads(
            written(dumped(leads.model, [record], earlier)[0])
        )
        assert one.version == record.version


def test_pages_behind_a_cursor_totals_and_what_stands_around_are_told_too(leads) -> None:
    ctx = a_context(an_actor(ANNA, "admin"))
    first = leads.reads.told_page(ctx, leads.model, "lead", Query(limit=3, count=True))
    query = Query(limit=3, cursor=str(first.next_cursor), expand=("owner",), fields=("items",))

    told = leads.reads.told_page(ctx, leads.model, "lead", query)

    assert first.total == 4
    assert told.json == written(
        dumped(leads.model, leads.reads.list(ctx, leads.model, "lead", query).rows, NOTHING)
    )
    plain = Query(limit=3, cursor=str(first.next_cursor))
    assert leads.reads.told_page(ctx, leads.model, "lead", plain).json == written(
        dumped(leads.model, leads.reads.list(ctx, leads.model, "lead", plain).rows, NOTHING)
    )


def test_what_is_not_there_is_not_told(leads) -> None:
    ctx = a_context(an_actor(ANNA, "sales"))

    assert leads.reads.told(ctx, leads.model, "lead", RED) is None
    assert leads.reads.told(ctx, leads.model, "lead", "no id") is None
    nobody = Query(filter="name == 'nobody at all'")
    assert leads.reads.told_page(ctx, leads.model, "lead", nobody).json == b"[]"
