"""Who asks, in which language, against which model: found out once per request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Request, request
from werkzeug.datastructures import LanguageAccept

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Actor, Context
from fieldstone.model.site_model import Model
from fieldstone.site import Site
from fieldstone.web.limits import Limits

KEY: Final = "fieldstone.asked"
REFUSED_KEY: Final = (
    "fieldstone.request_id"  # of a request that was refused before it was looked at
)
COOKIE: Final = "fieldstone_session"
LANGUAGE_COOKIE: Final = "fieldstone_language"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What a program signs in with; its requests carry no cookie, so nobody can forge them from a page.
BEARER: Final = "Bearer "
# Pages are for people: a token, perhaps a narrow one, must not make itself another on the page of tokens.
FOR_PROGRAMS: Final = ("/api/",)
# What anybody may post, from any site: nothing there is done in a signed-in person's name.
PUBLIC: Final = "/in/"


@dataclass(frozen=True)
class Asked:
    """One request: the site, the model it began with, and who asks (None: nobody signed in)."""

    site: Site
    model: Model
    request_id: str
    actor: Actor | None
    incoming: Request
    csrf: str = ""
    by_token: bool = False
    spoken: str = ""  # the language of a page that has its own, such as a form on somebody's site

    @cached_property
    def language(self) -> str:
        """Return the language to speak: chosen in this browser, by the person, by the browser, by the site.

        A program says it with each request, in `Accept-Language`, before the person counts.
        """
        if self.spoken:
            return self.spoken
        known = self.site.settings.languages
        if self.by_token and (wanted := self._asked_for(known)):
            return wanted
        chosen = self.incoming.cookies.get(LANGUAGE_COOKIE)
        if chosen in known:
            return str(chosen)
        if self.actor is not None and self.actor.facts.get("language") in known:
            return str(self.actor.facts["language"])
        return self._asked_for(known) or known[0]

    def _asked_for(self, known: tuple[str, ...]) -> str | None:
        # "*", which some clients send by themselves, asks for nothing.
        wanted = [one for one in self.incoming.accept_languages if one[0] != "*"]
        return LanguageAccept(wanted).best_match(known)

    @cached_property
    def ctx(self) -> Context:
        """Return the context of the signed-in person, with the moment of the request. Raises RefusedError with 401 for nobody."""
        if self.actor is None:
            raise RefusedError([SIGN_IN], status=401)
        return Context(
            _speaking(self.actor, self.language),
            self.site.clock(),
            "api" if self.by_token else "page",
            self.request_id,
        )


def _speaking(actor: Actor, language: str) -> Actor:
    """Return the person as they read this page: what rules say to them is in its language, too."""
    if actor.language == language:
        return actor
    return replace(actor, language=language, facts={**actor.facts, "language": language})


SIGN_IN: Final = Problem(
    "sign_in",
    "Authorization",
    "Nobody is signed in.",
    "Send 'Authorization: Bearer TOKEN', or sign in on the log-in page.",
)
NUL: Final = "\x00"
UNKEPT: Final = ("The text holds the character U+0000.", "Type the text anew.")
FORGED: Final = Problem(
    "csrf",
    "X-CSRFToken",
    "The request does not carry this session's token.",
    "Load the page again and repeat what you did.",
)


def ask(site: Site, limits: Limits) -> Asked:
    """Find out who asks and remember it for the rest of the request. Raises RefusedError with 401 or 429."""
    asked = _asked(site, limits, request)
    if _carries_another_role(asked) and site.newest_model() is not asked.model:
        asked = _asked(site, limits, request)
    request.environ[KEY] = asked
    return asked


def _carries_another_role(asked: Asked) -> bool:
    """Tell whether the person has a role that the model does not know: perhaps it was called otherwise a moment ago."""
    return asked.actor is not None and not asked.actor.roles <= asked.model.roles.keys()


def the_call() -> Asked:
    """Return what was found out about the present request."""
    found = request.environ[KEY]
    if not isinstance(found, Asked):
        raise TypeError("a view was reached before the request was looked at")
    return found


def _asked(site: Site, limits: Limits, incoming: Request) -> Asked:
    header = incoming.headers.get("Authorization", "")
    if header.startswith(BEARER) and incoming.path.startswith(FOR_PROGRAMS):
        return _by_token(site, limits, incoming, header[len(BEARER) :].strip())
    model, request_id = site.model, new_id()
    system = site.system_context("page")
    cookie = "" if incoming.path.startswith(PUBLIC) else incoming.cookies.get(COOKIE)
    session = site.identity.session(cookie, system.now, model) if cookie else None
    actor = (
        site.actors.of_version(system, model, session.user, session.user_version)
        if session is not None
        else None
    )
    csrf = session.csrf if session is not None and actor is not None else ""
    return Asked(site, model, request_id, actor, incoming, csrf)


def _by_token(site: Site, limits: Limits, incoming: Request, secret: str) -> Asked:
    address = incoming.remote_addr or ""
    limits.before_token(address)
    model, system = site.model, site.system_context("page")
    token = site.identity.token(secret, system.now, model)
    actor = (
        site.actors.of_version(system, model, token.user, token.user_version, token.grants)
        if token is not None
        else None
    )
    if token is None or actor is None:
        limits.bad_token(address)
        raise RefusedError([_bad_token()], status=401)
    limits.good_token(token.id)
    return Asked(site, model, new_id(), actor, incoming, by_token=True)


def _bad_token() -> Problem:
    return Problem(
        "bad_token",
        "Authorization",
        "This token is unknown, expired or revoked.",
        "Make a new one on the page API tokens, or with 'fieldstone token create'.",
    )


def check_forgery(asked: Asked) -> None:
    """Refuse a changing request that another site's page may have sent. Raises RefusedError with 403."""
    if request.method in SAFE or asked.by_token or request.path.startswith(PUBLIC):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError([FORGED], status=403)
    if asked.actor is None:
        return
    sent = request.headers.get("X-CSRFToken") or request.form.get("csrf_token", "")
    if not secrets.compare_digest(sent.encode(), asked.csrf.encode()):
        raise RefusedError([FORGED], status=403)


def from_elsewhere() -> bool:
    """Tell whether a browser says that another site's page sent this request; for what nobody has signed in to send.

    Browsers before 2023, and all of them over plain http, name only the `Origin`. Behind a proxy our own name stands in
    `X-Forwarded-Host`, which a page of another site cannot add to a form.
    """
    if "Sec-Fetch-Site" in request.headers:
        return False  # `check_forgery` has looked at it
    origin = request.headers.get("Origin")
    if origin is None:
        return False  # a program: it carries nobody's cookies
    forwarded = request.headers.get("X-Forwarded-Host", "").split(",")
    ours = {request.host, *(one.strip() for one in forwarded if one.strip())}
    return _place(urlsplit(origin).netloc) not in {_place(one) for one in ours}


def _place(host: str) -> str:
    """Return a host without the ports that go without saying: a proxy may speak https where we speak http."""
    return host.lower().removesuffix(":443").removesuffix(":80")


NOT_UTF8: Final = Problem(
    "query_not_utf8",
    "query",
    "The query string is not UTF-8.",
    "Send its text percent-encoded in UTF-8.",
)


def request_id() -> str:
    """Return the id of the present request, also where it was refused before anything was found out about it."""
    asked = request.environ.get(KEY)
    if isinstance(asked, Asked):
        return asked.request_id
    return str(request.environ.setdefault(REFUSED_KEY, new_id()))


def check_text() -> None:
    """Refuse an address or a form with a character that no database keeps. Raises RefusedError with 400.

    What becomes a field is judged by its type; names of tokens and views, and e-mail addresses of the log-in are not.
    """
    try:
        unquote_to_bytes(request.query_string).decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError([NOT_UTF8], status=400) from None
    if request.method in SAFE:
        return
    bad = sorted({name for name, text in request.form.items(multi=True) if NUL in name + text})
    if bad:
        raise RefusedError([Problem("bad_text", bad[0].replace(NUL, ""), *UNKEPT)], status=400)
