"""`fieldstone rules list`: every rule with its kind, version and where it is written."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.cli.contract import DONE, Asked


class Rules:
    """Lists the rules in force."""

    name = "rules"
    summary = "list the rules with kind, version and place"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb and a filter."""
        parser.add_argument("verb", choices=["list"])
        parser.add_argument("--object", metavar="OBJECT", help="only those of one object")

    def run(self, asked: Asked) -> int:
        """Print one line per rule, in the order of objects and phases."""
        model = asked.site().model
        named = asked.arguments.object
        if named is not None and named not in model.objects:
            text = f"there is no object {named!r}."
            cure = did_you_mean(named, model.objects)
            raise RefusedError([Problem("not_found", "--object", text, cure)])
        chosen = [rule for rule in model.rules.values() if named in (None, rule.object_name)]
        for rule in sorted(chosen, key=lambda r: (r.object_name, r.phase, r.priority, r.code)):
            state = "" if rule.enabled else "  (off)"
            asked.terminal.say(
                f"{rule.object_name:12} {rule.kind:15} {rule.code:28} v{rule.version:<3} "
                f"{rule.origin.file}:{rule.origin.line}{state}"
            )
        return DONE


COMMAND = Rules()
