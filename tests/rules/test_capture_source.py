"""Sources that could never take anything in are told when they are written."""

from __future__ import annotations

from fieldstone.rules.capture_source import KIND
from tests.rules.support import problems_of

FORM = {"via": "form", "channel_class": "own", "double_opt_in": "email"}


def test_what_nobody_is_asked_for_cannot_be_confirmed() -> None:
    asked = {**FORM, "form": {"fields": ["name", {"field": "email"}]}}
    unasked = {**FORM, "form": {"fields": ["name"]}}

    assert problems_of(KIND, asked) == []
    assert [(p.path, p.code) for p in problems_of(KIND, unasked)] == [("double_opt_in", "unasked")]
    assert "unasked" in {p.code for p in problems_of(KIND, {**FORM, "via": "hook"})}
