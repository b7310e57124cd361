"""Wires one Site from its settings; the only module that knows every part."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import structlog
from flask import Flask

from fieldstone import actions, delivery, fieldtypes, rules
from fieldstone.base.clock import Clock, utc_now
from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.names import did_you_mean
from fieldstone.base.settings import Settings, load_settings
from fieldstone.base.shipped import shipped
from fieldstone.compiler.compile import compile_site
from fieldstone.compiler.loading import FOLDERS, read_layer
from fieldstone.compiler.present import Present, present
from fieldstone.compiler.tree import Layer
from fieldstone.delivery import enrichers
from fieldstone.delivery.enrichers.checking import check_enrichments
from fieldstone.evolution.bring_up import bring_up
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.live import last_good
from fieldstone.evolution.workshop import Workshop, current_documents
from fieldstone.extensions.builtin import members
from fieldstone.extensions.trials import trial_problems
from fieldstone.jobs.contract import Queue
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.reports.shapes import SCHEMA as REPORT_SCHEMA
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from fieldstone.storage.errors import StorageError
from fieldstone.storage.reaching import reached
from fieldstone.web.app import build_app
from fieldstone.worker.inside import start_inside

log = structlog.get_logger()

DRAFTS = 2
READINGS = 4
"""Models of what is being typed that are kept: the same text comes again when a preview is looked at otherwise."""


def configure_logs(least: int = logging.INFO) -> None:
    """Write events of this level and above as lines of JSON to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def vocabulary() -> Vocabulary:
    """Return the words that are built in."""
    return Vocabulary(
        types=members(fieldtypes, "TYPE"),
        kinds=members(rules, "KIND"),
        actions=members(actions, "ACTION"),
        channels=members(delivery, "CHANNEL"),
        enrichers=members(enrichers, "ENRICHER"),
    )


@dataclass(frozen=True)
class Ground:
    """The layers of an installation that lie in files, as they were when the process began.

    An upgrade that replaces files under a running process must not give it YAML that its code does not know.
    """

    below: tuple[Layer, ...]  # the core, then the folders that config.yaml names
    project: tuple[Layer, ...]  # the project's own metadata, if it has any

    def layers(self, stored: Documents) -> list[Layer]:
        """Return all layers, lowest first: templates in the database lie below the project, the site's own is highest."""
        found = [*self.below, *stored.configuring, *self.project]
        return [*found, stored.site] if stored.site.documents else found


def ground_of(settings: Settings) -> Ground:
    """Read the layers that lie in files. Raises MetadataError for what cannot be read."""
    core = shipped("metadata").parent
    layers = [read_layer("core", core)]
    for name in settings.layers:
        folder = settings.folder / name
        if not folder.is_dir():
            folder = core / name
        if not folder.is_dir():
            raise MetadataError([_no_layer(core, name)])
        layers.append(read_layer(Path(name).name, folder))
    elsewhere = settings.folder.resolve() != core.resolve()
    own = elsewhere and any((settings.folder / name).is_dir() for name in FOLDERS)
    project = (read_layer("project", settings.folder),) if own else ()
    return Ground(tuple(layers), project)


def layers_of(settings: Settings, stored: Documents | None = None) -> list[Layer]:
    """Return the layers of an installation: core, templates, project, and the site's own."""
    return ground_of(settings).layers(stored or Documents())


def _no_layer(core: Path, name: str) -> Problem:
    shipped_ones = [f"plugins/{one.name}" for one in sorted((core / "plugins").glob("*/"))]
    text = f"there is no folder {name!r} beside config.yaml, and none is shipped."
    return Problem("no_layer", "config.yaml  layers", text, did_you_mean(name, shipped_ones))


def compile_model(settings: Settings, words: Vocabulary, stored: Documents | None = None) -> Model:
    """Return the compiled model of an installation. Raises MetadataError with every problem."""
    return _compiled(settings, words, layers_of(settings, stored))


def _compiled(
    settings: Settings, words: Vocabulary, layers: Sequence[Layer], *, keep: bool = True
) -> Model:
    model = compile_site(
        layers,
        words.types,
        words.kinds,
        cache=settings.state_folder / "cache" if keep else None,
        report_schema=REPORT_SCHEMA,
        defaults={"currency": settings.currency},
    )
    check_enrichments(model, words.enrichers)
    return model


def _workshop(settings: Settings, words: Vocabulary, storage: Storage, clock: Clock) -> Workshop:
    ground = ground_of(settings)

    def compiled(stored: Documents) -> Model:
        return _compiled(settings, words, ground.layers(stored))

    # What is being typed is compiled over and over: it must not push out what processes start with.
    @lru_cache(maxsize=DRAFTS)
    def drafted(stored: Documents) -> Model:
        return _compiled(settings, words, ground.layers(stored), keep=False)

    @lru_cache(maxsize=READINGS)
    def read(stored: Documents) -> Present:
        return present(
            ground.layers(stored),
            words.types,
            words.kinds,
            report_schema=REPORT_SCHEMA,
            defaults={"currency": settings.currency},
        )

    return Workshop(storage, compiled, clock, ground.layers, read, drafted)


def stored_documents(settings: Settings) -> Documents:
    """Return what administrators changed, as the database holds it; nothing where there is no database yet."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not Path(path).is_file():
        return Documents()
    storage = _storage(settings)
    try:
        return current_documents(storage)[1]
    except StorageError:
        log.warning("the database was not reached: what was changed in it is left out")
        return Documents()
    finally:
        storage.close()


def build_site(settings: Settings | None = None, clock: Clock = utc_now) -> Site:
    """Return a site ready to work: model compiled, database brought to it, doors open."""
    if not structlog.is_configured():
        # structlog's own default prints the values of local variables, tokens among them.
        configure_logs()
    settings = settings or load_settings(Path.cwd())
    words = vocabulary()
    storage = _storage(settings)
    workshop = _workshop(settings, words, storage, clock)
    with reached():
        found = last_good(workshop)
    model, notes = bring_up(storage, found.model, clock())
    for note in notes:
        log.debug("left alone in the database", note=note)
    site = Site(settings, words, storage, model, clock, _queue(settings, storage))
    site.follow(workshop, replace(found, model=model))
    site.play = partial(trial_problems, settings, words)
    return site


def _queue(settings: Settings, storage: Storage) -> Queue:
    if settings.redis_url:
        # The Redis client takes a quarter of a second to import, and most sites have no Redis.
        from fieldstone.jobs.rq_queue import RqQueue

        return RqQueue(storage, settings.redis_url)
    return TableQueue(storage)


def build_web(site: Site) -> Flask:
    """Return the web application of a site."""
    return build_app(site)


def start_worker_inside(site: Site) -> object:
    """Work timers, messages and jobs in a thread of this process; return what stops it."""
    return start_inside(site)


def run_worker(site: Site) -> None:
    """Work timers, messages and jobs until a signal comes."""
    from fieldstone.worker import processes  # imports RQ, which only workers need

    processes.run_worker(site)


def run_scheduler(site: Site) -> None:
    """Ring for what is due until a signal comes."""
    from fieldstone.worker import processes  # imports Redis, which only schedulers need

    processes.run_scheduler(site)


def _storage(settings: Settings) -> Storage:
    return Storage(
        settings.database_url,
        secret_key=settings.secret_key,
        old_secret_key=settings.old_secret_key,
        language=settings.languages[0],
    )
