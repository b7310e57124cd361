"""What every command provides; tests/cli/test_every_command.py holds each one to it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from wsgiref.types import WSGIApplication

from fieldstone.base.clock import Clock
from fieldstone.base.settings import Settings, load_settings
from fieldstone.cli.terminal import Terminal
from fieldstone.compiler.tree import Layer
from fieldstone.evolution.documents import Documents
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


class Wiring(Protocol):
    """What only bootstrap knows how to put together."""

    def vocabulary(self) -> Vocabulary:
        """Return the words that are built in."""

    def layers_of(self, settings: Settings) -> Sequence[Layer]:
        """Return the layers of an installation."""

    def compile_model(
        self, settings: Settings, words: Vocabulary, stored: Documents | None = None
    ) -> Model:
        """Return the compiled model. Raises MetadataError."""

    def stored_documents(self, settings: Settings) -> Documents:
        """Return what administrators changed, as the database holds it."""

    def build_site(self, settings: Settings, clock: Clock = ...) -> Site:
        """Return a site ready to work."""

    def build_web(self, site: Site) -> WSGIApplication:
        """Return the web application of a site."""

    def start_worker_inside(self, site: Site) -> object:
        """Work timers, messages and jobs in a thread of this process; return what stops it."""

    def run_worker(self, site: Site) -> None:
        """Work until a signal comes."""

    def run_scheduler(self, site: Site) -> None:
        """Ring for what is due until a signal comes."""


RULES: Final = frozenset({"rule", "pool", "program", "source", "to"})
REPORT: Final = "report"
"""What commands call an argument that names a rule, or a report."""


@dataclass(frozen=True)
class Asked:
    """One command line: its arguments, the settings that hold here, and where to print."""

    arguments: Namespace
    folder: Path
    wiring: Wiring
    terminal: Terminal
    _opened: list[Site] = field(default_factory=list, init=False, repr=False)

    def settings(self) -> Settings:
        """Return the settings of the current folder. Raises MetadataError."""
        return load_settings(self.folder)

    def site(self) -> Site:
        """Return the site of the current folder, ready to work until the command ends."""
        site = self.wiring.build_site(self.settings())
        self._opened.append(site)
        self._understand(site)
        return site

    def _understand(self, site: Site) -> None:
        """Let arguments that name a rule or a report by an earlier code name it by the present one, while that holds."""
        given, today = vars(self.arguments), site.clock().date()
        for name in RULES & given.keys():
            if isinstance(given[name], str):
                given[name] = site.model.present_rule(given[name], today)
        if isinstance(given.get(REPORT), str):
            given[REPORT] = site.model.present_report(given[REPORT], today)

    def close(self) -> None:
        """Close the connections of what the command opened."""
        while self._opened:
            self._opened.pop().storage.close()


class Command(Protocol):
    """One command of `fieldstone`."""

    @property
    def name(self) -> str:
        """The word after `fieldstone`."""

    @property
    def summary(self) -> str:
        """Return one sentence for the overview."""

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare its arguments."""

    def run(self, asked: Asked) -> int:
        """Do it; return DONE or REFUSED. Refusals may also be raised as RefusedError or MetadataError."""
