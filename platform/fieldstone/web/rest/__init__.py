"""Generated REST: one view per verb, for every object of the model."""

from __future__ import annotations

from flask import Flask

from fieldstone.site import Site
from fieldstone.web.rest import (
    config,
    describing,
    doing,
    engagements,
    imports,
    life,
<<<<<<< HEAD
    pools,
=======
    obligations,
>>>>>>> 0be9e6e (Deadlines, conversions and hand-overs have their addresses; races and long stops are held by tests)
    records,
    reports,
    scoring,
)


def register_rest(app: Flask, site: Site) -> None:
    """Add everything under /api."""
    del site
    for part in (
        config,
        engagements,
        scoring,
<<<<<<< HEAD
        pools,
        records,
        doing,
        life,
=======
        records,
        doing,
        life,
        obligations,
>>>>>>> 0be9e6e (Deadlines, conversions and hand-overs have their addresses; races and long stops are held by tests)
        imports,
        reports,
        describing,
    ):
        app.register_blueprint(part.blueprint)
