"""Access is data: the same answer for a row in memory, and nothing for nobody."""

from datetime import UTC, datetime

import pytest

from fieldstone.access.access import NoActorError, access_to, env_of
from fieldstone.access.masks import Masked, masked
from fieldstone.changes.nouns import SYSTEM_ACTOR, Context
from fieldstone.fieldtypes.secret import MASK
from tests.reads.world import ANNA, BEN, CARL, FAR, NORTH, RED, SOUTH, an_actor, the_model

ROW = {
    "id": "x",
    "version": 1,
    "owner": ANNA,
    "owner.team": RED,
    "owner.department": NORTH,
    "mobile": "+8613800138000",
    "budget": 5,
    "score": 7,
    "email": "a@b.cn",
    "kind": "a",
}
BENS = {**ROW, "owner": BEN}
CARLS = {**ROW, "owner": CARL, "owner.team": None, "owner.department": SOUTH}
POOLED = {**ROW, "owner": None, "owner.team": None, "owner.department": None, "pool": "public"}


def env(actor):
    return env_of(Context(actor, datetime(2026, 3, 2, tzinfo=UTC)))


def lead(*roles, person=ANNA, **more):
    actor = an_actor(person, *roles, **more)
    return access_to(the_model(), actor, "lead"), env(actor)


def test_nobody_is_an_error_and_never_everybody():
    with pytest.raises(NoActorError):
        access_to(the_model(), None, "lead")


@pytest.mark.parametrize(
    ("roles", "person", "seen"),
    [
        (("sales",), ANNA, [True, False, False, False]),
        (("lead_sales",), ANNA, [True, True, False, False]),
        (("manager",), CARL, [False, False, True, False]),
        (("viewer",), CARL, [True, True, True, True]),
        (("admin",), CARL, [True, True, True, True]),
        ((), ANNA, [False, False, False, False]),
        (
            ("system",),
            ANNA,
            [False, False, False, False],
        ),  # a role of this name gives nobody anything
    ],
)
def test_a_scope_is_asked_of_a_row(roles, person, seen):
    access, now = lead(*roles, person=person)

    assert [access.may_see(row, now) for row in (ROW, BENS, CARLS, POOLED)] == seen


def test_what_a_row_must_hold_is_named():
    access, _ = lead("lead_sales", "manager", "auditor")

    assert {"owner", "owner.team", "owner.department", "kind"} <= access.reads
    assert lead("viewer")[0].reads == {"owner"}  # for the mask of the e-mail


def test_fields_are_read_and_written_row_by_row():
    access, now = lead("sales", "lead_sales")

    assert {"budget", "email", "mobile"} <= access.readable(ROW, now)
    assert "email" not in access.readable(BENS, now)
    assert "mobile" not in access.readable(BENS, now)
    assert {"score", "budget", "mobile"} <= access.writable(ROW, now)
    assert "score" not in lead("sales")[0].writable(ROW, now)
    assert "budget" not in lead("sales")[0].writable(ROW, now)
    assert "mobile" not in access.writable(BENS, now)
    assert access.writable(CARLS, now) == frozenset()


def test_a_mask_stays_where_nobody_owns_the_record():
    access, now = lead("viewer")

    assert access.shown(POOLED, now)["email"] == Masked("a****@b.cn")
    assert access.shown(ROW, now)["email"] == "a@b.cn"
    assert access.shown(ROW, now)["mobile"] == Masked("138****8000")
    assert "budget" not in access.shown(ROW, now)
    assert access.shown(ROW, now)["version"] == 1


def test_rights_to_verbs_come_from_any_role():
    sales, manager = lead("sales")[0], lead("manager", "sales")[0]

    assert (sales.may_create, sales.may_assign, sales.may_export, sales.may_claim) == (
        True,
        False,
        False,
        False,
    )
    assert (manager.may_create, manager.may_assign, manager.may_export) == (True, True, True)
    assert sales.may_act("convert")
    assert not lead("viewer")[0].may_act("convert")


def test_a_token_gives_no_more_than_it_says():
    reader, now = lead("manager", grants=frozenset({"lead:read"}))
    other, _ = lead("manager", grants=frozenset({"customer:read", "*:write"}))

    assert reader.may_see(ROW, now)
    assert not reader.may_update(ROW, now)
    assert not reader.may_create
    assert not other.may_read
    assert other.may_update(ROW, now)


def test_departments_reach_below_and_not_beside():
    access, now = lead("manager", person=CARL)

    assert access.may_see({**ROW, "owner.department": FAR}, now)
    assert not access.may_see(ROW, now)


def test_the_system_sees_all():
    access = access_to(the_model(), SYSTEM_ACTOR, "lead")

    assert access.may_see(POOLED, env(SYSTEM_ACTOR))
    assert access.may_update(ROW, env(SYSTEM_ACTOR))
    assert access.readable(ROW, env(SYSTEM_ACTOR)) == set(the_model().objects["lead"].fields)


def test_line_items_are_as_visible_as_their_document():
    actor = an_actor(ANNA, "sales")
    access = access_to(the_model(), actor, "lead__items")

    assert access.may_see({"parent.owner": ANNA}, env(actor))
    assert not access.may_see({"parent.owner": BEN}, env(actor))
    assert not access_to(the_model(), an_actor(ANNA, "viewer"), "lead__items").may_read


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("phone", "+8613800138000", "138****8000"),
        ("phone", "+14155552671", "+14****2671"),
        ("phone", "+86110", "****10"),
        ("email", "li@example.com", "l****@example.com"),
        ("text", "张伟", "张****"),
        ("text", "", "****"),
        ("currency", 5, "****"),
        ("secret", "1234", MASK),
        ("select", "a", "****"),
    ],
)
def test_a_mask_tells_little(kind, value, text):
    assert masked(kind, value) == Masked(text)
    assert masked(kind, None) is None
