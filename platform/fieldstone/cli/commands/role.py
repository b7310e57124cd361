"""`fieldstone role`: the roles of this site and what they may do."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked
from fieldstone.model.objects import Permission
from fieldstone.model.site_model import Model


class Role:
    """Reads roles from the model; they are written in metadata."""

    name = "role"
    summary = "list the roles, or say what one of them may do"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare list and show."""
        under = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        under.add_parser("list", help="list the roles")
        show = under.add_parser("show", help="what a role may do with each object")
        show.add_argument("role", metavar="ROLE")

    def run(self, asked: Asked) -> int:
        """Print roles, or the rights of one."""
        model = asked.wiring.compile_model(asked.settings(), asked.wiring.vocabulary())
        if asked.arguments.verb == "list":
            for role in model.roles.values():
                words, label = asked.terminal.speech, role.label.text(asked.terminal.language)
                note = words.t("  (may do everything)") if role.administrator else ""
                asked.terminal.say(f"{role.code:18}{label}{note}")
        else:
            _show(asked, model, model.present_role(asked.arguments.role))
        return DONE


def _show(asked: Asked, model: Model, code: str) -> None:
    if code not in model.roles:
        problem = Problem(
            "not_found", "ROLE", f"there is no role {code!r}.", did_you_mean(code, model.roles)
        )
        raise RefusedError([problem])
    for spec in model.objects.values():
        if spec.parent is None and code in spec.permissions:
            asked.terminal.say(f"{spec.code:14}{_rights(spec.permissions[code])}")


def _rights(permission: Permission) -> str:
    flags = [f for f in ("create", "assign", "export", "claim") if getattr(permission, f)]
    scopes = f"read {permission.read}, update {permission.update}, delete {permission.delete}"
    limited = [f"{code} {access.level}" for code, access in permission.fields.items()]
    return "; ".join(part for part in (scopes, ", ".join(flags), ", ".join(limited)) if part)


COMMAND = Role()
