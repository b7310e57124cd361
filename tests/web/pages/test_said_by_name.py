"""What a page shows of a record says what it means: chips of a card, groups behind a lookup, what a deadline does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from fieldstone.evolution.apply import Wish
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def changed(office: Office, **settings: object) -> None:
    """Put settings of the site's own layer into force."""
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    _, documents = changing.current(ctx)
    for path, value in settings.items():
        documents = documents.with_value(path.split("__"), value)
    changing.apply(ctx, changing.plan(ctx, documents), Wish("ours", second_word=True))


def test_a_card_goes_by_the_field_its_view_names_and_chips_say_what_is_true_and_what_is_counted(
    office: Office, admin: Visitor
) -> None:
    changed(
        office,
        objects__lead__fields__vip={"type": "boolean", "label": {"en": "Very important"}},
        objects__lead__views__pipeline__card={
            "title": "company",
            "subtitle": "name",
            "chips": ["vip", "employees"],
        },
    )
    li = office.people["li"]
    told = office.a_lead("Han", owner=li, company="Harbor", vip=True, employees=40)
    plain = office.a_lead("Lei", owner=li, company="Quay", vip=False)

    board = admin.get("/o/lead/board").text

    cards = {one[:36]: one for one in board.split('id="card-')[1:]}
    chips = {one: re.findall(r'class="chip".*?class="ell">([^<]*)', cards[one]) for one in cards}
    assert ">Harbor<" in cards[told]
    assert chips[told] == ["Very important", "Employees 40"]
    assert chips[plain] == []


def test_groups_by_a_field_behind_a_lookup_are_called_by_their_names(
    office: Office, admin: Visitor
) -> None:
    changed(
        office,
        reports__by_industry={
            "kind": "dashboard",
            "label": {"en": "By industry"},
            "object": "contact",
            "date": "created_at",
            "period": "all",
            "figures": {"all": {"label": {"en": "All"}, "measure": "count()"}},
            "charts": {
                "industries": {
                    "kind": "bars",
                    "label": {"en": "Industries"},
                    "group": "customer.industry",
                    "figures": {"count": {"label": {"en": "Contacts"}, "measure": "count()"}},
                }
            },
        },
    )
    li = office.people["li"]
    firm = office.create("customer", name="Bolt works", industry="services", owner=li)
    office.create("contact", name="Mr Bolt", customer=firm, owner=li)

    page = admin.get("/dashboards/by_industry").text

    assert "Business services" in page
    assert ">services<" not in page


def test_a_deadline_that_moves_a_record_on_says_where_to(office: Office, admin: Visitor) -> None:
    changed(
        office,
        rules__given_up={
            "kind": "deadline",
            "object": "lead",
            "label": {"en": "Given up in time"},
            "when": "stage == 'new'",
            "starts": "created_at",
            "within": "90 days",
            "then": {"set": {"stage": "'invalid'", "lost_reason": "'no_need'"}},
        },
    )
    lead = office.a_lead("Slow", owner=office.people["li"])

    page = admin.get(f"/o/lead/{lead}").text

    assert "Then: it goes to Invalid." in page
