"""`fieldstone token`: keys for programs."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked
from fieldstone.cli.terminal import padded
from fieldstone.model.site_model import Model
from fieldstone.site import Site


class Token:
    """Makes, lists and revokes the tokens of a person."""

    name = "token"
    summary = "make, list and revoke keys for programs"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare create, list and revoke."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        create = under.add_parser("create", help="print a new token, and nothing else")
        create.add_argument("--user", required=True, metavar="EMAIL")
        create.add_argument("--name", required=True)
        create.add_argument(
            "--grants",
            metavar="LIST",
            help="such as lead:read,lead:write; all when left out",
        )
        listing = under.add_parser("list", help="list a person's tokens")
        listing.add_argument("--user", required=True, metavar="EMAIL")
        revoke = under.add_parser("revoke", help="end a token")
        revoke.add_argument("--user", required=True, metavar="EMAIL")
        revoke.add_argument("id", metavar="ID")

    def run(self, asked: Asked) -> int:
        """Do what the verb says."""
        site = asked.site()
        user = person(site, asked.arguments.user)
        now = site.clock()
        if asked.arguments.verb == "create":
            grants = granted(site.model, asked.arguments.grants)
            asked.terminal.say(site.identity.make_token(user, asked.arguments.name, now, grants))
        elif asked.arguments.verb == "list":
            tokens = site.identity.tokens_of(user)
            if not tokens:
                asked.terminal.tell("There are no tokens.")
            for token in tokens:
                words = asked.terminal.speech
                state = words.t("revoked") if token.revoked_at else words.t("good")
                asked.terminal.say(
                    f"{token.id}  {token.created_at:%Y-%m-%d}  {padded(state, 8)}{token.name}"
                )
        elif not site.identity.revoke_token(asked.arguments.id, user, now):
            problem = Problem(
                "not_found", "id", "There is no such token.", "Look at 'fieldstone token list'."
            )
            raise RefusedError([problem])
        return DONE


def granted(model: Model, text: str | None) -> frozenset[str] | None:
    """Return what a token is narrowed to, None for all that its person may. Raises RefusedError for what is no grant."""
    if text is None:
        return None
    # A list of nothing must not become "everything".
    given = frozenset(one.strip() for one in text.split(","))
    known = [f"{code}:{verb}" for code in ("*", *model.objects) for verb in ("read", "write")]
    wrong = sorted(given - set(known))
    if wrong:
        problems = [
            Problem("unknown_grant", "--grants", f"{one!r} is no grant.", did_you_mean(one, known))
            for one in wrong
        ]
        raise RefusedError(problems)
    return given


def person(site: Site, email: str, option: str = "--user") -> str:
    """Return the id of the person with this address. Raises RefusedError for nobody."""
    found = site.actors.id_of(site.system_context("action"), site.model, email.strip().lower())
    if found is None:
        text = f"nobody has the e-mail address {email}."
        raise RefusedError([Problem("not_found", option, text, "Look at 'fieldstone user list'.")])
    return found


COMMAND = Token()
