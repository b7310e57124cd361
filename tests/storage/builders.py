"""A small hand-made site: leads with activities and quotes with line items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from fieldstone.base.ids import new_id
from fieldstone.base.label import Label, label_of
from fieldstone.base.names import plural
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context
from fieldstone.expressions.expression import parse
from fieldstone.fieldtypes import (
    boolean,
    currency,
    email,
    integer,
    lookup,
    multi_select,
    phone,
    rollup,
    rows,
    secret,
    select,
    tags,
    text,
    user,
)
from fieldstone.fieldtypes import datetime as datetime_type
from fieldstone.fieldtypes.contract import FieldType, Option
from fieldstone.model.objects import Field, ObjectType, Pipeline, Pipelines, Relation, Rollup, Stage
from fieldstone.model.site_model import Model
from fieldstone.storage.database import Storage
from fieldstone.storage.tables import Tables
from fieldstone.storage.transaction import Transaction

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CTX = Context(SYSTEM_ACTOR, NOW, source="test", request_id="r-1")

TEXT = text.TYPE.make({})
WHOLE = integer.TYPE.make({})
MONEY = currency.TYPE.make({"currency": "CNY"})
MOMENT = datetime_type.TYPE.make({})
PERSON = user.TYPE.make({})


def options(*codes: str) -> dict[str, Option]:
    return {code: Option(code, label_of(code)) for code in codes}


def a_field(code: str, kind: FieldType = TEXT, **more: object) -> Field:
    column = more.pop("column", None if kind.column() is None else f"f_{code}")
    return Field(code, label_of(code), kind, column=column or "", **more)  # type: ignore[arg-type]


def system(code: str, kind: FieldType) -> Field:
    return a_field(code, kind, column=code, system=True, read_only=True)


def an_object(code: str, *fields: Field, **more: object) -> ObjectType:
    every = (
        *fields,
        system("created_at", MOMENT),
        system("created_by", PERSON),
        system("updated_at", MOMENT),
        system("updated_by", PERSON),
    )
    return ObjectType(
        code=code,
        label=label_of(code),
        plural=label_of(plural(code)),
        icon="box",
        title="name",
        fields={field.code: field for field in every},
        table=f"o_{code}",
        **{"origin": every[0].origin, **more},  # type: ignore[arg-type]
    )


def link(to: str) -> FieldType:
    return lookup.TYPE.make({"to": to})


def a_relation(name: str, to: str, field: str, *, owned: bool = False) -> Relation:
    return Relation(name, to, field, label_of(name), owned)


def _stages() -> Pipelines:
    codes = {"new": "open", "contacted": "open", "won": "won"}
    stages = {code: Stage(code, label_of(code), kind) for code, kind in codes.items()}
    standard = Pipeline("standard", Label("Standard"), stages, dict.fromkeys(stages, tuple(stages)))
    return Pipelines("stage", {"standard": standard})


def a_model(*more_lead_fields: Field) -> Model:
    """Return the site; rollups get their conditions once all objects are known."""
    whole = rollup.TYPE.make({"of": "activities"})
    money = replace(whole, function="sum", returns=MONEY)
    lead = an_object(
        "lead",
        a_field("name"),
        a_field("mobile", phone.TYPE.make({"region": "CN"})),
        a_field("email", email.TYPE.make({}), unique=True),
        a_field("company"),
        a_field("budget", MONEY),
        a_field("score", WHOLE),
        a_field("tags", tags.TYPE.make({})),
        a_field("id_number", secret.TYPE.make({}), indexed=True),
        a_field("channel", link("channel"), indexed=True),
        a_field("stage", select.TYPE.make({"options": options("new", "contacted", "won")})),
        a_field("calls", whole, rollup=Rollup("activities", "count")),
        a_field(
            "minutes", replace(whole, function="sum"), rollup=Rollup("activities", "sum", "minutes")
        ),
        system("owner", PERSON),
        system("owned_at", MOMENT),
        system("pool", select.TYPE.make({"options": options("public_pool")})),
        system("stage_entered_at", MOMENT),
        *more_lead_fields,
        search=("name", "mobile", "email", "company"),
        pipelines=_stages(),
        owned="optional",
        pools=("public_pool",),
        indexes=(("owner", "created_at"), ("stage", "created_at")),
        relations={"activities": a_relation("activities", "activity", "lead")},
    )
    activity = an_object(
        "activity",
        a_field("name"),
        a_field("lead", link("lead"), indexed=True),
        a_field("kind", select.TYPE.make({"options": options("call", "visit")})),
        a_field("minutes", WHOLE),
        a_field("done_by", PERSON),
    )
    item_types = {"product": TEXT, "amount": MONEY}
    quote = an_object(
        "quote",
        a_field("name"),
        a_field("lead", link("lead")),
        a_field("items", rows.TYPE.make({"fields": item_types, "of": "quote__items"})),
        a_field("total", money, rollup=Rollup("items", "sum", "amount")),
        relations={"items": a_relation("items", "quote__items", "parent", owned=True)},
    )
    items = an_object(
        "quote__items",
        *(a_field(code, kind) for code, kind in item_types.items()),
        replace(system("parent", link("quote")), indexed=True),
        system("position", WHOLE),
        parent=("quote", "items"),
    )
    person = an_object(
        "user",
        a_field("name"),
        a_field("email", unique=True),
        a_field("roles", multi_select.TYPE.make({"options": options("sales", "sales_manager")})),
        a_field("department", link("department")),
        a_field("team", link("team")),
        a_field("manager", PERSON),
        a_field("active", boolean.TYPE.make({})),
    )
    others = (
        an_object("channel", a_field("name"), a_field("kind")),
        an_object(
            "department",
            a_field("name"),
            a_field("code"),
            a_field("parent", link("department"), column="f_parent"),
        ),
        an_object("team", a_field("name"), a_field("code")),
    )
    every = (lead, activity, quote, items, person, *others)
    return _with_conditions(Model({spec.code: spec for spec in every}))


def _with_conditions(model: Model) -> Model:
    when = parse("kind == 'call'", model.scope("activity"))
    lead = model.objects["lead"]
    calls = replace(lead.fields["calls"], rollup=Rollup("activities", "count", "", when))
    lead = replace(lead, fields={**lead.fields, "calls": calls})
    return replace(model, objects={**model.objects, "lead": lead})


class Site:
    """A storage brought to a model, as tests use it."""

    def __init__(self, url: str, model: Model | None = None) -> None:
        self.storage = Storage(url, secret_key="a secret key for tests")
        self.model = model or a_model()
        self.tables: Tables = self.storage.use(self.model)
        self.storage.bring_to(self.tables, NOW)

    @contextmanager
    def transaction(self, ctx: Context = CTX) -> Iterator[Transaction]:
        with self.storage.transaction(self.tables, ctx) as transaction:
            yield transaction

    def add(self, object_name: str, **values: object) -> str:
        record_id = str(values.pop("id", "")) or new_id()
        with self.transaction() as transaction:
            transaction.insert(object_name, [{"id": record_id, **values}])
        return record_id

    def row(self, object_name: str, record_id: str, **how: object) -> Mapping[str, object]:
        with self.storage.reading(self.tables, CTX) as reader:
            return reader.rows(object_name, [record_id], **how)[record_id]  # type: ignore[arg-type]
