"""Facts about companies come after the commit, within budget, and never over what somebody typed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fieldstone.actions.applying import Applying
from fieldstone.base.errors import MetadataError
from fieldstone.storage.provenance import Origins
from tests.web.intake.gate import Gate, open_gate

SERVICE = """
rules:
  company_facts_of_leads: {{enabled: false}}
  service_facts:
    kind: enrichment
    object: lead
    label: {{en: Register, zh: 工商登记}}
    provider: http_json
    settings: {{url: "{url}?name={{key}}", allow: [127.0.0.1], at: company, confidence: score}}
    match_key: company
    mapping: {{employees: staff, industry: {{from: trade, translate: {{IT: software}}}}, need: {{from: nothing}}, website: homepage}}
    min_confidence: 0.5
    ttl: 10 days
    daily_budget: 2
"""


@contextmanager
def a_register() -> Iterator[tuple[str, list[str], dict[str, object]]]:
    """Run a service that knows every company; gives its address, what was asked, and what it answers."""
    asked: list[str] = []
    says: dict[str, object] = {
        "score": 0.9,
        "company": {"staff": 250, "trade": "IT", "homepage": "no address"},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(says).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/find", asked, says
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_lead(gate: Gate, company: str, **values: object) -> str:
    channels = gate.records("channel")
    channel = (
        channels[0]["id"] if channels else gate.create("channel", name="W", code="w", kind="own")
    )
    return gate.create("lead", name="Emma", channel=channel, company=company, **values)


def lead(gate: Gate, record_id: str) -> dict[str, object]:
    return next(one for one in gate.records() if one["id"] == record_id)


def test_a_lead_of_a_known_company_is_filled_in_and_says_where_it_is_from(gate: Gate) -> None:
    gate.create(
        "company_fact",
        name="京信软件有限公司",
        industry="software",
        employees=120,
        confidence="0.8",
    )
    known = a_lead(gate, "京信軟件", employees=7)
    gate.work()

    found = lead(gate, known)
    assert found["industry"] == "software"
    assert found["employees"] == 7
    with gate.site.storage.looking() as connection:
        (origin,) = Origins(connection).of(known)
    assert (origin.field, origin.rule, origin.confidence) == (
        "industry",
        "company_facts_of_leads",
        "0.80",
    )
    ctx = gate.site.system_context("test")
    history = gate.site.reads.history(ctx, gate.site.model, "lead", known)
    assert history is not None
    assert "Company facts of leads" in {event.actor_name for event in history.events}
    chinese = replace(ctx, actor=replace(ctx.actor, language="zh"))
    history = gate.site.reads.history(chinese, gate.site.model, "lead", known)
    assert history is not None
    assert "线索企业信息补全" in {event.actor_name for event in history.events}


def test_an_answer_that_is_not_sure_enough_writes_nothing(gate: Gate) -> None:
    gate.create("company_fact", name="Fjord AB", industry="software", confidence="0.3")
    record_id = a_lead(gate, "Fjord")
    gate.work()

    assert lead(gate, record_id)["industry"] is None


def test_a_service_is_asked_once_for_all_spellings_and_again_when_the_answer_is_old(
    sqlite_url: str, tmp_path: Path
) -> None:
    with a_register() as (url, asked, says):
        gate = open_gate(sqlite_url, tmp_path, SERVICE.format(url=url), webhook_internal=True)
        first, second = a_lead(gate, "Harbor Ltd."), a_lead(gate, "HARBOR")
        gate.work()

        assert len(asked) == 1
        assert lead(gate, first)["employees"] == lead(gate, second)["employees"] == 250
        assert lead(gate, first)["industry"] == "software"
        assert lead(gate, first)["website"] is None
        says["company"] = {"staff": 300}
        gate.later(days=11)
        third = a_lead(gate, "harbor")
        gate.work()
        assert len(asked) == 2
        assert lead(gate, third)["employees"] == 300
        gate.site.storage.close()


def test_what_is_above_the_days_budget_is_asked_the_next_day(
    sqlite_url: str, tmp_path: Path
) -> None:
    with a_register() as (url, asked, _):
        gate = open_gate(sqlite_url, tmp_path, SERVICE.format(url=url), webhook_internal=True)
        ids = [a_lead(gate, name) for name in ("Alpha", "Beta", "Gamma")]
        gate.work()

        assert len(asked) == 2
        assert [lead(gate, one)["employees"] for one in ids] == [250, 250, None]
        gate.site.storage.close()


def test_a_service_in_our_own_network_is_not_asked(sqlite_url: str, tmp_path: Path) -> None:
    with a_register() as (url, asked, _):
        gate = open_gate(sqlite_url, tmp_path, SERVICE.format(url=url))
        record_id = a_lead(gate, "Harbor")
        gate.work()

        assert asked == []
        assert lead(gate, record_id)["employees"] is None
        gate.site.storage.close()


def test_what_somebody_typed_meanwhile_stays(gate: Gate) -> None:
    gate.create("company_fact", name="Harbor", industry="software", employees=120)
    record_id = a_lead(gate, "Harbor")
    gate.change("lead", record_id, industry="finance")
    other = a_lead(gate, "Harbor")
    gate.change("lead", other, company="Somewhere else")
    gate.work()

    assert (lead(gate, record_id)["industry"], lead(gate, record_id)["employees"]) == (
        "finance",
        120,
    )
    assert lead(gate, other)["employees"] is None


def test_an_enricher_that_is_not_there_is_named_when_the_site_is_checked(
    sqlite_url: str, tmp_path: Path
) -> None:
    text = SERVICE.format(url="https://127.0.0.1").replace("http_json", "htp_json")
    with pytest.raises(MetadataError, match=r"htp_json.*http_json"):
        open_gate(sqlite_url, tmp_path, text)


REFRESH = "    refresh: 30 days\n"


def test_facts_are_asked_for_anew_and_follow_where_nobody_touched_them(
    sqlite_url: str, tmp_path: Path
) -> None:
    with a_register() as (url, asked, says):
        rules = SERVICE.format(url=url) + REFRESH
        gate = open_gate(sqlite_url, tmp_path, rules, webhook_internal=True)
        known = a_lead(gate, "Harbor Ltd.")
        gate.work()
        gate.change("lead", known, industry="retail")
        says["company"] = {"staff": 300, "trade": "IT"}

        gate.later(days=29)
        gate.work()
        assert len(asked) == 1
        gate.later(days=1, minutes=1)
        gate.work()
        gate.work()

        assert len(asked) == 2
        found = lead(gate, known)
        assert (found["employees"], found["industry"]) == (300, "retail")
        with gate.site.storage.looking() as connection:
            origins = {one.field: one.value for one in Origins(connection).of(known)}
        assert origins["employees"] == 300
        gate.later(days=30, minutes=1)
        gate.work()
        assert len(asked) == 3
        gate.site.storage.close()


def test_after_a_rest_a_record_is_asked_about_once_and_a_key_that_went_no_more(
    sqlite_url: str, tmp_path: Path
) -> None:
    with a_register() as (url, asked, _):
        rules = SERVICE.format(url=url) + REFRESH
        gate = open_gate(sqlite_url, tmp_path, rules, webhook_internal=True)
        first, second = a_lead(gate, "Harbor"), a_lead(gate, "harbor")
        gone = a_lead(gate, "Quay")
        gate.work()
        gate.change("lead", gone, company=None)
        assert len(asked) == 2

        gate.later(days=100)
        gate.work()

        assert (
            len(asked) == 3
        )  # one answer serves both spellings, and nobody asks for the days between
        assert lead(gate, first)["employees"] == lead(gate, second)["employees"] == 250
        gate.site.storage.close()


def test_records_that_were_there_before_begin_when_the_rule_is_applied(
    sqlite_url: str, tmp_path: Path
) -> None:
    with a_register() as (url, asked, _):
        rules = SERVICE.format(url=url) + REFRESH
        off = open_gate(
            sqlite_url,
            tmp_path,
            rules.replace("kind: enrichment", "kind: enrichment\n    enabled: false"),
            webhook_internal=True,
        )
        known = a_lead(off, "Harbor")
        off.work()
        off.site.storage.close()
        assert not asked
        gate = open_gate(sqlite_url, tmp_path, rules, webhook_internal=True)

        site = gate.site
        ctx = site.system_context("command")
        Applying(site.storage, site.writes, site.queue, ctx, site.model).start(
            "service_facts", None
        )
        gate.work()
        gate.work()

        assert lead(gate, known)["employees"] == 250
        gate.later(days=31)
        gate.work()
        assert len(asked) == 2
        site.storage.close()
