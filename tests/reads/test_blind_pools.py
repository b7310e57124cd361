"""A blind pool: two databases that differ only in who its records are of answer a member alike, to the last byte."""

from itertools import product

import pytest

from fieldstone.base.errors import RefusedError
from fieldstone.expressions.expression import parse
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.query import Query
from tests.builders import a_model
from tests.reads.test_twin_worlds import FILTERS, answer
from tests.reads.world import (
    ACTIVITY,
    ANNA,
    CARL,
    CUSTOMER,
    DEPARTMENT,
    LEAD,
    SITE,
    TEAM,
    USER,
    World,
    a_context,
    a_world,
    an_actor,
    an_id,
)

BLIND = """
rules:
  public:
    kind: pool
    object: lead
    members: [{role: pooler, VISIBILITY: WORD}, {team: Blue, admin: true}]
    masked: [mobile]
    sort: [-name, -score, due]
    columns: [name, company, kind, due, customer]
  claims: {kind: claim, object: lead, quotas: [{most: 9, each: day, counts: views}]}
"""
POOLED, THEIRS = (an_id(801), an_id(802)), an_id(811)
HIDDEN = ("name", "company", "mobile", "email", "customer", "customer.name", "budget", "score",
          "tags", "hot", "at", "pin", "items", "items.price", "full", "owner.name", "updated_at")  # fmt: skip
SHOWN = {"kind", "due", "pool", "created_at"}
WORDS = ("999", "zz", "Bright", "13800138000", "8000", "Theirs", "Acme")


def a_site(rules):
    return a_model(SITE, USER, TEAM, DEPARTMENT, CUSTOMER, LEAD, ACTIVITY, rules)


def fill(world, *, bright):
    name, number = ("Bright", 999) if bright else ("Dark", 1)
    world.insert("customer", {"id": THEIRS, "name": f"{name} Theirs", "owner": CARL})
    secret = {
        "company": f"{name} Acme",
        "mobile": "+8613800138000" if bright else "+8613900139000",
        "email": "zz@secret.cn" if bright else "aa@secret.cn",
        "customer": THEIRS if bright else None,
        "budget": number,
        "score": number,
        "hot": bright,
        "tags": ["zz"] if bright else [],
        "items": [{"product": "zz", "price": number}] * (2 if bright else 1),
    }
    first, second = ("Bright A", "Bright B") if bright else ("Dark D", "Dark C")
    told = {"kind": "a", "stage": "new", "pool": "public"}
    world.insert(
        "lead",
        {"id": POOLED[0], **told, **secret, "name": first},
        {"id": POOLED[1], **told, **secret, "name": second},
    )


def questions(world, actor):
    reads, ctx, model = world.reads, a_context(actor), world.model
    pool = {"pool": "public", "count": True, "titles": True}

    def listed(**asked):
        return lambda: reads.list(ctx, model, "lead", Query(**pool, **asked))

    yield listed()
    yield listed(limit=1)
    for text, field in product(FILTERS, HIDDEN):
        yield listed(filter=text.format(field))
    for field in HIDDEN:
        yield listed(sort=((field, False),))
        yield listed(sort=((field, True),), limit=1)
        yield listed(fields=(field,))
        yield listed(expand=(field,))
        for figure in ("sum({})", "max({})", "count({} != null)"):
            yield lambda field=field, figure=figure: reads.aggregate(
                ctx, model, "lead", Query(pool="public"), measures={"x": figure.format(field)}
            )
        yield lambda field=field: reads.aggregate(
            ctx, model, "lead", Query(pool="public"), group=[field]
        )
    for word in WORDS:
        yield listed(q=word)
        yield lambda word=word: reads.search(ctx, model, word)
        yield lambda word=word: reads.options(ctx, model, "lead", word)
    secret_view = parse("score > 100 or contains(email, 'zz')", model.scope("lead"))
    yield lambda: reads.count(ctx, model, "lead", Query(pool="public"))
    yield lambda: reads.list(ctx, model, "lead", Query(extra=secret_view))
    yield lambda: list(reads.every(ctx, model, "lead", Query(pool="public")))
    yield lambda: reads.claiming(ctx, model, "public", "lead", POOLED)
    yield lambda: PoolDesk(reads, ctx, model, "lead", "public").signs(POOLED)
    yield lambda: PoolDesk(reads, ctx, model, "lead", "public").traffic(30)
    yield lambda: reads.titles(ctx, model, [("lead", one) for one in POOLED])
    for one in POOLED:
        yield lambda one=one: reads.get(ctx, model, "lead", one, Query(pool="public", titles=True))
        yield lambda one=one: reads.told(ctx, model, "lead", one, Query(pool="public"))
        yield lambda one=one: reads.get(ctx, model, "lead", one)
        yield lambda one=one: reads.history(ctx, model, "lead", one)
        yield lambda one=one: reads.explain(ctx, model, "lead", one)


@pytest.fixture(params=["sqlite", "postgresql"])
def worlds(request, tmp_path, postgres_server):
    """Return two worlds with a blind pool, and how to make them."""
    model = a_site(BLIND.replace("VISIBILITY: WORD", "visibility: blind"))
    names = [postgres_server.create_database() for _ in range(2)] * (request.param != "sqlite")
    urls = [postgres_server.url(one) for one in names]
    made = [a_world(one, model) for one in urls or (f"sqlite:///{tmp_path / n}.db" for n in "ab")]
    yield made
    for one in made:
        one.storage.close()
    for one in names:
        postgres_server.drop_database(one)


@pytest.mark.parametrize("roles", [("pooler",), ("pooler", "manager")], ids="+".join)
def test_a_member_learns_nothing_of_whom_a_blind_pool_holds(worlds, roles):
    dark, bright = worlds
    fill(dark, bright=False)
    fill(bright, bright=True)
    actor = an_actor(ANNA, *roles)

    pairs = zip(questions(dark, actor), questions(bright, actor), strict=True)
    leaks = [
        (one, other) for ask, asked in pairs if (one := answer(ask)) != (other := answer(asked))
    ]

    assert not leaks, f"{len(leaks)} leaks, such as\n{leaks[0][0]}\n{leaks[0][1]}"
    rows = bright.reads.list(a_context(actor), bright.model, "lead", Query(pool="public")).rows
    assert [set(row.values) for row in rows] == [SHOWN, SHOWN]
    seen = bright.reads.list(
        a_context(an_actor(CARL, "pooler")),
        bright.model,
        "lead",
        Query(pool="public", q="Bright"),
    )
    assert len(seen.rows) == 2  # who looks after the pool sees them


def test_a_field_that_names_somebody_is_listed_blind_only_where_it_was_chosen():
    chosen = BLIND.replace("VISIBILITY: WORD", "visibility: blind").replace(
        "    sort:", "    shown_blind: [company, kind, name]\n    sort:"
    )
    by_itself = a_site(BLIND.replace("VISIBILITY: WORD", "visibility: blind"))

    assert by_itself.rules["public"].body.listed("name", "blind") == {"kind", "due"}
    assert a_site(chosen).rules["public"].body.listed("name", "blind") == {"company", "kind"}
    with pytest.raises(Exception, match="says how to reach somebody"):
        a_site(chosen.replace("[company, kind, name]", "[kind, email]"))


def test_a_hidden_pool_is_not_there_for_its_members(sqlite_company):
    world = World(
        sqlite_company.storage,
        a_site(BLIND.replace("VISIBILITY: WORD", "visibility: hidden")),
        sqlite_company.reads,
    )
    fill(world, bright=True)

    for ask in questions(world, an_actor(ANNA, "pooler")):
        said = answer(ask)
        assert "Bright" not in said
        assert "zz@secret.cn" not in said
    with pytest.raises(RefusedError):
        world.reads.list(
            a_context(an_actor(ANNA, "pooler")), world.model, "lead", Query(pool="public")
        )
