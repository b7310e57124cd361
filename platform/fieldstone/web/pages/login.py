"""Signing in and out with an e-mail address and a password."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.actions.demo.staff import PASSWORD, logins
from fieldstone.web.asking import COOKIE, Asked, from_elsewhere, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages.drawing import go, page, safe_back

PAGE = Blueprint("login", __name__)
KEY_COOKIE: Final = "fieldstone_login"
OK: Final = 200
FOREIGN: Final = 403
REFUSED: Final = 422
TOO_MANY: Final = 429
LONGEST: Final = 320  # RFC 5321: 64 for the name, 255 for the host


@PAGE.get("/login")
def login_page() -> Response:
    """Show the form, or go on when somebody is signed in already."""
    asked = the_call()
    back = safe_back(request.args.get("back", "/"))
    if asked.actor is not None:
        return go(asked, back)
    return _drawn(asked, back, OK, {})


@PAGE.post("/login")
def sign_in() -> Response:
    """Open a session, or say what is wrong and how long to wait.

    Another site's page must not sign anybody in to an account of its own: its form is answered with ours. Behind a proxy that
    hides our name from us every form looks like that, but ours brings back the key that its page got as a cookie.
    """
    asked = the_call()
    if from_elsewhere() and not _is_ours():
        said = speech(asked.language).t(
            "This form came from another site, or its page was old. Sign in here."
        )
        return _drawn(asked, safe_back(request.form.get("back", "/")), FOREIGN, {"error": said})
    email = request.form.get("email", "").strip().lower()[:LONGEST]
    password = request.form.get("password", "")
    back, t = safe_back(request.form.get("back", "/")), speech(asked.language).t
    identity, now = asked.site.identity, asked.site.clock()
    address = request.remote_addr or ""
    if wait := identity.wait_for(email, address, now):
        error = {"error": t("Too many attempts with a wrong password."), "wait": wait}
        return _drawn(asked, back, TOO_MANY, {"email": email, **error})
    user_id = asked.site.actors.id_of(asked.site.system_context("page"), asked.model, email)
    if not identity.fits(user_id, email, password, address, now) or not _active(asked, user_id):
        error = {
            "error": t("The e-mail or the password is wrong."),
            "wait": identity.wait_for(email, address, now),
        }
        return _drawn(asked, back, REFUSED, {"email": email, **error})
    device = request.headers.get("User-Agent", "")
    opened = identity.open_session(str(user_id), address, device, now)
    response = go(asked, back)
    # Without "stay signed in" the cookie ends with the browser.
    expires = opened.expires_at if "remember" in request.form else None
    secure = asked.site.settings.secure_cookies
    response.set_cookie(
        COOKIE, opened.cookie, expires=expires, httponly=True, samesite="Lax", secure=secure
    )
    return response


def _active(asked: Asked, user_id: str | None) -> bool:
    ctx = asked.site.system_context("page")
    return user_id is not None and asked.site.actors.by_id(ctx, asked.model, user_id) is not None


@PAGE.post("/logout")
def sign_out() -> Response:
    """End the session."""
    asked = the_call()
    cookie = request.cookies.get(COOKIE)
    if cookie:
        asked.site.identity.close_session(cookie)
    response = go(asked, "/login")
    response.delete_cookie(COOKIE)
    # Drafts of this person's forms must not be offered to the next one at this desk.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _drawn(asked: Asked, back: str, status: int, more: Mapping[str, Any]) -> Response:
    """Return the log-in page, with the key by which its form is known again."""
    key = request.cookies.get(KEY_COOKIE) or secrets.token_urlsafe(24)
    form = {"action": "/login", "key": key, "back": back, "hints": _hints(asked), **more}
    response = page(asked, "login", form, status)
    secure = asked.site.settings.secure_cookies
    response.set_cookie(KEY_COOKIE, key, httponly=True, samesite="Lax", secure=secure)
    return response


def _is_ours() -> bool:
    """Tell whether the form brings back the key of our own page."""
    key, sent = request.cookies.get(KEY_COOKIE, ""), request.form.get("key", "")
    return bool(key) and secrets.compare_digest(sent.encode(), key.encode())


def _hints(asked: Asked) -> list[dict[str, str]]:
    """Return the log-ins of the demo company, which are no secret; none where it does not live."""
    people, roles = logins(), asked.model.roles
    ctx = asked.site.system_context("page")
    # The first one's address is what many real sites would choose; the second one's is not.
    if asked.site.actors.id_of(ctx, asked.model, people[1].email) is None:
        return []
    shown = {person.role: person for person in reversed(people)}
    return [
        {
            "label": roles[role].label.text(asked.language) if role in roles else role,
            "email": person.email,
            "password": PASSWORD,
        }
        for role, person in reversed(shown.items())
    ]
