"""The pages that people work in, one file each, drawn from ui_templates."""

from __future__ import annotations

from flask import Flask

from fieldstone.site import Site


def register_pages(app: Flask, site: Site) -> None:
    """Add all pages and the static files."""
    del app, site
