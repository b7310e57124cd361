"""The pages that people work in, one file each, drawn from ui_templates."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from flask import Blueprint, Flask

from fieldstone.site import Site


def register_pages(app: Flask, site: Site) -> None:
    """Add all pages and the static files: every module here that exposes PAGE."""
    del site
    for found in pkgutil.iter_modules(__path__):
        page = getattr(import_module(f"{__name__}.{found.name}"), "PAGE", None)
        if isinstance(page, Blueprint):
            app.register_blueprint(page)
