"""Two databases that differ only in what a person may not see answer that person alike, to the last byte."""

from dataclasses import asdict, is_dataclass
from itertools import product

import pytest

from fieldstone.access.masks import Masked
from fieldstone.base.errors import RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import SYSTEM_ACTOR, Decision
from fieldstone.expressions.expression import parse
from fieldstone.reads.query import Query
from fieldstone.storage.journal import JournalEntry
from tests.reads.world import ANNA, BEN, CARL, a_context, a_world, an_actor, an_id

# Per role of Anna: the fields of the shown rows that she must learn nothing of.
HIDDEN = {
    ("sales",): {"score"},
    ("lead_sales",): {"email_of_all"},
    ("sales", "lead_sales"): {"email_of_ben"},
    ("viewer",): {"score", "budget", "items"},
    ("auditor",): {"score"},
}
CUSTOMER, LEAD = an_id(501), an_id(601)


def fill(world, roles, *, bright):
    """Write the same visible facts with other hidden ones; the bright world has an unseen record more."""
    hidden = HIDDEN[roles]
    number, money, mail = (999, 70_000, "zz@secret.cn") if bright else (1, 5, "aa@secret.cn")
    lead = {"kind": "a", "stage": "new", "mobile": "+8613800138000", "customer": CUSTOMER}
    lead |= {
        "score": number if "score" in hidden else 5,
        "budget": money if "budget" in hidden else 10,
        "items": [{"product": str(number), "price": money}] * (2 if bright else 1)
        if "items" in hidden
        else [],
    }
    mails = {ANNA: "anna@a.cn", BEN: "ben@a.cn"}
    for person in mails:
        if "email_of_all" in hidden or ("email_of_ben" in hidden and person == BEN):
            mails[person] = mail
    industry = "it" if bright and "sales" in "".join(roles) else "edu"
    revenue = number if roles != ("auditor",) else 7
    world.insert(
        "customer",
        {"id": CUSTOMER, "name": "Theirs", "owner": CARL, "industry": industry, "revenue": revenue},
    )
    rows = [
        {"id": an_id(601 + n), "name": f"n{n}", "owner": owner, "email": mails[owner], **lead}
        for n, owner in enumerate([ANNA, BEN, ANNA])
    ]
    world.insert("lead", *rows)
    call = {"id": an_id(701), "subject": "call", "owner": CARL, "lead": LEAD, "minutes": number}
    if bright or roles == ("auditor",):
        world.insert("activity", call)
    if bright and roles != ("viewer",):
        world.insert(
            "lead",
            {"id": an_id(700), "name": "ghost", "owner": CARL, "kind": "b", "email": "ghost@a.cn"},
        )
    journal(world, hidden, number, money)


def journal(world, hidden, number, money):
    changes = {
        "name": (None, "n0"),
        "score": (None, number if "score" in hidden else 5),
        "budget": (None, str(money) if "budget" in hidden else "10"),
    }
    seen = f"score {number}" if "score" in hidden else "score 5"
    entries = [
        JournalEntry(
            "lead",
            LEAD,
            "create",
            1,
            changes,
            (Decision("grade", "grading", 1, Label(seen, seen), {"kind": "a"}),),
        )
    ]
    if number == 999:
        only = (
            {"score": (1, number)}
            if "score" in hidden
            else {"email": ("a@b.c", "zz@secret.cn")}
            if "email_of_all" in hidden
            else None
        )
        entries += [JournalEntry("lead", LEAD, "update", 2, only)] if only else []
    with world.storage.transaction(world.tables, a_context(SYSTEM_ACTOR)) as transaction:
        transaction.journal(entries)


FIELDS = [
    "score",
    "budget",
    "email",
    "mobile",
    "items",
    "customer.revenue",
    "customer.industry",
    "customer.name",
    "owner.salary",
    "name",
    "nothing",
    "items.price",
]
FILTERS = [
    "{} == 999",
    "{} > 100",
    "{} != null",
    "is_empty({})",
    "{} == 'it'",
    "contains({}, 'zz')",
    "count(items, {} > 100) > 0",
    "count(activities) > 0",
    "count(customer.leads) > 1",
    "any(activities, minutes == 7)",
    "not ({} > 100)",
    "{} in [999, 1]",
    "sum(items, price) > 100",
]
WORDS = ["999", "70000", "zz", "secret", "ghost", "it", "13800138000", "8000", "Theirs", "n0"]


def requests(world, actor):
    """Yield every sort of question a person may ask, about every field."""
    asked = (world.reads, a_context(actor), world.model)
    yield from questions_about_fields(*asked)
    yield from questions_about_words(*asked)
    yield from questions_about_records(*asked)


def questions_about_fields(reads, ctx, model):
    for text, field in product(FILTERS, FIELDS):
        yield lambda text=text, field=field: reads.list(
            ctx, model, "lead", Query(filter=text.format(field), count=True)
        )
    for field, down in product(FIELDS, (True, False)):
        yield lambda field=field, down=down: reads.list(
            ctx, model, "lead", Query(sort=((field, down),), limit=2)
        )
    for field in FIELDS:
        yield lambda field=field: reads.list(ctx, model, "lead", Query(fields=(field,)))
        yield lambda field=field: reads.list(ctx, model, "lead", Query(expand=(field,)))
        yield lambda field=field: reads.board(ctx, model, "lead", field)
        for figure in (
            "sum({})",
            "min({})",
            "max({})",
            "avg({})",
            "count({} > 100)",
            "count({} != null)",
        ):
            yield lambda field=field, figure=figure: reads.aggregate(
                ctx, model, "lead", measures={"x": figure.format(field)}
            )
        yield lambda field=field: reads.aggregate(ctx, model, "lead", group=[field])


def questions_about_words(reads, ctx, model):
    for word in WORDS:
        yield lambda word=word: reads.list(ctx, model, "lead", Query(q=word, count=True))
        yield lambda word=word: reads.search(ctx, model, word)
        for name in ("lead", "customer", "activity", "user"):
            yield lambda word=word, name=name: reads.options(ctx, model, name, word)


def questions_about_records(reads, ctx, model):
    for name in ("lead", "customer", "activity", "lead__items", "user", "team"):
        yield lambda name=name: reads.list(ctx, model, name, Query(count=True, titles=True))
        yield lambda name=name: reads.count(ctx, model, name)
        yield lambda name=name: reads.list(
            ctx, model, name, Query(extra=parse("id != null", model.scope(name)), deleted=True)
        )
    secret_view = parse("score > 100 or budget > 100 or contains(email, 'zz')", model.scope("lead"))
    yield lambda: reads.list(ctx, model, "lead", Query(extra=secret_view, count=True))
    for record_id in (LEAD, an_id(602), an_id(700), CUSTOMER):
        yield lambda record_id=record_id: reads.get(
            ctx, model, "lead", record_id, Query(expand=("customer", "owner"), titles=True)
        )
        yield lambda record_id=record_id: reads.history(ctx, model, "lead", record_id)
        yield lambda record_id=record_id: reads.explain(ctx, model, "lead", record_id)
    yield lambda: reads.titles(
        ctx, model, [("lead", an_id(700)), ("customer", CUSTOMER), ("activity", an_id(701))]
    )


def answer(request):
    try:
        found = request()
    except RefusedError as refused:
        return repr((refused.status, refused.problems))
    return repr(plain(found))


def plain(found):
    if isinstance(found, Masked):
        return found.text
    if is_dataclass(found):
        return plain(asdict(found))
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items() if key != "version"}
    return [plain(one) for one in found] if isinstance(found, list | tuple) else found


@pytest.fixture
def twins(request, database, sqlite_company, tmp_path, postgres_server):
    if database == "sqlite":
        made = [sqlite_company, a_world(f"sqlite:///{tmp_path / 'twin.db'}")]
        sqlite_company.clear()
        yield made
        made[1].storage.close()
        return
    company = request.getfixturevalue("postgres_company")
    company.clear()
    name = postgres_server.create_database()
    twin = a_world(postgres_server.url(name))
    yield [company, twin]
    twin.storage.close()
    postgres_server.drop_database(name)


@pytest.mark.parametrize(
    ("database", "roles"),
    [("sqlite", roles) for roles in HIDDEN] + [("postgresql", ("sales", "lead_sales"))],
    ids=lambda part: part if isinstance(part, str) else "+".join(part),
)
def test_answers_do_not_depend_on_what_is_hidden(twins, database, roles):
    dark, bright = twins
    fill(dark, roles, bright=False)
    fill(bright, roles, bright=True)
    actor = an_actor(ANNA, *roles)

    pairs = zip(requests(dark, actor), requests(bright, actor), strict=True)
    leaks = [
        (one, other) for ask, asked in pairs if (one := answer(ask)) != (other := answer(asked))
    ]

    assert not leaks, f"{len(leaks)} leaks, such as\n{leaks[0][0]}\n{leaks[0][1]}"
