"""The page of what did not get through: listed with reasons, sent again once, dropped with a reason, for administrators."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete, select, update

from fieldstone.changes.nouns import Change, Effect, Operation
from fieldstone.delivery.contract import DeliveryError
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.leased import outbox_of
from fieldstone.storage.outbox import fs_outbox
from fieldstone.worker.turns import office as post_office
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office

PAGE = "/studio/messages"
SHOP = "https://shop.example.com/hooks?key=very-secret"


@pytest.fixture(autouse=True)
def nothing_waits(office: Office) -> None:
    with office.site.storage.connection() as connection:
        connection.execute(delete(fs_outbox))


def give_up(office: Office, *effects: Effect, record: str = "", why: str = "410 gone") -> list[int]:
    """Put messages out and give them up; return their numbers."""
    with office.site.storage.connection() as connection:
        outbox = outbox_of(connection)
        outbox.add([("lead" if record else "", record, one) for one in effects])
    with office.site.storage.connection() as connection:
        pending = select(fs_outbox.c.id).where(fs_outbox.c.state == "pending")
        ids = [row.id for row in connection.execute(pending)]
        for one in ids:
            outbox_of(connection).failed(one, why, None)
    return ids


def states(office: Office) -> dict[str, int]:
    with office.site.storage.looking() as connection:
        return outbox_of(connection).counts()


def told(text: str) -> dict[str, object]:
    return {"message": {"en": text, "zh": "你好"}}


def test_what_was_given_up_is_listed_with_its_record_and_the_reason(office: Office) -> None:
    lead = office.a_lead("王小明")
    work_until_idle(office.site)
    give_up(
        office,
        Effect("webhook", SHOP, "lead.created", told("Tell the shop")),
        Effect("email", office.people["li"], "reminder", told("Call him")),
        record=lead,
        why="the receiver answered 410",
    )
    page = office.visitor("admin").get(PAGE).text

    assert "Tell the shop" in page
    assert "王小明" in page
    assert f'href="/o/lead/{lead}"' in page
    assert "The receiver answered 410" in page
    assert "to Li Na" in page
    assert "very-secret" not in page
    assert "1 given up" in page
    chinese = office.visitor("admin", "zh").get(f"{PAGE}?channel=email").text
    assert "对方返回 410" in chinese
    assert "Tell the shop" not in chinese
    assert "2 messages did not get through." in office.visitor("admin").get("/studio").text


def test_of_a_record_that_is_gone_nothing_is_told(office: Office) -> None:
    lead = office.a_lead("Secret Name")
    work_until_idle(office.site)
    give_up(office, Effect("email", "x@example.com", "hi", told("Secret text")), record=lead, why="odd: Secret")  # fmt: skip
    ctx, site = office.site.system_context("test"), office.site
    (gone,) = site.writes.submit(
        ctx, site.model, [Change("lead", Operation.DELETE, {}, lead, trusted=True)]
    )
    assert not gone.problems

    page = office.visitor("admin").get(PAGE).text

    assert "It is about a record that you may not see." in page
    assert "Secret" not in page


def test_pressing_twice_sends_once_and_it_is_audited(office: Office) -> None:
    first, second, third = give_up(office, *[Effect("webhook", SHOP, "hi", told("Hello"))] * 3)
    admin = office.visitor("admin")

    answers = [admin.post(f"{PAGE}/again", ids=str(first)) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert states(office) == {"pending": 1, "dead": 2}
    admin.post(f"{PAGE}/again", ids=[str(second), "nonsense"])
    assert states(office) == {"pending": 2, "dead": 1}
    admin.post(f"{PAGE}/again", of="webhook")
    assert states(office) == {"pending": 3}
    admin.post(f"{PAGE}/again")
    assert states(office) == {"pending": 3}

    with office.site.storage.looking() as connection:
        asked = select(fs_audit.c.actor, fs_audit.c.operation, fs_audit.c.record)
        asked = asked.where(fs_audit.c.object == "outbox").order_by(fs_audit.c.at)
        kept = [tuple(row) for row in connection.execute(asked)]
    who = office.people["admin"]
    assert kept == [(who, "send_again", str(one)) for one in (first, second, third)]


def test_what_is_dropped_needs_a_reason_and_goes_away(office: Office) -> None:
    (one,) = give_up(office, Effect("webhook", SHOP, "hi", told("Hello")))
    admin = office.visitor("admin")

    assert admin.post(f"{PAGE}/drop", ids=str(one), reason=" ").status_code == 422
    assert states(office) == {"dead": 1}
    assert admin.post(f"{PAGE}/drop", ids=str(one), reason="The shop is closed").status_code == 303
    assert states(office) == {"dropped": 1}
    assert "Everything got through" in admin.get(PAGE).text
    with office.site.storage.looking() as connection:
        asked = select(fs_audit.c.reason).where(fs_audit.c.operation == "drop")
        assert connection.execute(asked).scalars().all() == ["The shop is closed"]


def test_what_waits_long_is_shown_when_nothing_was_given_up(office: Office) -> None:
    with office.site.storage.connection() as connection:
        outbox_of(connection).add([("", "", Effect("webhook", SHOP, "hi", told("Hello")))])
        hours_ago = outbox_of(connection)
        connection.execute(
            update(fs_outbox).values(created_at=office.site.clock().replace(year=2025))
        )
        assert hours_ago.any_due()

    page = office.visitor("admin").get(PAGE).text

    assert "Nobody has tried it yet: is a worker running?" in page
    assert "1 waiting" in page


def test_administrators_are_led_to_it_by_their_inbox(office: Office) -> None:
    class Gone:
        name, internal = "webhook", False
        label = office.site.vocabulary.channels["webhook"].label

        def send(self, message: object, means: object) -> int:
            raise DeliveryError("the receiver answered 410", retry=False)

    work_until_idle(office.site)
    with office.site.storage.connection() as connection:
        outbox_of(connection).add([("", "", Effect("webhook", SHOP, "hi", told("Hello")))])
    desk = post_office(office.site)
    type(desk)(desk.storage, {"webhook": Gone()}, desk.settings, desk.receiver, desk.administrators).deliver_outside()  # fmt: skip

    admin = office.visitor("admin")
    note = re.search(r'href="(/inbox/[^"]+)">[^<]*did not get through', admin.get("/inbox").text)
    assert note is not None
    assert admin.get(note[1]).headers["Location"] == f"{PAGE}?channel=webhook"
    assert "did not get through" not in office.visitor("li").get("/inbox").text


@pytest.mark.parametrize("who", ["li", "mei", "guest"])
def test_nobody_else_sees_or_sends_them(office: Office, who: str) -> None:
    (one,) = give_up(office, Effect("webhook", SHOP, "hi", told("Hello")))
    visitor = office.visitor(who)

    assert visitor.get(PAGE).status_code == 403
    assert visitor.post(f"{PAGE}/again", ids=str(one)).status_code == 403
    assert visitor.post(f"{PAGE}/drop", all="1", reason="x").status_code == 403
    assert states(office) == {"dead": 1}


RULE = "company_facts_of_leads"


def a_question(office: Office, company: str, why: str, owner: str) -> str:
    """Make a lead whose question about its company was given up."""
    lead = office.a_lead("Emma", company=company, owner=office.people[owner])
    work_until_idle(office.site)
    give_up(office, Effect("enrichment", RULE, "enrich", {"key": company}), record=lead, why=why)
    return lead


def test_a_record_says_what_was_asked_in_vain_and_whoever_may_change_it_asks_again(
    office: Office,
) -> None:
    lead = a_question(office, "Fjord AB", "the service answered 503", "li")
    here = f"/o/lead/{lead}"

    assert "failed: the service answered 503." in office.visitor("li").get(here).text
    assert "查询失败：数据服务返回 503。" in office.visitor("li", "zh").get(here).text
    assert "Ask again" in office.visitor("li").get(here).text
    # Who may see a record but not change it sees the reason alone.
    assert "Ask again" not in office.visitor("guest").get(here).text
    assert office.visitor("guest").post(f"{here}/ask-again/{RULE}").status_code in (403, 404)
    assert office.visitor("chen").post(f"{here}/ask-again/{RULE}").status_code in (403, 404)
    assert states(office)["dead"] == 1

    for _ in range(2):
        answer = office.visitor("li").post(f"{here}/ask-again/{RULE}")
        assert answer.headers["Location"] == here
    assert states(office)["pending"] == 1
    assert "the answer is on its way" in office.visitor("li").get(here).text
    work_until_idle(office.site)
    assert "nothing is known." in office.visitor("li").get(here).text


def test_what_an_answer_says_is_not_repeated_beside_the_record(office: Office) -> None:
    lead = a_question(office, "Glacier AB", "Budget must be below 5,000,000.", "li")

    page = office.visitor("li").get(f"/o/lead/{lead}").text

    assert "failed: the answer could not be used." in page
    assert "5,000,000" not in page
    office.settle("lead", lead, company="Another AB")
    page = office.visitor("li").get(f"/o/lead/{lead}").text
    assert "could not be used" not in page  # that was asked about another company
