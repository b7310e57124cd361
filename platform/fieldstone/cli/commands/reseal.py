"""`fieldstone reseal`: seals secret values with the present key after the key was changed."""

from __future__ import annotations

from argparse import ArgumentParser

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.cli.contract import DONE, Asked
from fieldstone.storage.resealing import reseal
from fieldstone.storage.vault import SealError


class Reseal:
    """Renews what was sealed with the old key."""

    name = "reseal"
    summary = "seal secret values anew after the secret key was changed"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare nothing: both keys are settings."""

    def run(self, asked: Asked) -> int:
        """Seal anew, and tell how many values."""
        site = asked.site()
        try:
            done = reseal(site.storage, site.model)
        except SealError as error:
            cure = "Set old_secret_key (FIELDSTONE_OLD_SECRET_KEY) to the key that was used before."
            raise RefusedError([Problem("sealed", "old_secret_key", str(error), cure)]) from None
        asked.terminal.tell("{n} values were sealed with the present key.", n=done)
        return DONE


COMMAND = Reseal()
