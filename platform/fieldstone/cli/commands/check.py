"""`fieldstone check`: compile metadata and rules, and say everything that is wrong with them."""

from __future__ import annotations

from argparse import ArgumentParser

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
        tn = asked.terminal.speech.tn
        asked.terminal.tell(
            "All good: {objects} with {fields}, {rules}.",
            objects=tn("{n} object", "{n} objects", len(model.objects)),
            fields=tn("{n} field", "{n} fields", fields),
            rules=tn("{n} rule", "{n} rules", len(model.rules)),
        )
        return DONE


COMMAND = Check()
