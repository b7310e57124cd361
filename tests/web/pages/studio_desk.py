"""An administrator at the studio: plans that are confirmed, and a site that is afterwards what it was."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from fieldstone.evolution.apply import Wish
from tests.web.pages.office import Office, Visitor


def open_studio(office: Office) -> Iterator[Visitor]:
    """Give the administrator's browser; what it changed is taken back in the end."""
    changing = office.site.changing
    assert changing is not None
    ctx = office.site.system_context("test")
    before, _ = changing.current(ctx)
    yield office.visitor("admin")
    if changing.current(ctx)[0] != before:
        planned = changing.plan_rollback(ctx, before)
        changing.rollback(ctx, planned, before, Wish("clean", second_word=True))


def hidden(page: TestResponse) -> dict[str, str]:
    """Return what the form of a plan carries."""
    form = page.text.partition('<form class="sheet" method="post" action="/studio/')[2]
    inputs = r'<input type="hidden" name="([a-z_.]+)" value="([^"]*)"'
    names = re.findall(inputs, form.partition("</form>")[0])
    return {name: html.unescape(value) for name, value in names if name != "csrf_token"}


def confirm(admin: Visitor, page: TestResponse, **more: str) -> TestResponse:
    """Put a plan that is shown into force."""
    assert page.status_code == 200, re.findall(r'<ul class="why-not">.*?</ul>', page.text)
    action = re.search(r'<form class="sheet" method="post" action="(/studio/[^"]*)"', page.text)
    assert action is not None
    return admin.post(action[1], **{**hidden(page), **more})


class Drawn(HTMLParser):
    """What a browser would post of the form on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._open: tuple[str, str] | None = None  # a text area or a choice that is being read
        self._blank = 0
        self.feed(page.partition('id="entry-form"')[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._blank += tag == "template"
        if self._blank:
            return
        if tag in ("select", "textarea"):
            self._open = (said.get("name", ""), "")
        if tag == "option" and self._open and "selected" in said:
            self._open = (self._open[0], said.get("value", ""))
        ticked = said.get("type") not in ("checkbox", "radio") or "checked" in said
        if tag == "input" and said.get("name") and ticked:
            self.values.setdefault(said["name"], []).append(said.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and self._open and self.lasttag == "textarea":
            self._open = (self._open[0], self._open[1] + data)

    def handle_endtag(self, tag: str) -> None:
        self._blank -= tag == "template"
        if tag in ("select", "textarea") and self._open:
            name, value = self._open
            self._open = None
            if name:
                self.values.setdefault(name, []).append(value)
