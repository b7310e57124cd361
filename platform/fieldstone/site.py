"""Everything one running process holds, passed by argument and never imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from fieldstone.actions.contract import Action
from fieldstone.actions.intake.booking import Bookkeeper
from fieldstone.actions.intake.reception import Reception
from fieldstone.actions.scripts.reading import Test
from fieldstone.base.clock import Clock
from fieldstone.base.errors import Problem
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Context
from fieldstone.delivery.contract import Channel
from fieldstone.delivery.enrichers.contract import Enricher
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.live import Found, Live
from fieldstone.evolution.workshop import Workshop
from fieldstone.fieldtypes.contract import TypeSpec
from fieldstone.jobs.contract import Queue
from fieldstone.model.site_model import Model
from fieldstone.reads.actors import Actors
from fieldstone.reads.door import Reads
from fieldstone.rules.contract import RuleKind
from fieldstone.storage.database import Storage
from fieldstone.writes.identity import Identity
from fieldstone.writes.once import Once
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.replay import Idempotency


@dataclass(frozen=True)
class Vocabulary:
    """The words this process knows, built in or from plugins."""

    types: Mapping[str, TypeSpec]
    kinds: Mapping[str, RuleKind]
    actions: Mapping[str, Action]
    channels: Mapping[str, Channel]
    enrichers: Mapping[str, Enricher] = field(default_factory=dict)


PlayTests = Callable[[Model, Sequence[Test]], tuple[Problem, ...]]
"""Plays tests of a template on an empty site with a model; returns what differs."""


def _nothing_played(model: Model, tests: Sequence[Test]) -> tuple[Problem, ...]:
    raise TypeError("a site put together by hand plays no tests of templates")


class Site:
    """The live model, storage, both doors, the queue and the clock of one process.

    `model` is one reference: publishing a new one swaps it, and who took it before keeps theirs.
    """

    def __init__(
        self,
        settings: Settings,
        vocabulary: Vocabulary,
        storage: Storage,
        model: Model,
        clock: Clock,
        queue: Queue,
    ) -> None:
        self.settings = settings
        self.vocabulary = vocabulary
        self.storage = storage
        self.clock = clock
        self.queue = queue
        self.reads = Reads(storage)
        self.actors = Actors(storage)
        self.writes = Writes(storage, after_commit=queue.ring)
        self.identity = Identity(storage, settings.login_attempts)
        self._model = model
        self.changing: Changing | None = None
        self.play: PlayTests = _nothing_played

    def follow(self, workshop: Workshop, found: Found) -> None:
        """From now on serve the revision in force, whichever process puts it there."""
        self.changing = Changing(Live(workshop, found, self.publish))

    @property
    def model(self) -> Model:
        """Return the live model; take it once per request or job."""
        if self.changing is not None:
            self.changing.live.look()
        return self._model

    def newest_model(self) -> Model:
        """Return the live model, looked at just now: for who met a name that the one at hand does not know."""
        if self.changing is not None:
            self.changing.live.look_now()
        return self._model

    def publish(self, model: Model) -> None:
        """Make `model` the live one for whoever asks next."""
        self.storage.use(model)
        self._model = model

    def reception(self) -> Reception:
        """Return the door for what arrives from outside, with the live model."""
        settings = self.settings
        return Reception(
            self.storage,
            self.writes,
            self.model,
            self.clock,
            settings.time_zone,
            settings.languages[0],
        )

    def bookkeeper(self) -> Bookkeeper:
        """Return who books what sources cost, at this instant."""
        zone = ZoneInfo(self.settings.time_zone)
        ctx = self.system_context("intake")
        return Bookkeeper(self.storage, self.reads, self.writes, self.model, ctx, zone)

    def once(self, principal: str, idempotency: Idempotency) -> Once:
        """Return the door for writing of one request that may be repeated."""
        return Once(self.storage, self.queue.ring, principal, idempotency)

    def context(self, actor: Actor, source: str, request_id: str = "") -> Context:
        """Return the context of one request or job of `actor`, at this instant."""
        return Context(actor, self.clock(), source, request_id)

    def system_context(self, source: str) -> Context:
        """Return the context of the platform's own work."""
        return self.context(SYSTEM_ACTOR, source)
