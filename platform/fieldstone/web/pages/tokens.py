"""Keys for programs: a person makes, sees and revokes their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.storage.people import Token
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.entries import FOOT, Entry
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("tokens", __name__)
ENTRIES = (Entry("API tokens", "key-round", "/tokens", FOOT),)
LIVES: Final = (30, 90, 365)
USUAL: Final = "90"
FOR_EVER: Final = "0"
LONGEST_NAME: Final = 80
UNPROCESSABLE: Final = 422
READS_ONLY: Final = frozenset({"*:read"})


@PAGE.get("/tokens")
def token_page() -> Response:
    """Show the tokens of the reader."""
    asked = the_call()
    return drawing.page(asked, "tokens", _context(asked))


@PAGE.post("/tokens")
def make_token() -> Response:
    """Make a token; its secret is shown this one time."""
    asked = the_call()
    t, given = speech(asked.language).t, request.form
    name = " ".join(given.get("name", "").split())[:LONGEST_NAME]
    if not name:
        problem = {"text": t("A token needs a name."), "name": "name"}
        return drawing.page(
            asked, "tokens", {**_context(asked), "problems": [problem]}, UNPROCESSABLE
        )
    days, now = given.get("days", USUAL), asked.ctx.now
    known = {str(life): timedelta(days=life) for life in LIVES}
    ends = None if days == FOR_EVER else now + known.get(days, known[USUAL])
    grants = READS_ONLY if given.get("may") == "read" else None
    secret = asked.site.identity.make_token(asked.ctx.actor.id, name, now, grants, ends)
    made = {"name": name, "secret": secret}
    return drawing.page(asked, "tokens", {**_context(asked), "made": made})


@PAGE.post("/tokens/<token_id>/revoke")
def revoke_token(token_id: str) -> Response:
    """End a token at once."""
    asked = the_call()
    if not asked.site.identity.revoke_token(token_id, asked.ctx.actor.id, asked.ctx.now):
        raise not_there()
    text = speech(asked.language).t("The token was revoked.")
    return drawing.go(asked, "/tokens", {"text": text})


def _context(asked: Asked) -> dict[str, Any]:
    said = speech(asked.language)
    lives = [{"value": str(d), "label": said.t("{n} days", n=d)} for d in LIVES]
    lives.append({"value": FOR_EVER, "label": said.t("until it is revoked")})
    rights = [
        {"value": "all", "label": said.t("read and write"), "chosen": True},
        {"value": "read", "label": said.t("read only")},
    ]
    live = [one for one in asked.site.identity.tokens_of(asked.ctx.actor.id) if _lives(asked, one)]
    return {
        "action": "/tokens",
        "problems": [],
        "fields": [
            {
                "name": "name",
                "label": said.t("Name"),
                "type": "text",
                "required": True,
                "wide": True,
            },
            {
                "name": "days",
                "label": said.t("Lasts"),
                "type": "select",
                "options": [{**one, "chosen": one["value"] == USUAL} for one in lives],
            },
            {"name": "may", "label": said.t("May"), "type": "select", "options": rights},
        ],
        "tokens": [_shown(asked, one) for one in live],
    }


def _lives(asked: Asked, token: Token) -> bool:
    ended = token.expires_at is not None and token.expires_at <= asked.ctx.now
    return token.revoked_at is None and not ended


def _shown(asked: Asked, token: Token) -> dict[str, str]:
    said = speech(asked.language)

    def ago(at: datetime) -> str:
        return said.t("{time} ago", time=short_time(said, asked.ctx.now - at))

    return {
        "name": token.name,
        "made": ago(token.created_at),
        "used": ago(token.used_at) if token.used_at else "",
        "ends": token.expires_at.date().isoformat() if token.expires_at else "",
        "may": said.t("read only") if token.grants == READS_ONLY else "",
        "revoke_url": f"/tokens/{token.id}/revoke",
    }
