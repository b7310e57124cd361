"""Partners, mail servers and packs of cards: what they may send, and how they prove who they are."""

from __future__ import annotations

from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from fieldstone.evolution.apply import Wish
from tests.web.intake.gate import Gate

LEAD = {
    "id": "p-1",
    "contact": {
        "name": "Emma Lindqvist",
        "phone": "+46 8 123 456 78",
        "email": "emma@fjord.example",
    },
    "company": {"name": "Fjord AB"},
    "product": "CRM",
    "message": "for 40 people",
}
MAIL = """\
From: =?utf-8?b?5byg5Lyf?= <zhang@jingxin.example>
To: sales@harbor.example
Subject: Offer please
Message-ID: <a1@jingxin.example>
Content-Type: text/plain; charset=utf-8

We need 60 seats. Call me: 138 0013 8000

On Monday somebody wrote:
> an older mail
"""
CARDS = """\
BEGIN:VCARD
VERSION:3.0
N:Wei;Zhang;;;
FN:Zhang Wei
ORG:Jingxin Software;Sales
TITLE:CTO
TEL;TYPE=WORK:+86 10 8888 8888
TEL;TYPE=CELL:138 0013 8000
EMAIL:zhang@jingxin.example
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E;=E9=9B=B7;;;
TEL;CELL:13900139000
END:VCARD
"""


def test_a_partners_lead_is_mapped_and_answered_with_its_record(gate: Gate) -> None:
    answer = gate.hook("partner_leads", LEAD)

    assert answer.status_code == 201, answer.text
    (lead,) = gate.records()
    assert answer.json["data"]["record"] == lead["id"]
    assert lead["name"] == "Emma Lindqvist"
    assert lead["company"] == "Fjord AB"
    assert lead["need"] == "CRM for 40 people"
    assert lead["external_id"] == "p-1"


def test_the_same_id_again_is_the_same_arrival(gate: Gate) -> None:
    first, again = gate.hook("partner_leads", LEAD), gate.hook("partner_leads", LEAD)

    assert again.status_code == 200
    assert again.json["data"]["replayed"] is True
    assert again.json["data"]["record"] == first.json["data"]["record"]
    assert len(gate.records("touch")) == 1


def test_what_was_refused_is_kept_with_its_reasons_and_may_come_again_corrected(gate: Gate) -> None:
    wrong = {**LEAD, "contact": {"name": "Emma", "email": "not an address"}}
    refused = gate.hook("partner_leads", wrong)

    assert refused.status_code == 422
    assert [one["path"] for one in refused.json["problems"]] == ["email"]
    (kept,) = gate.arrivals("partner_leads")
    assert (kept.state, kept.problems[0]["path"]) == ("refused", "email")

    corrected = gate.hook("partner_leads", LEAD)
    assert corrected.status_code == 201
    assert [one.state for one in gate.arrivals("partner_leads")] == ["done"]


def test_a_post_without_proof_is_refused_and_too_many_of_them_wait(gate: Gate) -> None:
    client = gate.app.test_client()
    statuses = [client.post("/in/hooks/partner_leads", json=LEAD).status_code for _ in range(31)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert gate.records() == []


def test_a_signature_of_standard_webhooks_is_proof(gate: Gate) -> None:
    now, body = datetime.now(UTC), '{"contact": {"name": "A", "email": "a@b.example"}}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(gate.secret("partner_leads")).sign("msg_1", now, body),
    }
    client = gate.app.test_client()
    answer = client.post(
        "/in/hooks/partner_leads", data=body, headers=headers, content_type="application/json"
    )

    assert answer.status_code == 201
    assert [one.key for one in gate.arrivals("partner_leads")] == ["msg_1"]


def test_a_raw_mail_posted_to_a_hook_becomes_a_lead(gate: Gate) -> None:
    answer = gate.raw("sales_mailbox", MAIL.encode(), "message/rfc822")

    assert answer.status_code == 201, answer.text
    (lead,) = gate.records()
    assert (lead["name"], lead["email"], lead["mobile"]) == (
        "张伟",
        "zhang@jingxin.example",
        "+8613800138000",
    )
    assert "older mail" not in lead["need"]
    assert gate.raw("sales_mailbox", MAIL.encode(), "message/rfc822").json["data"]["replayed"]


def test_what_a_partner_says_of_its_origin_is_kept_and_counts_for_the_campaign(gate: Gate) -> None:
    autumn = gate.create(
        "campaign",
        name="Autumn",
        utm_name="autumn-26",
        owner=gate.create("user", name="He", email="he@harbor.example"),
    )
    gate.hook("partner_leads", {**LEAD, "utm_source": "bing", "utm_campaign": "autumn-26"})
    gate.hook("partner_leads", {**LEAD, "id": "p-2", "utm_campaign": "nothing"})
    (lead,) = gate.records()
    first, again = gate.records("touch")

    assert (lead["utm_source"], lead["campaign"]) == ("bing", autumn)
    assert (first["campaign"], first["utm_campaign"]) == (autumn, "autumn-26")
    assert (again["campaign"], again["utm_campaign"]) == (None, "nothing")


def test_the_cards_of_an_event_come_with_its_campaign(gate: Gate) -> None:
    fair = gate.create(
        "campaign",
        name="Spring fair",
        owner=gate.create("user", name="He", email="he@harbor.example"),
    )
    client, secret = gate.app.test_client(), gate.secret("event_cards")
    answer = client.post(
        "/in/hooks/event_cards",
        query_string={"token": secret, "utm_campaign": "Spring fair"},
        data=CARDS.encode(),
        content_type="text/vcard",
    )
    gate.work()

    assert answer.status_code == 202, answer.text
    assert {lead["campaign"] for lead in gate.records()} == {fair}


def test_an_automatic_answer_is_no_lead(gate: Gate) -> None:
    letter = MAIL.replace("To: sales", "Auto-Submitted: auto-replied\nTo: sales")

    assert gate.raw("sales_mailbox", letter.encode(), "message/rfc822").status_code == 422
    assert gate.records() == []


def test_a_pack_of_cards_is_taken_in_by_the_worker(gate: Gate) -> None:
    answer = gate.raw("event_cards", CARDS.encode(), "text/vcard")

    assert answer.status_code == 202
    assert len(answer.json["data"]["arrivals"]) == 2
    gate.work()
    leads = {lead["name"]: lead for lead in gate.records()}
    assert leads["Zhang Wei"]["mobile"] == "+8613800138000"
    assert leads["Zhang Wei"]["company"] == "Jingxin Software"
    assert leads["李雷"]["mobile"] == "+8613900139000"


def test_the_same_person_twice_in_one_pack_is_one_lead(gate: Gate) -> None:
    cards = [
        {"name": "Zhang", "mobile": "13800138000"},
        {"name": "张伟", "mobile": "+8613800138000"},
    ]
    gate.hook("event_cards", {"cards": cards})
    gate.work()

    assert len(gate.records()) == 1
    assert len(gate.records("touch")) == 2


def test_columns_of_a_file_are_matched_by_their_names(gate: Gate) -> None:
    gate.hook(
        "bought_lists",
        [{"姓名": "韩梅梅", "手机号": "13700137000", "公司名称": "青木食品", "区域": "华东"}],
    )
    gate.work()

    (lead,) = gate.records()
    assert (lead["name"], lead["mobile"], lead["region"]) == ("韩梅梅", "+8613700137000", "east")


def test_nonsense_is_refused_with_a_reason(gate: Gate) -> None:
    for body, kind, status in (
        (b"[]", "application/json", 422),
        (b"7", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 422),
        (b"", "text/vcard", 422),
        (b"\xff\xfe", "message/rfc822", 422),
        (b"x", "text/html", 415),
    ):
        answer = gate.raw("event_cards", body, kind)
        assert answer.status_code == status, (body, answer.text)
        assert answer.json["problems"][0]["cure"]


def test_odd_keys_and_values_break_nothing(gate: Gate) -> None:
    for odd in ("a\u0000b", "x" * 900, 10**30, {"a": 1}, [1], None, True):
        sent = {**LEAD, "id": odd, "contact": {"name": "A", "email": "a@b.example", "phone": odd}}
        assert gate.hook("partner_leads", sent).status_code in (200, 201, 422)


def test_a_source_that_gets_another_code_takes_what_partners_send_as_before(gate: Gate) -> None:
    gate.hook("partner_leads", LEAD)
    secret, changing = gate.secret("partner_leads"), gate.site.changing
    assert changing is not None
    shown = gate.form_token()
    ctx = gate.site.system_context("test")
    documents = changing.current(ctx)[1]
    for code, to in (("partner_leads", "partners"), ("website_form", "our_form")):
        documents = documents.renamed(["rules", code], to)
    changing.apply(ctx, changing.plan(ctx, documents), Wish("other codes"))

    assert gate.secret("partners") == secret
    again = gate.hook("partner_leads", LEAD)
    other = gate.hook(
        "partners", {**LEAD, "id": "p-2", "contact": {"name": "Ida", "phone": "+46 8 123 456 79"}}
    )

    assert (again.status_code, again.json["data"]["replayed"]) == (200, True)
    assert other.status_code == 201, other.text
    lead = other.json["data"]["record"]
    model, reads = gate.site.model, gate.site.reads
    touches = reads.list(ctx, model, "touch").rows
    assert {one.values["source"] for one in touches} == {"partners"}
    for record in (lead, again.json["data"]["record"]):
        told = reads.history(ctx, model, "lead", record)
        assert told is not None
        writers = {one.actor_name for one in told.events if one.operation == "create"}
        assert writers == {model.rules["partners"].label.en}
    values = {"_token": shown, "_consent": "true", "name": "Li", "mobile": "13800138001"}
    gate.later(seconds=10)
    sent = gate.app.test_client().post(
        "/in/forms/website_form", data=values, headers={"Accept": "text/html"}
    )
    assert sent.status_code == 303, sent.text
