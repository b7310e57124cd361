"""What a person chooses for themselves: language and light or dark."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from fieldstone.changes.nouns import Change, Operation
from fieldstone.web.asking import LANGUAGE_COOKIE, Asked, the_call
from fieldstone.web.pages.drawing import go, safe_back
from fieldstone.web.pages.shell import KEYS_COOKIE, THEME_COOKIE, THEMES

PAGE = Blueprint("preferences", __name__)
A_YEAR: Final = 365 * 24 * 3600


@PAGE.post("/preferences")
def choose() -> Response:
    """Keep a choice in this browser: appearance, single keys; the language with the person too."""
    asked = the_call()
    response = go(asked, safe_back(request.form.get("back", "/")))
    theme, language = request.form.get("theme", ""), request.form.get("language", "")
    if theme in THEMES:
        _keep(asked, response, THEME_COOKIE, theme)
    if (keys := request.form.get("keys", "")) in ("on", "off"):
        _keep(asked, response, KEYS_COOKIE, keys)
    language = "zh" if language == "zh-CN" else language
    if language in asked.site.settings.languages:
        _keep(asked, response, LANGUAGE_COOKIE, language)
        _remember(asked, language)
    return response


def _keep(asked: Asked, response: Response, name: str, value: str) -> None:
    secure = asked.site.settings.secure_cookies
    response.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="Lax", secure=secure)


def _remember(asked: Asked, language: str) -> None:
    """Write the language to the person's record, where rules and e-mails find it: it is theirs, whatever their role."""
    if asked.actor is None or "language" not in asked.model.objects["user"].fields:
        return
    change = Change("user", Operation.UPDATE, {"language": language}, asked.actor.id, trusted=True)
    asked.site.writes.submit(asked.ctx, asked.model, [change])
