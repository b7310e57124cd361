"""The pages that people work in, one file each, drawn from ui_templates."""

from __future__ import annotations

from flask import Flask

from fieldstone.site import Site
from fieldstone.web.pages import login, preferences, static_files

BLUEPRINTS = (
    static_files.blueprint,
    login.blueprint,
    preferences.blueprint,
)


def register_pages(app: Flask, site: Site) -> None:
    """Add all pages and the static files."""
    del site
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
