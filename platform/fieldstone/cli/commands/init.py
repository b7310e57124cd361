"""`fieldstone init`: create or upgrade the database, and make the first administrator."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.passwords import asked_password
from fieldstone.site import Site


class Init:
    """Brings the database to the model; running it again changes nothing that is there."""

    name = "init"
    summary = "make or upgrade the database, and the first administrator"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare who the first administrator is."""
        parser.add_argument("--admin-email", metavar="E", help="the administrator's e-mail address")
        parser.add_argument("--admin-password", metavar="P", help="asked for when left out")
        parser.add_argument("--admin-name", metavar="NAME", default="Administrator")

    def run(self, asked: Asked) -> int:
        """Build the site, which brings the database up; then make the administrator if one is named."""
        site = asked.site()
        asked.terminal.tell("The database is ready.")
        email = asked.arguments.admin_email
        if email:
            password = asked.arguments.admin_password or asked_password("--admin-password")
            new = make_person(site, email, password, asked.arguments.admin_name, ["admin"])
            said = "{email} is an administrator." if new else "{email} was there already."
            asked.terminal.tell(said, email=email)
        return DONE


def make_person(site: Site, email: str, password: str, name: str, roles: list[str]) -> bool:
    """Make a person who can sign in; return False when the address is taken (and leave them as they are)."""
    ctx = site.system_context("action")
    if site.actors.id_of(ctx, site.model, email.strip().lower()) is not None:
        return False
    values = {"name": name, "email": email, "roles": roles, "active": True}
    (outcome,) = site.writes.submit(ctx, site.model, [Change("user", Operation.CREATE, values)])
    if outcome.refused or outcome.record_id is None:
        raise RefusedError(
            outcome.problems or [Problem("user", "email", "was refused.", "Check it.")]
        )
    site.identity.set_password(outcome.record_id, password, ctx.now)
    return True


COMMAND = Init()
