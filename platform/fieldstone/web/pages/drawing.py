"""Draws a page, or the one block of it that htmx asked for, in the reader's language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, request
from itsdangerous import URLSafeSerializer
from jinja2 import Environment, FileSystemLoader
from jinja2_fragments import render_block

from fieldstone.base.shipped import shipped
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.shell import FLASH_COOKIE, Shell

HTML: Final = "text/html; charset=utf-8"
OK: Final = 200
CAME_FROM: Final = "in="  # what the address of a record has when it knows its list
Told = Mapping[str, object]  # what HX-Trigger tells the page's scripts


@cache
def _manifest() -> dict[str, str]:
    path = shipped("ui_templates") / "static/dist/manifest.json"
    named: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return named


def asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so it is cached for ever."""
    return f"/static/dist/{_manifest()[name]}"


@cache
def environment(language: str) -> Environment:
    """Return the templates as one language draws them."""
    said = speech(language)
    made = Environment(
        loader=FileSystemLoader(shipped("ui_templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(t=said.t, tn=said.tn, asset=asset)
    return made


def wants_fragment() -> bool:
    """Tell whether htmx asks, so that the answer goes into a place of a page that is there already."""
    return "HX-Request" in request.headers


def wanted_block() -> str:
    """Return the block that htmx wants: "div#filter-form" is filter_form; "" for a whole page."""
    if not wants_fragment():
        return ""
    return request.headers.get("HX-Target", "").partition("#")[2].replace("-", "_")


def page(
    asked: Asked,
    name: str,
    context: Mapping[str, Any],
    status: int = OK,
    told: Told | None = None,
) -> Response:
    """Return pages/NAME.html: the block htmx asked for when the page has it, else all of it."""
    templates, path = environment(asked.language), f"pages/{name}.html"
    template = templates.get_template(path)
    shell, block = Shell(asked, request), wanted_block()
    drawn = {"shell": shell, **context}
    if block and block in template.blocks:
        return _answer(render_block(templates, path, block, drawn), status, told)
    response = _answer(template.render(drawn), status, told)
    if shell.flashed:
        response.delete_cookie(FLASH_COOKIE)
    return response


def block_of(asked: Asked, name: str, block: str, context: Mapping[str, Any]) -> str:
    """Return the HTML of one block of a page, whatever htmx asked for."""
    drawn = {"shell": Shell(asked, request), **context}
    return render_block(environment(asked.language), f"pages/{name}.html", block, drawn)


def fragment(
    asked: Asked,
    name: str,
    context: Mapping[str, Any],
    status: int = OK,
    told: Told | None = None,
) -> Response:
    """Return a template that is no whole page: options, gate, cards, moved, pool_row, task, why."""
    template = environment(asked.language).get_template(f"pages/{name}.html")
    return _answer(template.render({"shell": Shell(asked, request), **context}), status, told)


def html(body: str, status: int = OK, told: Told | None = None) -> Response:
    """Return HTML that was drawn with `block_of`."""
    return _answer(body, status, told)


def _answer(body: str, status: int, told: Told | None) -> Response:
    response = Response(body, status, content_type=HTML)
    response.headers["Vary"] = "HX-Request, HX-Target, Cookie, Accept-Language"
    response.headers["Cache-Control"] = "private, no-cache"
    if told:
        response.headers["HX-Trigger"] = json.dumps(told)
    elif status == OK and request.method == "GET":
        tag = hashlib.blake2b(body.encode(), digest_size=12).hexdigest()
        response.set_etag(tag, weak=True)
        response.make_conditional(request)
    return response


def done(told: Told) -> Response:
    """Return "nothing to draw": the scripts do what `told` says (toast, dialog-close, reload)."""
    response = Response(status=204)
    response.headers["HX-Trigger"] = json.dumps(told)
    return response


def go(asked: Asked, url: str, toast: Mapping[str, object] | None = None) -> Response:
    """Lead to another page, by htmx or without, and let it show a toast once.

    A page that one is on keeps what its address says of the list one came from.
    """
    here = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if here.path == url and any(one.startswith(CAME_FROM) for one in here.query.split("&")):
        url = f"{url}?{here.query}"
    if wants_fragment():
        response = Response(status=204, headers={"HX-Redirect": url})
    else:
        response = Response(status=303, headers={"Location": url})
    if toast:
        kept = URLSafeSerializer(asked.site.settings.secret_key, "toast").dumps([dict(toast)])
        secure = asked.site.settings.secure_cookies
        response.set_cookie(
            FLASH_COOKIE, str(kept), max_age=60, httponly=True, samesite="Lax", secure=secure
        )
    return response


def safe_back(text: str, default: str = "/") -> str:
    """Return an address of this site to go back to; what leads elsewhere becomes `default`."""
    if text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable():
        return text
    return default
