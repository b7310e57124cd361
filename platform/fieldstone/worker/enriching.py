"""The lane that answers questions about companies: asks outside any transaction, then writes what the rule allows."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

import structlog

from fieldstone.changes.nouns import Actor, Change, Context, Operation
from fieldstone.delivery.addresses import AddressError, callable_address
from fieldstone.delivery.alarm import GivenUp, tell_administrators
from fieldstone.delivery.contract import DeliveryError
from fieldstone.delivery.enrichers.contract import Answer, EnrichError, Means, Question
from fieldstone.delivery.office import next_try
from fieldstone.delivery.posting import PostError, fetch, target_of
from fieldstone.delivery.receivers import administrators
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.site_model import Model
from fieldstone.rules.capture_body import actor_id
from fieldstone.rules.contract import Rule
from fieldstone.rules.enrichment import ACTION, CHANNEL, KIND, Enrichment
from fieldstone.rules.normalise import alike
from fieldstone.site import Site
from fieldstone.storage.arrivals import Arrivals
from fieldstone.storage.leased import notices_of, outbox_of
from fieldstone.storage.outbox import Message
from fieldstone.storage.provenance import Kept, Origins, Provenance

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=60)
OK: Final = range(200, 300)
NOT_THERE: Final = 404
LATER: Final = range(500, 600)
TOO_MANY: Final = 429


@dataclass(frozen=True)
class Asking:
    """One question on its way."""

    site: Site
    model: Model
    message: Message
    rule: Rule
    body: Enrichment

    @property
    def key(self) -> str:
        """Return the key as equal keys are equal."""
        return alike(self.body.how, str(self.message.payload["key"]))

    @property
    def since(self) -> datetime | None:
        """Return how old an answer may be; None where any that still holds will do."""
        written = self.message.payload.get("since")
        return datetime.fromisoformat(str(written)) if written else None


def enriching(site: Site, stopping: threading.Event) -> int:
    """Answer one question; 0 when there is none."""
    del stopping
    with site.storage.looking() as connection:
        if not outbox_of(connection).any_due():
            return 0
    with site.storage.connection() as connection:
        taken = outbox_of(connection).take([CHANNEL], lease=LEASE)
    if taken is None:
        return 0
    failure = _answered(site, taken)
    with site.storage.connection() as connection:
        outbox = outbox_of(connection)
        if failure is None:
            outbox.done(taken.id)
        else:
            outbox.failed(taken.id, str(failure), failure.again)
            if failure.again is None:
                place = (site.storage, site.model, site.system_context("delivery"))
                given_up = GivenUp(CHANNEL, KIND.label, str(failure))
                tell_administrators(
                    notices_of(connection), given_up, partial(administrators, *place)
                )
    return 1


class _NotYetError(Exception):
    """The question waits, or is given up when there is no `again`."""

    def __init__(self, why: str, again: datetime | None) -> None:
        super().__init__(why)
        self.again = again


def _answered(site: Site, taken: Message) -> _NotYetError | None:
    model = site.model
    rule = model.rules.get(model.present_rule(taken.to))
    if rule is None or not isinstance(rule.body, Enrichment) or not rule.enabled:
        return None  # the rule is gone, and with it the question
    asking = Asking(site, model, taken, rule, rule.body)
    try:
        _write(asking, _answer(asking))
    except _NotYetError as error:
        return error
    except EnrichError as error:
        failure = DeliveryError(str(error), retry=error.retry)
        return _NotYetError(str(error), next_try(taken.attempts, failure, site.clock()))
    except Exception as error:
        # The worker's border: an enricher of a plugin may fail in any way.
        log.exception("enrichment failed", rule=rule.code)
        failure = DeliveryError(type(error).__name__, retry=True)
        return _NotYetError(str(failure), next_try(taken.attempts, failure, site.clock()))
    return None


def _answer(asking: Asking) -> Answer:
    """Return the answer that still holds, or ask within the day's budget."""
    site, rule, body, now = asking.site, asking.rule, asking.body, asking.site.clock()
    with site.storage.connection() as connection:
        kept = Origins(connection).answer(rule.code, asking.key, now, asking.since)
        if kept is not None:
            return Answer(kept.facts, Decimal(kept.confidence), kept.origin)
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
            days=1
        )
        arrivals = Arrivals(connection)
        if body.budget and not arrivals.take_place(
            rule.code, f"d:{now:%Y-%m-%d}", body.budget, day
        ):
            raise _NotYetError("the day's budget is spent", day)
    enricher = site.vocabulary.enrichers.get(body.provider)
    if enricher is None:
        raise EnrichError(f"there is no enricher {body.provider!r}", retry=False)
    question = Question(str(asking.message.payload["key"]), asking.key, body.settings)
    answer = enricher.look_up(question, _means(asking))
    facts = {one.fact: _plain(answer.facts.get(one.fact)) for one in body.mapped}
    told = {name: value for name, value in facts.items() if value is not None}
    with site.storage.connection() as connection:
        until = now + timedelta(days=body.ttl_days)
        kept = Kept(told, str(answer.confidence), answer.origin)
        Origins(connection).keep(rule.code, asking.key, kept, (now, until))
    return replace(answer, facts=told)


def _plain(value: object) -> object:
    return (
        value if value is None or isinstance(value, str | int | bool | list | dict) else str(value)
    )


def _write(asking: Asking, answer: Answer) -> None:
    """Write what the rule allows into the record as it stands now, with where it came from."""
    site, model, body, message = asking.site, asking.model, asking.body, asking.message
    spec = model.objects[message.object_name]
    with site.writes.unit(_context(asking), model) as unit:
        row = unit.transaction.rows(spec.code, [message.record_id]).get(message.record_id)
        if row is None or alike(body.how, str(row.get(body.key) or "")) != asking.key:
            return  # the record moved on
        defaults = {code: field.default for code, field in spec.fields.items()}
        origins = Origins(unit.transaction.connection)
        own = _own(asking, origins.of(message.record_id), row)
        raw = body.writable(answer.facts, answer.confidence, row, defaults, own)
        told = {
            code: value for code, value in raw.items() if _typed(asking, code, value) is not None
        }
        if body.provenance:
            noted = [_noted(asking, answer, code, value) for code, value in told.items()]
            origins.note(spec.code, message.record_id, noted)
        values = {
            code: value
            for code, value in told.items()
            if _typed(asking, code, value) != row.get(code)
        }
        if not values:
            return
        change = Change(
            spec.code,
            Operation.UPDATE,
            values,
            message.record_id,
            expected_version=int(str(row["version"])),
            action=ACTION,
            trusted=True,
            reason=asking.rule.code,
        )
        (outcome,) = unit.submit([change])
        if outcome.status == 412:  # noqa: PLR2004 - somebody wrote meanwhile: look at the record again
            raise _NotYetError("the record was changed meanwhile", site.clock())
        if outcome.refused:
            raise EnrichError(outcome.problems[0].message, retry=False)


def _typed(asking: Asking, code: str, value: object) -> object:
    """Return a fact as its field holds it, None for one it does not take: a wrong fact must not keep the others away."""
    try:
        return asking.model.objects[asking.message.object_name].fields[code].type.parse(value)
    except InvalidValueError:
        return None


def _own(asking: Asking, noted: Sequence[Provenance], row: Mapping[str, object]) -> frozenset[str]:
    """Return the fields that still hold what this rule wrote."""
    fields = asking.model.objects[asking.message.object_name].fields
    return frozenset(
        one.field
        for one in noted
        if one.rule == asking.rule.code
        and one.field in fields
        and row.get(one.field) is not None
        and _typed(asking, one.field, one.value) == row[one.field]
    )


def _noted(asking: Asking, answer: Answer, code: str, value: object) -> Provenance:
    rule, body, now = asking.rule, asking.body, asking.site.clock()
    return Provenance(
        code, rule.code, body.provider, answer.origin, str(answer.confidence), value, now
    )


def _context(asking: Asking) -> Context:
    settings, rule = asking.site.settings, asking.rule
    language = settings.languages[0]
    actor = Actor(
        actor_id(rule.first_code),
        frozenset(),
        rule.label.text(language),
        language,
        settings.time_zone,
    )
    return asking.site.context(actor, "enrichment")


def _means(asking: Asking) -> Means:
    site = asking.site

    def row(object_name: str, key: str) -> Mapping[str, object] | None:
        (stored,) = asking.body.keys.get(object_name, {"": ()})
        ctx = site.system_context("enrichment")
        with site.writes.unit(ctx, asking.model) as unit:
            found = unit.transaction.found({(object_name, stored): [key]})
            hits = found.get((object_name, stored, key), ())
            return (
                dict(unit.transaction.rows(object_name, [hits[0].record_id])[hits[0].record_id])
                if hits
                else None
            )

    def ask(url: str, headers: Mapping[str, str], allowed: frozenset[str]) -> bytes:
        return fetched(url, headers, allowed, internal=site.settings.webhook_internal)

    return Means(row, ask, lambda name: os.environ.get(name, ""))


def fetched(
    url: str, headers: Mapping[str, str], allowed: frozenset[str], *, internal: bool
) -> bytes:
    """Ask one of the allowed hosts, at a public address, without following where it points. Raises EnrichError."""
    try:
        target = target_of(url)
        if target.host.lower() not in allowed:
            raise EnrichError("the host is not on the list of this rule", retry=False)
        if not target.secure and not internal:
            raise EnrichError("services are asked by https only", retry=False)
        address = callable_address(target.host, target.port, internal=internal)
        status, body = fetch(target, address, {"User-Agent": "Fieldstone", **headers})
    except (ValueError, AddressError) as error:
        raise EnrichError(str(error), retry=False) from error
    except (OSError, PostError) as error:
        raise EnrichError(f"no answer: {type(error).__name__}", retry=True) from error
    if status == NOT_THERE:
        return b""
    if status not in OK:
        raise EnrichError(
            f"the service answered {status}", retry=status in LATER or status == TOO_MANY
        )
    return body
