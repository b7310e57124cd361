"""`fieldstone check`: compile metadata and rules, and say everything that is wrong with them."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.english import quantity
from fieldstone.cli.contract import DONE, Asked


class Check:
    """Reads the layers of this folder, and what administrators changed, if there is a database."""

    name = "check"
    summary = "name every problem in metadata and rules, with its cure"

    def arguments(self, parser: ArgumentParser) -> None:
        """It has none."""

    def run(self, asked: Asked) -> int:
        """Compile, or be refused with all problems."""
        settings, wiring = asked.settings(), asked.wiring
        stored = wiring.stored_documents(settings)
        model = wiring.compile_model(settings, wiring.vocabulary(), stored)
        fields = sum(len(spec.fields) for spec in model.objects.values())
        asked.terminal.say(
            f"All good: {quantity(len(model.objects), 'object')} with {quantity(fields, 'field')}, {quantity(len(model.rules), 'rule')}."
        )
        return DONE


COMMAND = Check()
