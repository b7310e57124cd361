"""A condition becomes rows and the rows the same condition again, whatever it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from fieldstone.expressions.condition import (
    Group,
    Piece,
    Row,
    rows_of,
    with_part,
    without,
)
from fieldstone.expressions.condition_text import text_of, unfinished
from fieldstone.expressions.types import BOOLEAN
from tests.expressions.school import NOW, SchoolScope, an_env, an_expression
from tests.expressions.trees import conditions

SCOPE = SchoolScope()

ROWS = {
    "budget >= 100000": Row("budget", op=">=", values=("100000",)),
    "budget < -3": Row("budget", op="<", values=("-3",)),
    "stage in ['new', 'won']": Row("stage", op="in", values=("new", "won")),
    "stage not in ['lost']": Row("stage", op="not in", values=("lost",)),
    "channel.kind == 'paid'": Row("channel.kind", op="==", values=("paid",)),
    "'vip' in tags": Row("tags", op="has", values=("vip",)),
    "user in members": Row("members", op="has", values=("user",), free=True),
    "owner == user": Row("owner", op="==", values=("user",), free=True),
    "owner.region == user.region": Row("owner.region", op="==", values=("user.region",), free=True),
    "user.role('sales')": Row("user", op="role", values=("sales",)),
    "days_since(last_activity_at) > 3": Row("last_activity_at", "days_since", ">", ("3",)),
    "due_on == today()": Row("due_on", op="==", values=("today()",), free=True),
    "due_on < '2026-03-08'": Row("due_on", op="<", values=("2026-03-08",)),
    "budget > spent * 2": Row("budget", op=">", values=("spent * 2",), free=True),
    "contains(company, 'school')": Row("company", op="contains", values=("school",)),
    "not contains(lower(company), 'x')": Row("company", "lower", "lacks", ("x",)),
    "starts_with(name, 'a')": Row("name", op="starts", values=("a",)),
    "is_empty(name)": Row("name", op="empty"),
    "not is_empty(name)": Row("name", op="filled"),
    "filled(name)": Row("name", op="filled"),
    "owner == null": Row("owner", op="empty"),
    "name == null": Row("name", op="null"),
    "vip": Row("vip", op="yes"),
    "not vip": Row("vip", op="no"),
    "vip == false": Row("vip", op="false"),
    "vip == true": Row("vip", op="yes"),
    "count(activities) >= 2": Row("activities", "count", ">=", ("2",)),
    "length(tags) > 1": Row("tags", "length", ">", ("1",)),
    "name == 'it\\'s'": Row("name", op="==", values=("it's",)),
}
PIECES = (
    "1 < score <= 5",
    "100 < budget",
    "count(activities, kind == 'call') >= 2",
    "any(activities, kind == 'visit')",
    "budget + spent > 3",
    "'vip' in ['vip', name]",
    "not (1 < score <= 5)",
    "vip == agreed",
    "if_(vip, budget, spent) > 3",
)


@pytest.mark.parametrize(("text", "row"), ROWS.items())
def test_a_question_is_a_row_and_is_written_as_it_was(text: str, row: Row) -> None:
    found = rows_of(text, SCOPE)

    assert found == Group(parts=(row,))
    assert text_of(found, SCOPE) == text
    assert rows_of(text_of(Group(parts=(row,)), SCOPE), SCOPE) == found
    assert not unfinished(Group(parts=(row,)), SCOPE)


@pytest.mark.parametrize("text", PIECES)
def test_what_is_no_row_stays_the_text_that_it_is(text: str) -> None:
    found = rows_of(text, SCOPE)

    assert found == Group(parts=(Piece(text),))
    assert text_of(found, SCOPE) == text


def test_groups_nest_as_they_are_written() -> None:
    text = "vip and (budget > 5 or not (stage == 'new' and 1 < score <= 5)) and owner == user"
    found = rows_of(text, SCOPE)

    inner = Group(
        "and", (Row("stage", op="==", values=("new",)), Piece("1 < score <= 5")), negated=True
    )
    either = Group("or", (Row("budget", op=">", values=("5",)), inner))
    assert found.parts[1] == either
    assert text_of(found, SCOPE) == text


def test_only_the_row_that_was_changed_is_written_anew() -> None:
    found = rows_of("budget>=100_000 and filled( name )", SCOPE)
    first, second = found.parts
    assert isinstance(first, Row)
    changed = Group("and", (Row("budget", op="<", values=("7",), was=first.was), second))

    assert text_of(found, SCOPE) == "budget>=100_000 and filled( name )"
    assert text_of(changed, SCOPE) == "budget < 7 and filled( name )"


def test_parts_are_put_in_and_taken_out_anywhere() -> None:
    found = rows_of("vip or (budget > 5 and agreed)", SCOPE)
    grown = with_part(found, (1,), Row("name", op="filled"))

    assert text_of(grown, SCOPE) == "vip or (budget > 5 and agreed and not is_empty(name))"
    assert text_of(without(grown, (1, 0)), SCOPE) == "vip or (agreed and not is_empty(name))"
    assert text_of(without(grown, (1,)), SCOPE) == "vip"
    assert text_of(without(Group(parts=(Row("vip", op="yes"),)), (0,)), SCOPE) == ""


def test_a_row_without_its_value_is_unfinished() -> None:
    assert unfinished(Group(parts=(Row("budget", op=">"),)), SCOPE)
    assert unfinished(Group(parts=(Group(parts=(Row("stage", op="in"),)),)), SCOPE)
    assert not unfinished(Group(parts=(Row("name", op="=="), Row(""), Row("vip", op="yes"))), SCOPE)


def test_a_piece_of_several_conditions_keeps_its_own_together() -> None:
    group = Group("and", (Row("vip", op="yes"), Piece("agreed or score > 1")))

    assert text_of(group, SCOPE) == "vip and (agreed or score > 1)"


@settings(max_examples=150, deadline=None)
@given(conditions())
def test_every_condition_means_the_same_after_the_way_there_and_back(text: str) -> None:
    there = rows_of(text, SCOPE)
    back = text_of(there, SCOPE)

    assert an_expression(back, expects=BOOLEAN).tree == an_expression(text, expects=BOOLEAN).tree
    assert rows_of(back, SCOPE) == there


@settings(max_examples=150, deadline=None)
@given(conditions())
def test_rows_that_forget_their_text_still_give_the_same_answers(text: str) -> None:
    back = text_of(forgetful(rows_of(text, SCOPE)), SCOPE)

    before, after = (an_expression(one, expects=BOOLEAN) for one in (text, back))
    for row in SOME_LEADS:
        assert after.evaluate(row, an_env()) == before.evaluate(row, an_env())


SOME_LEADS = (
    {"activities": []},
    {"name": "", "company": "a", "stage": "new", "budget": Decimal(0), "score": 3, "vip": False, "agreed": True, "due_on": date(2026, 3, 10),
     "created_at": NOW, "tags": ("vip",), "owner": "u1", "activities": [{"kind": "call", "cost": Decimal(1), "minutes_spent": 7}]},
    {"name": "B", "company": None, "stage": "won", "budget": Decimal("100000.00"), "spent": Decimal("0.01"), "vip": True, "agreed": False,
     "last_activity_at": NOW, "members": ("u1",), "owner": "u2", "channel": "c1", "channel.kind": "paid", "activities": [{"kind": "visit"}, {}]},
)  # fmt: skip


def forgetful(group: Group) -> Group:
    def one(part: object) -> object:
        if isinstance(part, Group):
            return forgetful(part)
        return (
            Row(part.subject, part.measure, part.op, part.values, part.free)
            if isinstance(part, Row)
            else part
        )

    return Group(group.join, tuple(one(part) for part in group.parts), group.negated)  # type: ignore[arg-type]
