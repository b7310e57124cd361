"""What the world may reach without signing in: public forms and the hooks of partners, under /in."""

from __future__ import annotations

from flask import Flask

from fieldstone.web.intake.forms import blueprint as public_forms
from fieldstone.web.intake.hooks import blueprint as partner_hooks


def register_intake(app: Flask) -> None:
    """Add everything under /in."""
    for part in (public_forms, partner_hooks):
        app.register_blueprint(part)
