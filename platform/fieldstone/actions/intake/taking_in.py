"""One arrival becomes a new record, or a touch point of somebody who is known, in the one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fieldstone.actions.intake.reading import fitting, said, tracked, unanswered, unreadable
from fieldstone.actions.intake.sources import Intake
from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.text import FORBIDDEN
from fieldstone.changes.nouns import Change, Decision, Effect, Operation, Outcome
from fieldstone.model.objects import ObjectType
from fieldstone.rules.contract import Found
from fieldstone.storage.arrivals import DONE, REFUSED, Arrival, Settled
from fieldstone.writes.unit import Unit

CREATED = 201
CAMPAIGN = "campaign"  # in a trace: the id of the campaign that was chosen
MOST_TOLD = 4000


@dataclass(frozen=True)
class TakenIn:
    """What became of an arrival, with what the rules said and the values that were understood."""

    settled: Settled
    values: Mapping[str, object] = field(default_factory=dict)
    decisions: Sequence[Decision] = ()
    warnings: Sequence[Problem] = ()


def take_in(unit: Unit, intake: Intake, arrival: Arrival) -> TakenIn:
    """Write what an arrival asks for; refused ones leave nothing."""
    spec = intake.spec(unit.model)
    told = said(intake, spec, arrival.payload)
    problems = [*unanswered(intake, spec, told, arrival.trace)]
    values = {**told, **tracked(intake, spec, arrival.trace)}
    fixed, missing = _fixed(unit, intake, spec)
    fixed |= _campaign(unit, intake, arrival.trace)
    problems += missing
    if not told:
        text = "Nothing of it could be matched with a field."
        cure = "Give the source a field_map, or send the names of fields."
        problems.append(Problem("nothing", "body", text, cure))
    if problems:
        problems += unreadable(spec, told)
        return TakenIn(Settled(REFUSED, problems=problems), values)
    found = intake.source.known(spec.code, fitting(spec, values), unit.transaction)
    known = next((o for o in found if o.object_name == spec.code and intake.source.takes(o)), None)
    if known is None:
        taken = _created(unit, intake, {**fixed, **values})
    else:
        taken = _known_again(unit, intake, known, {**fixed, **values})
    return _with_touch(unit, _Touching(intake, arrival, told, found), taken)


def _fixed(unit: Unit, intake: Intake, spec: ObjectType) -> tuple[dict[str, object], list[Problem]]:
    """Return what every record of the source gets, with lookups found by the value they name, or made."""
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for one in intake.source.fixed:
        if not one.by:
            values[one.code] = one.value
            continue
        target = spec.fields[one.code].type.expression_type.of
        holders = list(unit.transaction.holders(target, (one.by,), [(one.value,)]))
        if holders:
            values[one.code] = holders[0][1]
        elif one.make:
            change = Change(target, Operation.CREATE, one.make, trusted=True, reason=intake.code)
            (made,) = unit.submit([change])
            values[one.code] = made.record_id
            problems += made.problems
        else:
            text = f"There is no {target} whose {one.by} is {one.value!r}."
            problems.append(
                Problem("no_such_record", one.code, text, "Make it, or mend the source.")
            )
    return values, problems


def _campaign(unit: Unit, intake: Intake, trace: Mapping[str, object]) -> dict[str, object]:
    """Return the campaign that somebody chose for a file or a pack of cards, or that `utm_campaign` names."""
    wanted, facts = intake.source.campaign, unit.transaction
    if wanted is None:
        return {}
    chosen = str(trace.get(CAMPAIGN) or "")
    if chosen and chosen in facts.rows(wanted.object_name, [chosen]):
        return {wanted.code: chosen}
    said = str({**intake.source.utm, **trace}.get("utm_campaign") or "").strip()
    for name in wanted.by if said else ():
        for _, found in facts.holders(wanted.object_name, (name,), [(said,)]):
            return {wanted.code: found}
    return {}


def _created(unit: Unit, intake: Intake, values: Mapping[str, object]) -> TakenIn:
    change = Change(
        intake.rule.object_name,
        Operation.CREATE,
        values,
        action=intake.source.action(intake.code),
        trusted=True,
        reason=intake.code,
    )
    (outcome,) = unit.submit([change])
    # A duplicate rule may have added it to a record that is there.
    kind = "created" if outcome.status == CREATED else "touched"
    return _told(outcome, kind, values)


def _known_again(unit: Unit, intake: Intake, known: Found, values: Mapping[str, object]) -> TakenIn:
    """Fill what was empty in the record of a known person, and tell its owner."""
    stored = unit.transaction.rows(known.object_name, [known.record_id])[known.record_id]
    new = {
        code: value
        for code, value in values.items()
        if intake.source.fill and stored.get(code) in (None, "", (), [])
    }
    change = Change(
        known.object_name,
        Operation.UPDATE,
        new,
        known.record_id,
        action=intake.source.action(intake.code),
        trusted=True,
        reason=intake.code,
    )
    (outcome,) = unit.submit([change])
    if not outcome.refused and known.owner:
        unit.transaction.outbox([(known.object_name, known.record_id, _back_again(intake, known))])
    return _told(outcome, "touched", values)


def _back_again(intake: Intake, known: Found) -> Effect:
    name, label = known.title, intake.rule.label
    said_so = {
        "en": f"{name} has come back through {label.en}.",
        "zh": f"{name} 再次来访：{label.text('zh')}。",
    }
    payload = {"object": known.object_name, "id": known.record_id, "message": said_so}
    return Effect("in_page", str(known.owner), "touch", payload)


def _told(outcome: Outcome, kind: str, values: Mapping[str, object]) -> TakenIn:
    if outcome.refused:
        settled = Settled(REFUSED, problems=outcome.problems)
        return TakenIn(settled, values, outcome.decisions, outcome.warnings)
    settled = Settled(DONE, kind, outcome.record_id)
    return TakenIn(settled, values, outcome.decisions, outcome.warnings)


@dataclass(frozen=True)
class _Touching:
    """What a touch point is made of."""

    intake: Intake
    arrival: Arrival
    told: Mapping[str, object]
    found: Sequence[Found]


def _with_touch(unit: Unit, touching: _Touching, taken: TakenIn) -> TakenIn:
    source, settled = touching.intake.source, taken.settled
    spec = unit.model.objects.get(source.touch)
    if spec is None or settled.state != DONE:
        return taken
    wanted = {
        **_links(touching, settled),
        **_origin(touching, taken.values),
        "subject": touching.intake.rule.label.text(unit.ctx.actor.language),
        "at": touching.arrival.received_at,
        "kind": source.via,
        "first": settled.outcome == "created",
        "source": touching.intake.code,
        "body": _summary(touching, unit),
    }
    values = {code: value for code, value in wanted.items() if code in spec.fields and value}
    (outcome,) = unit.submit([Change(spec.code, Operation.CREATE, values, trusted=True)])
    touch = Settled(settled.state, settled.outcome, settled.record, outcome.record_id)
    warnings = (*taken.warnings, *outcome.problems)
    return TakenIn(touch, taken.values, taken.decisions, warnings)


def _links(touching: _Touching, settled: Settled) -> dict[str, object]:
    """Return what the touch point leads to: the record, and who else is known by the same number or address."""
    own, links = touching.intake.rule.object_name, touching.intake.source.links
    found: dict[str, object] = {}
    for one in touching.found:
        if one.object_name in links and one.object_name != own:
            found.setdefault(links[one.object_name], one.record_id)
    if own in links:
        found[links[own]] = settled.record
    return found


def _origin(touching: _Touching, values: Mapping[str, object]) -> dict[str, object]:
    noted = {**touching.intake.source.utm, **touching.arrival.trace}
    kept = ("utm_source", "utm_medium", "utm_campaign", "referrer", "page")
    found: dict[str, object] = {
        name: FORBIDDEN.sub(" ", str(noted[name]))[:200] for name in kept if noted.get(name)
    }
    consent = noted.get("consent")
    if isinstance(consent, Mapping):
        found["consent"] = consent.get("version")
    for name in ("channel", "campaign"):
        found[name] = values.get(name)
    return found


def _summary(touching: _Touching, unit: Unit) -> str:
    """Return what was said, a line for each field, in the words of the site."""
    spec, language = touching.intake.spec(unit.model), unit.ctx.actor.language
    lines = []
    for code, value in touching.told.items():
        label: Label = spec.fields[code].label
        options = getattr(spec.fields[code].type, "options", {})
        shown = (
            options[value].label.text(language)
            if isinstance(value, str) and value in options
            else value
        )
        lines.append(f"{label.text(language)}: {shown}")
    return FORBIDDEN.sub(" ", "\n".join(lines))[:MOST_TOLD]
