"""`fieldstone check`: compile metadata and rules, and say everything that is wrong with them."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.cli.contract import DONE, Asked


class Check:
    """Reads the layers of this folder without touching the database."""

    name = "check"
    summary = "name every problem in metadata and rules, with its cure"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Compile, or be refused with all problems."""
        model = asked.wiring.compile_model(asked.settings(), asked.wiring.vocabulary())
        fields = sum(len(spec.fields) for spec in model.objects.values())
        asked.terminal.say(
            f"All good: {len(model.objects)} objects with {fields} fields, {len(model.rules)} rules."
        )
        return DONE


COMMAND = Check()
