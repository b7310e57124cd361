"""`fieldstone user`: people who can sign in."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.cli.commands.init import make_person
from fieldstone.cli.commands.token import person
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.passwords import asked_password
from fieldstone.reads.query import Query
from fieldstone.site import Site


class User:
    """Makes people, lists them, gives them passwords and roles."""

    name = "user"
    summary = "make and list people, set passwords and roles"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare create, list, password and roles."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        create = under.add_parser("create", help="make a person who can sign in")
        create.add_argument("email", metavar="EMAIL")
        create.add_argument("--name", required=True)
        create.add_argument(
            "--roles", required=True, metavar="LIST", help="such as sales,marketing"
        )
        create.add_argument("--password", help="asked for when left out")
        under.add_parser("list", help="list people with their roles")
        password = under.add_parser("password", help="set a password and end all sessions")
        password.add_argument("email", metavar="EMAIL")
        password.add_argument("--password", help="asked for when left out")
        roles = under.add_parser("roles", help="set the roles of a person")
        roles.add_argument("email", metavar="EMAIL")
        roles.add_argument("roles", metavar="LIST")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site = asked.site()
        VERBS[asked.arguments.verb](asked, site)
        return DONE


def _create(asked: Asked, site: Site) -> None:
    given = asked.arguments
    password = given.password or asked_password("--password")
    if not make_person(site, given.email, password, given.name, _roles(given.roles)):
        text = f"somebody has the e-mail address {given.email} already."
        raise RefusedError(
            [Problem("not_unique", "EMAIL", text, "Use 'user roles' to change their roles.")]
        )
    asked.terminal.tell("{email} can sign in.", email=given.email)


def _list(asked: Asked, site: Site) -> None:
    query = Query(fields=("email", "name", "roles", "active"), sort=(("email", False),), limit=500)
    while True:
        page = site.reads.list(site.system_context("action"), site.model, "user", query)
        for record in page.rows:
            values = record.values
            held = values.get("roles")
            roles = ", ".join(map(str, held)) if isinstance(held, tuple | list) else ""
            state = "" if values.get("active") else asked.terminal.speech.t("  (inactive)")
            asked.terminal.say(f"{values['email']!s:32} {roles:28} {values['name']}{state}")
        if page.next_cursor is None:
            return
        query = Query(fields=query.fields, sort=query.sort, limit=500, cursor=page.next_cursor)


def _password(asked: Asked, site: Site) -> None:
    user = person(site, asked.arguments.email)
    password = asked.arguments.password or asked_password("--password", "New password: ")
    site.identity.set_password(user, password, site.clock())
    asked.terminal.tell("The password is set; all sessions of this person are ended.")


def _set_roles(asked: Asked, site: Site) -> None:
    user, roles = person(site, asked.arguments.email), _roles(asked.arguments.roles)
    change = Change("user", Operation.UPDATE, {"roles": roles}, user)
    (outcome,) = site.writes.submit(site.system_context("action"), site.model, [change])
    if outcome.refused:
        raise RefusedError(outcome.problems)
    asked.terminal.tell(
        "{email} now has: {roles}.", email=asked.arguments.email, roles=", ".join(roles)
    )


def _roles(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


VERBS = {"create": _create, "list": _list, "password": _password, "roles": _set_roles}
COMMAND = User()
