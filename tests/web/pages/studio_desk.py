"""An administrator at the studio: plans that are confirmed, and a site that is afterwards what it was."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

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
