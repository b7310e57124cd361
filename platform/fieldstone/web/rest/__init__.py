"""Generated REST: one view per verb, for every object of the model."""

from __future__ import annotations

from flask import Flask

from fieldstone.site import Site
from fieldstone.web.rest import (
    config,
    describing,
    doing,
    duplicates,
    engagements,
    imports,
    intake,
    life,
    notifications,
    obligations,
    outbox,
    pools,
    records,
    reports,
    rule_runs,
    scoring,
    sharing,
)
from fieldstone.web.rest.aliases import take_earlier_names


def register_rest(app: Flask, site: Site) -> None:
    """Add everything under /api."""
    del site
    app.before_request(take_earlier_names)
    for part in (
        config,
        duplicates,
        engagements,
        notifications,
        outbox,
        rule_runs,
        scoring,
        pools,
        sharing,
        records,
        doing,
        life,
        obligations,
        imports,
        intake,
        reports,
        describing,
    ):
        app.register_blueprint(part.blueprint)
