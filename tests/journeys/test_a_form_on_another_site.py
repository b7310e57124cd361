"""A form is published for another company's site; a visitor of that site fills it in, and the lead tells where they came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from fieldstone.base.clock import utc_now
from tests.journeys.conftest import Tab
from tests.journeys.serving import served
from tests.web.pages.office import Office, open_office

AD = "utm_source=search&utm_medium=cpc&utm_campaign=autumn"
NEWS = "https://news.example/fair"
CAREFUL = """
rules:
  careful_form:
    kind: capture_source
    object: lead
    label: {en: Careful, zh: 谨慎}
    via: form
    channel_class: own
    set: {channel: {code: f, name: F, kind: own}}
    captcha: {proof_of_work: 12}
    form: {fields: [name]}
"""
BEHIND_ITS_SHOWING = timedelta(seconds=10)  # nobody fills a form in within two seconds


class MovedClock:
    """The present, put forward by the test."""

    ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the instant it is here."""
        return utc_now() + self.ahead


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, clock: MovedClock) -> Iterator[Office]:
    """An office whose clock the test moves."""
    folder = tmp_path_factory.mktemp("office")
    for name in ("metadata", "rules"):
        (folder / name).mkdir()
    (folder / "rules" / "site.yaml").write_text(CAREFUL, encoding="utf-8")
    opened = open_office(folder, clock=clock)
    yield opened
    opened.site.storage.close()


@pytest.fixture(scope="module")
def elsewhere(address: str) -> Iterator[str]:
    """The site of somebody else, of another name and port, with the embed code in its page."""
    shop = Flask("elsewhere")

    @shop.get("/landing")
    def landing() -> str:
        code = f'<script async src="{address}/in/embed.js" data-form="website_form"></script>'
        return f"<!doctype html><title>Shop</title><h1>Ask us</h1>{code}<p>Below the form</p>"

    with served(shop) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module", autouse=True)
def published(office: Office, elsewhere: str) -> None:
    """Let an administrator name the site that may show the form."""
    admin = office.visitor("admin")
    page = admin.get("/sources/website_form/form").text
    sent: dict[str, object] = {
        "order": re.findall(r'name="order" value="(\w+)"', page),
        "need.mobile": "1",
        "title.en": "Talk to us",
        "consent.en": "I agree that my details are kept and used to answer my request.",
        "consent.zh": "我同意保存并使用我填写的信息，用于答复本次咨询。",
        "consent_version": "2026-01",
        "consent_required": "1",
        "origins": elsewhere,
    }
    answer = admin.post("/sources/website_form/form/publish", **sent)
    assert answer.status_code == 303, answer.text


def fill_in(visitor: Page, name: str, mobile: str) -> None:
    form = visitor.frame_locator("iframe")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Mobile").fill(mobile)
    form.get_by_label("Need").fill("60 seats")


def test_a_visitor_of_another_site_becomes_a_lead_with_where_they_came_from(
    tab: Tab, office: Office, elsewhere: str, clock: MovedClock
) -> None:
    visitor = tab()
    visitor.goto(f"{elsewhere}/landing?{AD}", referer=NEWS)
    form = visitor.frame_locator("iframe")
    expect(form.get_by_role("heading", name="Talk to us")).to_be_visible()

    fill_in(visitor, "Hanna Olsen", "138 0013 8123")
    clock.ahead += BEHIND_ITS_SHOWING
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_text("I agree that my details")).to_be_visible()
    assert not leads_named(office, "Hanna Olsen")  # without consent nothing is kept as a lead

    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("heading", name="Received")).to_be_visible()
    # Thanks need less room than the questions, and the page around them closes up.
    visitor.wait_for_function("document.querySelector('iframe').offsetHeight < 320")

    (lead,) = leads_named(office, "Hanna Olsen")
    admin = tab("admin")
    admin.goto(f"/o/lead/{lead}?tab=touches")
    expect(admin.get_by_role("heading", name="Hanna Olsen")).to_be_visible()
    main = admin.locator("#main")
    for told in ("search", "cpc", "autumn", "news.example", "/landing", "2026-01"):
        expect(main).to_contain_text(told)


def leads_named(office: Office, name: str) -> list[str]:
    site = office.site
    ctx = site.system_context("action")
    hits = site.reads.search(ctx, site.model, name, limit=5)
    return [hit.id for hit in hits if hit.object_name == "lead"]


def test_who_comes_again_is_told_thanks_and_is_no_second_lead(
    tab: Tab, office: Office, elsewhere: str, clock: MovedClock
) -> None:
    for _ in range(2):
        visitor = tab(width=390)
        visitor.goto(f"{elsewhere}/landing")
        fill_in(visitor, "Ola Nordmann", "138 0013 8124")
        form = visitor.frame_locator("iframe")
        form.get_by_role("checkbox").check()
        clock.ahead += BEHIND_ITS_SHOWING
        form.get_by_role("button", name="Send").click()
        expect(form.get_by_role("heading", name="Received")).to_be_visible()

    assert len(leads_named(office, "Ola Nordmann")) == 1


def test_the_form_is_as_high_as_it_needs_and_does_not_scroll_by_itself(
    tab: Tab, elsewhere: str
) -> None:
    visitor = tab(width=390)
    visitor.goto(f"{elsewhere}/landing")
    button = visitor.frame_locator("iframe").get_by_role("button", name="Send")
    expect(button).to_be_visible()

    inside = "document.documentElement.scrollHeight <= innerHeight"
    frame = visitor.frames[1]
    frame.wait_for_function(inside)


def test_a_site_that_was_not_named_shows_no_form(browser: Browser, address: str) -> None:
    stranger = Flask("stranger")

    @stranger.get("/")
    def page() -> str:
        return f'<!doctype html><title>x</title><iframe src="{address}/in/forms/website_form?embed=1"></iframe>'

    with served(stranger) as url:
        context = browser.new_context()
        visitor = context.new_page()
        with visitor.expect_event("console") as said:
            visitor.goto(url)

        assert "frame-ancestors" in said.value.text
        expect(visitor.frame_locator("iframe").get_by_role("button", name="Send")).to_have_count(0)
        context.close()


@pytest.mark.parametrize("ready", [True, False])
def test_one_press_sends_a_form_that_asks_the_browser_for_work(
    tab: Tab, office: Office, clock: MovedClock, *, ready: bool
) -> None:
    visitor = tab()
    if not ready:  # the work takes as long as the first press lets it
        visitor.add_init_script("performance.now = () => (window.slow ??= 0, window.slow += 30)")
    visitor.goto("/in/forms/careful_form")
    visitor.get_by_label("Name").fill(f"Worker {ready}")
    clock.ahead += BEHIND_ITS_SHOWING
    if ready:
        expect(visitor.locator("[name=_work]")).not_to_have_value("")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("heading", name="Received")).to_be_visible()

    assert len(leads_named(office, f"Worker {ready}")) == 1
