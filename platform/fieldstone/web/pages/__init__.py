"""The pages that people work in, one file each, drawn from ui_templates."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Final

from flask import Blueprint, Flask, request

from fieldstone.site import Site
from fieldstone.web.asking import the_call
from fieldstone.web.pages.entries import Entry, RecordPart, keep

# Everything else wants somebody signed in, whether or not a page remembers to ask.
OPEN: Final = frozenset({"login", "preferences", "static_files"})


def register_pages(app: Flask, site: Site) -> None:
    """Add all pages and the static files: every module here that exposes PAGE."""
    del site
    closed: set[str] = set()
    entries: list[Entry] = []
    parts: list[RecordPart] = []
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        entries += getattr(module, "ENTRIES", ())
        parts += getattr(module, "RECORD_PARTS", ())
        page = getattr(module, "PAGE", None)
        if isinstance(page, Blueprint):
            app.register_blueprint(page)
            closed.add(page.name)
    closed -= OPEN
    keep(app, entries, parts)

    @app.before_request
    def only_people_who_signed_in() -> None:
        if request.blueprint in closed:
            _ = the_call().ctx  # raises the refusal that leads to the log-in page
