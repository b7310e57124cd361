"""Runs rules over a batch of drafts: which speak, in which order, and what their verdicts do to a draft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Decision, Draft, Operation
from fieldstone.rules.contract import (
    CLEAN,
    GRADE,
    LIMIT,
    MOVE,
    SCORE,
    VALIDATE,
    Due,
    Facts,
    LapsingBody,
    Rule,
    TimedBody,
    Verdict,
)

Settle = Callable[[Sequence[Draft]], Sequence[Draft]]
Fit = Callable[[Mapping[str, object]], tuple[Mapping[str, object], tuple[Problem, ...]]]

# What still speaks about a draft that is refused already, so that all its problems come back at once.
ALWAYS_HEARD = frozenset({CLEAN, VALIDATE})
# What holds for imported history, whose other automatic rules are off: what follows from the record alone.
HEARD_ON_HISTORY = frozenset({CLEAN, GRADE, SCORE, MOVE, VALIDATE})

_ADDED = ("problems", "warnings", "effects", "follow", "timers", "ledger")


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules in the order they speak: by phase, then priority (small first), then code."""
    return sorted(rules, key=lambda rule: (rule.phase, rule.priority, rule.code))


def as_they_are(sets: Mapping[str, object]) -> tuple[Mapping[str, object], tuple[Problem, ...]]:
    """Return values unchanged: what rules set is trusted to fit its fields."""
    return sets, ()


def run(
    rules: Iterable[Rule],
    drafts: Sequence[Draft],
    facts: Facts,
    settle: Settle,
    fit: Fit = as_they_are,
    unsettling: Collection[str] | None = None,
) -> tuple[Draft, ...]:
    """Return the drafts with everything the rules concluded, in the same order.

    `settle` is called with the drafts whose values a rule has set, and returns them with formulas, looked-up values
    and system fields (owned_at, stage_entered_at) brought up to date; the rules that follow see that. Where only some
    fields make that necessary, `unsettling` names them. `fit` makes the values that a rule sets fit their fields' types;
    one that cannot leaves its field as it was, with a warning.
    """
    present = list(drafts)
    closed: defaultdict[str, set[int]] = defaultdict(
        set
    )  # by kind, where a rule said: stop on match
    for rule in in_order(rules):
        if in_force(rule, facts.now) or hears_ends(rule):
            spoken = _spoken(rule, present, closed[rule.kind], facts)
            for place, verdict in spoken.items():
                present[place] = fold(present[place], rule, verdict, fit)
            moved = [place for place, one in spoken.items() if _unsettles(one, unsettling)]
            _settle(present, moved, settle)
            if rule.stop_on_match:
                closed[rule.kind] |= {place for place, one in spoken.items() if not one.silent}
    return tuple(present)


def in_force(rule: Rule, now: datetime) -> bool:
    """Tell whether a rule is enabled and `now` lies between its `from` and `to`."""
    return (
        rule.enabled
        and (rule.starts_at is None or rule.starts_at <= now)
        and (rule.ends_at is None or now < rule.ends_at)
    )


def concerns(rule: Rule, draft: Draft) -> bool:
    """Tell whether a rule speaks on this event at all, whatever the record says."""
    change = draft.change
    elsewhere = change.object_name != rule.object_name or draft.attached_to is not None
    if elsewhere or change.relinks:
        return False
    unheard = draft.problems and rule.phase not in ALWAYS_HEARD
    if unheard or (change.skip_rules and rule.phase not in HEARD_ON_HISTORY):
        return False
    if change.hears and (change.hears == rule.code or not draft.values):
        return change.hears == rule.code
    on = rule.on
    if change.operation in on or change.action in on:
        return True
    if rule.phase == LIMIT and change.operation is Operation.RESTORE and "update" in on:
        return True  # somebody owns the record again
    return "assign" in on and draft.before is not None and draft.changed("owner")


def holds(rule: Rule, row: Mapping[str, object], facts: Facts) -> bool:
    """Tell whether a record meets the rule's `when` and is not exempt."""
    if rule.when is not None and rule.when.evaluate(row, facts.env) is not True:
        return False
    return rule.exempt is None or rule.exempt.evaluate(row, facts.env) is not True


def held_before(rule: Rule, draft: Draft, facts: Facts) -> bool:
    """Tell whether the stored record met the rule; looked-up values are those of now."""
    if draft.before is None:
        return False
    return holds(rule, {**draft.related, **draft.before}, facts)


def another_look(rule: Rule, draft: Draft) -> Change:
    """Return what lets all rules look once more at a record that a rule has changed, in the same transaction."""
    return Change(
        draft.change.object_name,
        Operation.UPDATE,
        record_id=draft.record_id,
        trusted=True,
        reason=f"rule:{rule.code}",
    )


def fold(draft: Draft, rule: Rule, verdict: Verdict, fit: Fit = as_they_are) -> Draft:
    """Return the draft with one verdict applied and kept as a decision."""
    more: dict[str, object] = {
        part: (*getattr(draft, part), *told) for part in _ADDED if (told := getattr(verdict, part))
    }
    sets, unfit = fit(verdict.sets) if verdict.sets else (verdict.sets, ())
    if sets:
        more["values"] = {**draft.values, **sets}
    if unfit:
        more["warnings"] = (*draft.warnings, *verdict.warnings, *unfit)
    if not verdict.silent:
        because, candidates = verdict.because, verdict.candidates
        decision = Decision(rule.code, rule.kind, rule.version, because, sets, candidates)
        more["decisions"] = (*draft.decisions, decision)
    change = draft.change
    if verdict.reason or verdict.asks:
        reason, asks = verdict.reason or change.reason, {**change.asks, **verdict.asks}
        more["change"] = replace(change, reason=reason, asks=asks)
    if verdict.suspects:
        more["suspects"] = (*draft.suspects, *((rule.code, one) for one in verdict.suspects))
    if verdict.attach_to:
        more["attached_to"] = verdict.attach_to
    return draft.but(**more) if more else draft


def due(
    rule: Rule, due_now: Sequence[Due], facts: Facts, fit: Fit = as_they_are
) -> dict[int, Draft]:
    """Return the drafts of what due timers of one rule ask for, by place; a record that has moved on has none.

    The condition is checked again here, inside the transaction, so a follow-up that was committed first wins. The
    other rules of the object are then run over the returned drafts.
    """
    if not isinstance(rule.body, TimedBody) or not in_force(rule, facts.now):
        return {}
    places = [i for i, (_, draft) in enumerate(due_now) if holds(rule, draft.row, facts)]
    if not places:
        return {}
    verdicts = rule.body.due(rule, [due_now[place] for place in places], facts)
    return {
        places[i]: fold(due_now[places[i]][1], rule, verdict, fit)
        for i, verdict in verdicts.items()
    }


def _spoken(
    rule: Rule, present: Sequence[Draft], closed: Collection[int], facts: Facts
) -> dict[int, Verdict]:
    """Return what one rule says, by place: about drafts that meet it, and about those that no longer do.

    A rule that is switched off keeps its timers, so it still hears where they end.
    """
    matched: list[int] = []
    lapsed: list[int] = []
    lapsing = _lapsing(rule)
    acts = in_force(rule, facts.now)
    for place, draft in enumerate(present):
        if place in closed or not concerns(rule, draft):
            continue
        if holds(rule, draft.row, facts):
            matched += [place] if acts else []
        elif lapsing is not None and (_looks(rule, draft) or held_before(rule, draft, facts)):
            lapsed.append(place)
    verdicts = _capped(rule, matched, present, facts)
    if lapsed and lapsing is not None:
        ended = lapsing.lapse(rule, [present[place] for place in lapsed], facts)
        verdicts |= {lapsed[index]: verdict for index, verdict in ended.items()}
    return verdicts


def hears_ends(rule: Rule) -> bool:
    """Tell whether a rule keeps something of the records it concerns, to be removed when it no longer does."""
    return hasattr(type(rule.body), "lapse")


def _looks(rule: Rule, draft: Draft) -> bool:
    """Tell whether the rule was asked to look at a record that was there."""
    return bool(draft.change.hears) and draft.change.hears == rule.code


def _lapsing(rule: Rule) -> LapsingBody | None:
    """Return the body if it hears of ends; a look at the class, for isinstance of a protocol is slow."""
    return cast("LapsingBody", rule.body) if hears_ends(rule) else None


def _capped(
    rule: Rule, matched: Sequence[int], present: Sequence[Draft], facts: Facts
) -> dict[int, Verdict]:
    """Return the verdicts by place; beyond `max_per_run` a draft is left alone, and that is said."""
    heard = matched[: rule.max_per_run] if rule.max_per_run else matched
    if not heard:
        return {}
    spoken = rule.body.decide(rule, [present[place] for place in heard], facts)
    verdicts = {heard[index]: verdict for index, verdict in spoken.items()}
    if len(heard) == len(matched):
        return verdicts
    left_alone = Verdict(
        Label(
            f"left alone: this rule may act on {rule.max_per_run} records per run",
            f"未处理：该规则每次运行最多处理 {rule.max_per_run} 条记录",
        )
    )
    return verdicts | dict.fromkeys(matched[len(heard) :], left_alone)


def _unsettles(verdict: Verdict, unsettling: Collection[str] | None) -> bool:
    sets = verdict.sets
    return bool(sets) and (unsettling is None or any(name in unsettling for name in sets))


def _settle(present: list[Draft], places: Sequence[int], settle: Settle) -> None:
    if not places:
        return
    settled = settle([present[place] for place in places])
    for place, draft in zip(places, settled, strict=True):
        present[place] = draft
