"""Sources by programs: what flows through each, what arrived, what would become of something, and a second try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.intake.overview import ENDS, Stand, managed, stands
from fieldstone.actions.intake.reading import said
from fieldstone.actions.intake.reception import Incoming
from fieldstone.actions.intake.sources import Intake, intake_of, intakes_of
from fieldstone.base.errors import Problem
from fieldstone.base.ids import new_id
from fieldstone.base.names import did_you_mean
from fieldstone.base.problem_texts import as_data
from fieldstone.fieldtypes.datetime import DatetimeType
from fieldstone.storage.arrivals import STATES, Arrival, Arrivals
from fieldstone.storage.provenance import Origins
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.rest.answering import json_answer, not_found
from fieldstone.web.rest.objects import object_of
from fieldstone.web.rest.reading_json import any_body, body, known_parameters, refusal, whole
from fieldstone.web.rest.receipts import receipt_json

blueprint = Blueprint("intake_api", __name__, url_prefix="/api/v1/intake")
USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366
MOST_SHOWN: Final = 500
MOST_AT_ONCE: Final = 500
instant = DatetimeType().dump


@blueprint.get("/sources")
def list_sources() -> Response:
    """Return all sources with what became of what arrived in some days."""
    asked = the_call()
    known_parameters("days")
    managed(asked.model, asked.ctx.actor)
    every = list(intakes_of(asked.model, also_off=True))
    found = _stands(asked, every)
    return json_answer({"data": [_told(asked, one, found[one.code]) for one in every]})


@blueprint.get("/sources/<code>")
def one_source(code: str) -> Response:
    """Return one source, day by day."""
    asked = the_call()
    known_parameters("days")
    intake = _the_source(asked, code)
    stand = _stands(asked, [intake])[intake.code]
    days = [{"day": day.isoformat(), "counts": _counts(counts)} for day, counts in stand.days]
    return json_answer({"data": {**_told(asked, intake, stand), "days": days}})


@blueprint.get("/sources/<code>/arrivals")
def list_arrivals(code: str) -> Response:
    """Return the latest arrivals, newest first, with the values that the caller may see."""
    asked = the_call()
    known_parameters("state", "limit")
    intake = _the_source(asked, code)
    state = _state()
    with asked.site.storage.looking() as connection:
        found = Arrivals(connection).recent(
            intake.code, states=(state,) if state else (), limit=whole("limit", 50, MOST_SHOWN)
        )
    return json_answer({"data": [_arrival(asked, intake, one) for one in found]})


@blueprint.post("/sources/<code>/arrivals")
def send(code: str) -> Response:
    """Let up to 500 objects wait for a worker, as if they had arrived through the source: 202."""
    asked = the_call()
    known_parameters()
    intake = _the_source(asked, code, on=True)
    sent = any_body()
    if not isinstance(sent, list) or not sent or not all(isinstance(one, dict) for one in sent):
        raise refusal(
            "not_a_list", "body", "The body is no list of objects.", 'Send [{"field": value}].'
        )
    if len(sent) > MOST_AT_ONCE:
        text = f"There are {len(sent):,} of them; one post takes {MOST_AT_ONCE}."
        raise refusal("too_many", "body", text, "Send several posts.", 422)
    batch = new_id()
    receipts = asked.site.reception().queue(intake, [Incoming(one, batch=batch) for one in sent])
    asked.site.queue.ring()
    told = {"batch": batch, "arrivals": [receipt_json(asked, one) for one in receipts]}
    return json_answer({"data": told}, 202)


@blueprint.post("/sources/<code>/test")
def try_out(code: str) -> Response:
    """Tell what would become of an arrival; nothing is written."""
    asked = the_call()
    known_parameters()
    intake = _the_source(asked, code)
    sent, consent = body(), intake.source.consent
    trace = {"consent": {"version": consent.version}} if consent else {}
    receipt = asked.site.reception().try_out(intake, Incoming(sent, trace, key=new_id()))
    told = receipt_json(asked, receipt)
    told["record"] = None  # it is gone again
    spec = intake.spec(asked.model)
    values = _seen(asked, intake, {c: v for c, v in receipt.values.items() if c in spec.fields})
    return json_answer({"data": {**told, "values": values}})


@blueprint.post("/arrivals/<arrival_id>/retry")
def retry(arrival_id: str) -> Response:
    """Try a refused, suspected or waiting arrival again; a body that is not empty takes the place of what arrived."""
    asked = the_call()
    known_parameters()
    managed(asked.model, asked.ctx.actor)
    receipt = asked.site.reception().retry(arrival_id, body() or None)
    if receipt is None:
        raise not_found("arrival to try again", arrival_id)
    asked.site.queue.ring()
    return json_answer({"data": receipt_json(asked, receipt)})


@blueprint.get("/provenance/<object_name>/<record_id>")
def provenance(object_name: str, record_id: str) -> Response:
    """Return where the values of a record come from, for the fields that the caller may see."""
    asked = the_call()
    known_parameters()
    object_of(asked, object_name)
    record = asked.site.reads.get(asked.ctx, asked.model, object_name, record_id)
    if record is None:
        raise not_found(object_name, record_id)
    with asked.site.storage.looking() as connection:
        kept = Origins(connection).of(record_id)
    plain = access_to(asked.model, asked.actor, object_name).readable(
        record.values, env_of(asked.ctx)
    )
    return json_answer(
        {
            "data": [
                {
                    **asdict(one),
                    "value": one.value if one.field in plain else None,
                    "at": instant(one.at),
                }
                for one in kept
                if one.field in record.values
            ]
        }
    )


def _the_source(asked: Asked, code: str, *, on: bool = False) -> Intake:
    managed(asked.model, asked.ctx.actor)
    found = intake_of(asked.model, code, also_off=not on)
    if found is None:
        codes = [one.code for one in intakes_of(asked.model, also_off=not on)]
        text = f"There is no source {code[:40]!r}."
        raise refusal("not_found", "source", text, did_you_mean(code[:40], codes), 404)
    return found


def _state() -> str:
    state = request.args.get("state", "")
    if state and state not in STATES:
        text = f"state is {state[:40]!r}."
        raise refusal("bad_parameter", "state", text, did_you_mean(state[:40], STATES))
    return state


def _stands(asked: Asked, every: list[Intake]) -> dict[str, Stand]:
    days = whole("days", USUAL_DAYS, MOST_DAYS)
    return stands(asked.site.storage, every, asked.ctx.now, asked.ctx.actor.zone, days)


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {end: counts.get(end, 0) for end in ENDS}


def _told(asked: Asked, intake: Intake, stand: Stand) -> dict[str, Any]:
    source = intake.source
    return {
        "code": intake.code,
        "label": intake.rule.label.text(asked.language),
        "object": intake.rule.object_name,
        "via": source.via,
        "channel_class": source.channel_class,
        "enabled": intake.rule.enabled,
        "version": intake.rule.version,
        "address": f"/in/forms/{intake.code}"
        if source.via == "form"
        else f"/in/hooks/{intake.code}",
        "arrived": stand.arrived,
        "counts": _counts(stand.counts),
    }


def _arrival(asked: Asked, intake: Intake, one: Arrival) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "outcome": one.outcome,
        "record": one.record,
        "batch": one.batch,
        "received_at": instant(one.received_at),
        "settled_at": instant(one.settled_at) if one.settled_at else None,
        "problems": [as_data(Problem(**told), asked.language) for told in one.problems],
        "values": _seen(asked, intake, said(intake, intake.spec(asked.model), one.payload)),
    }


def _seen(asked: Asked, intake: Intake, values: Mapping[str, object]) -> dict[str, str]:
    """Return values as text, as far as the caller may see such values of a record nobody owns."""
    access = access_to(asked.model, asked.actor, intake.rule.object_name)
    plain, shown = access.readable({}, env_of(asked.ctx)), access.shown_anywhere()
    return {c: str(v)[:2000] if c in plain else "***" for c, v in values.items() if c in shown}
