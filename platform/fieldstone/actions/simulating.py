"""A dry run of one rule on past records: who would have got what, what would have gone back, and how that differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from fieldstone.access.rights import is_administrator
from fieldstone.actions.simulation import Sample, Simulation
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.base.problem_texts import in_language
from fieldstone.changes.nouns import Change, Context, Draft, Operation
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules import engine
from fieldstone.rules.contract import ASSIGN, MATCH, Rule
from fieldstone.rules.deadline_body import Deadline
from fieldstone.storage.database import Storage
from fieldstone.storage.rehearsal import Rehearsal

BATCH: Final = 1000
MOST: Final = 200_000
LONGEST: Final = timedelta(days=3660)
SAMPLES: Final = 20
WEEKS_UP_TO: Final = timedelta(days=120)
PEOPLE: Final = frozenset({"owner"})
# What a record got by rules after it came; a rule that gives it anew sees the record without.
GIVEN: Final = ("owner", "pool", "owned_at")
SILENT: Final = frozenset(
    {
        "capture_source", "claim", "conversion_map", "cooldown", "holding_limit", "matching", "merge",
        "offboarding", "pool", "protection", "ranking_program", "reminder_ladder", "rotation",
    }
)  # fmt: skip
"""Kinds that decide nothing by themselves when a record comes: another rule, or somebody's act, makes use of them."""
MET, LATE, RUNNING, MISSED = (
    Label("in time", "按时完成"),
    Label("done too late", "超时完成"),
    Label("still running", "计时中"),
    Label("missed", "已超时"),
)


def may_try(kind: str) -> bool:
    """Tell whether a dry run of a rule of this kind says anything."""
    return kind not in SILENT


def simulate(
    ctx: Context, model: Model, storage: Storage, code: str, since: timedelta
) -> Simulation:
    """Try a rule of `model` on the records of the last `since`, with the values that they have today; write nothing.

    A rule that gives records away sees each as it came: without owner and pool. A deadline is judged from its start,
    and compared with what was really done. Raises RefusedError: 403 for those who are no administrators, 404, 422.
    """
    rule = _allowed(ctx, model, code, since)
    tables = storage.use(model)
    with storage.rehearsing(tables, ctx) as facts:
        begins = ctx.now - since
        zone = ZoneInfo(ctx.actor.zone)
        came = facts.ids_since(rule.object_name, begins, MOST)
        counted: Counter[Label] = Counter()
        acted: Counter[date] = Counter()
        samples: list[Sample] = []
        different = 0
        for then, ids in _batches(rule, came, zone):
            facts.at(then)
            for one in _tried(rule, model, facts, ids):
                counted[one.would] += 1
                if one.at is not None:
                    acted[_period(one.at.astimezone(zone).date(), since)] += 1
                different += one.differs
                samples = _kept(samples, one)
    return Simulation(
        rule.code,
        rule.object_name,
        begins,
        len(came),
        counted.total(),
        different,
        tuple(counted.most_common()),
        tuple(samples),
        tuple(sorted(acted.items())),
    )


def _batches(
    rule: Rule, came: Sequence[tuple[str, datetime]], zone: ZoneInfo
) -> Iterator[tuple[datetime | None, list[str]]]:
    """Yield records in batches; of a rule that gives them away day by day, with the noon at which somebody was absent or not."""
    by_day = groupby(came, lambda one: one[1].astimezone(zone).date() if rule.phase == ASSIGN else None)  # fmt: skip
    for day, some in by_day:
        ids = [one for one, _ in some]
        noon = datetime.combine(day, time(12), zone) if day is not None else None
        yield from ((noon, ids[at : at + BATCH]) for at in range(0, len(ids), BATCH))


def _period(day: date, since: timedelta) -> date:
    """Return the first day of the week, or of the month where weeks would be too many."""
    if since > WEEKS_UP_TO:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday())


def _allowed(ctx: Context, model: Model, code: str, since: timedelta) -> Rule:
    if not is_administrator(model, ctx.actor):
        text = "only administrators try rules on past records."
        raise RefusedError([Problem("forbidden", "rule", text, "Ask one to do it.")], 403)
    rule = model.rules.get(model.present_rule(code, ctx.now.date()))
    if rule is None:
        text = f"there is no rule {code[:60]!r}."
        raise RefusedError(
            [Problem("not_found", "rule", text, did_you_mean(code, model.rules))], 404
        )
    if not may_try(rule.kind):
        text = f"A rule of kind '{rule.kind}' decides nothing by itself when a record comes."
        cure = "Try the rule that makes use of it, such as an assignment, a deadline or a search for duplicates."
        raise RefusedError([Problem("nothing_to_try", "rule", text, cure)])
    if not timedelta() < since <= LONGEST:
        text = "a dry run looks back between a day and ten years."
        raise RefusedError([Problem("bad_span", "since", text, "Say for example 90 days.")])
    return replace(rule, enabled=True, starts_at=None, ends_at=None, max_per_run=0)


def _kept(samples: list[Sample], one: Sample) -> list[Sample]:
    """Keep a few samples, those that differ before the others."""
    if len(samples) < SAMPLES:
        return [*samples, one]
    if one.differs:
        for place, old in enumerate(samples):
            if not old.differs:
                return [*samples[:place], *samples[place + 1 :], one]
    return samples


def _tried(rule: Rule, model: Model, facts: Rehearsal, ids: Sequence[str]) -> Iterator[Sample]:
    spec = model.objects[rule.object_name]
    expressions = [one for one in (rule.when, rule.exempt, *rule.body.reads) if one is not None]
    found = list(facts.whole_rows(spec.code, ids, expressions))
    drafts = [
        _in_its_stage(_draft(rule, spec, row, more), rule, spec, facts) for row, more in found
    ]
    tried = engine.run([rule], drafts, facts, lambda some: some)
    rows = {str(row["id"]): row for row, _ in found}
    judge = _deadlines(rule, facts, rows)
    named = _names(facts, [*tried, *drafts], rows)
    for before, after in zip(drafts, tried, strict=True):
        row = rows[before.record_id]
        title = str(row.get(spec.title) or before.record_id)
        if judge is not None:
            told = judge.told(after)
            if told is not None:
                yield Sample(before.record_id, title, *told)
        else:
            said = _said(before, after, row, model, named)
            if said is not None:
                yield Sample(before.record_id, title, *said)


def _draft(
    rule: Rule, spec: ObjectType, row: Mapping[str, Any], related: Mapping[str, Any]
) -> Draft:
    """Return a record as the rule met it: newly come, or as it stands for rules that only judge values."""
    values = {code: value for code, value in row.items() if code in spec.fields}
    worked_out = (getattr(rule.body, "into", ""), getattr(rule.body, "percent_into", ""))
    anew = GIVEN if rule.phase == ASSIGN else worked_out
    values |= {code: None for code in anew if code in spec.fields}
    record_id = str(row["id"])
    change = Change(spec.code, Operation.CREATE, values, record_id, as_of=row["created_at"])
    if rule.phase == MATCH:
        # As a change of every value: so it is not taken for a duplicate of itself.
        change = replace(change, operation=Operation.UPDATE, as_of=None)
        return Draft(change, record_id, before={"id": record_id}, values=values, related=related)
    return Draft(change, record_id, values=values, related=related)


def _in_its_stage(draft: Draft, rule: Rule, spec: ObjectType, facts: Rehearsal) -> Draft:
    """Return a record as it stood in the stage that a deadline is about, which it may have left long ago."""
    if not isinstance(rule.body, Deadline) or spec.pipelines is None or rule.when is None:
        return draft
    code = spec.pipelines.field
    pipeline = spec.pipelines.of(draft.row)
    for stage in (draft.row.get(code), *pipeline.stages):
        then = draft.setting({code: stage})
        if engine.holds(rule, then.row, facts):
            return then
    return draft


Told = tuple[Label, Label, Label, bool, datetime | None]


def _deadlines(
    rule: Rule, facts: Rehearsal, rows: Mapping[str, Mapping[str, Any]]
) -> _Deadlines | None:
    if not isinstance(rule.body, Deadline):
        return None
    counts = rule.body.clock.counts
    followed = facts.really_latest(counts, list(rows)) if counts is not None else {}
    return _Deadlines(rule, facts, rows, followed)


@dataclass(frozen=True)
class _Deadlines:
    """Judges what a deadline would have meant, against what was really done; `followed` up last, by record."""

    rule: Rule
    facts: Rehearsal
    rows: Mapping[str, Mapping[str, Any]]
    followed: Mapping[str, datetime]

    def told(self, draft: Draft) -> Told | None:
        """Return the outcome of one record, None when no time runs for it."""
        due = self._due(draft)
        if due is None or not isinstance(self.rule.body, Deadline):
            return None
        done = self._done(draft.record_id)
        row, body = self.rows[draft.record_id], self.rule.body
        day = due.astimezone(ZoneInfo(self.facts.ctx.actor.zone)).strftime("%Y-%m-%d %H:%M")
        because = Label(f"due {day}", f"截止时间 {day}")
        if done is not None and done <= due:
            return MET, Label(""), because, False, None
        if done is None and due > self.facts.now:
            return RUNNING, Label(""), because, False, None
        what = body.then.told(row, self.facts) or MISSED
        really = LATE if done is not None else MISSED
        return what, really, because, True, due

    def _due(self, draft: Draft) -> datetime | None:
        """Return when the time of a record was over; the grace after a rest of the system is left out."""
        body = self.rule.body
        if not isinstance(body, Deadline) or not engine.holds(self.rule, draft.row, self.facts):
            return None
        row = {**draft.row, body.clock.stops: None}
        runs = body.clock.reckoned(row, None, self.facts)
        if runs is None:
            return None
        return self.facts.calendar(self.rule.calendar).after(runs.start, runs.span)

    def _done(self, record_id: str) -> datetime | None:
        body = self.rule.body
        if not isinstance(body, Deadline):
            return None
        clock, row = body.clock, self.rows[record_id]
        start = row.get(clock.starts)
        stop = row.get(clock.stops) if clock.stops else None
        if stop is None:
            stop = self.followed.get(record_id)
        if stop is None and not engine.holds(self.rule, row, self.facts):
            stop = row.get("stage_entered_at")  # it moved on, and nothing was owed any more
        good = isinstance(stop, datetime) and isinstance(start, datetime) and stop > start
        return stop if good else None


def _said(
    before: Draft, after: Draft, row: Mapping[str, Any], model: Model, named: Mapping[str, str]
) -> Told | None:
    """Return what a rule would do with a record, what the record has, why, and whether they differ."""
    spec = model.objects[before.change.object_name]
    because = after.decisions[-1].because if after.decisions else Label("")
    sets = {c: v for c, v in after.values.items() if before.values.get(c) != v or c in GIVEN}
    sets = {c: v for c, v in sets.items() if any(c in one.sets for one in after.decisions)}
    if after.problems:
        text = after.problems[0]
        return (
            _told("refused", "拒绝", text),
            Label(""),
            because,
            True,
            None,
        )
    if after.attached_to is not None:
        return Label("added to an existing record", "并入已有记录"), Label(""), because, True, None
    if sets:
        would = _listed(spec, sets, named)
        has = _listed(spec, {c: row.get(c) for c in sets}, named)
        return would, has, because, any(row.get(c) != v for c, v in sets.items()), None
    return _acts(after, because, model)


def _told(what: str, what_zh: str, problem: Problem) -> Label:
    """Return what a rule says against a record, in both languages."""
    return Label(f"{what}: {problem.message}", f"{what_zh}：{in_language(problem, 'zh').message}")


def _acts(after: Draft, because: Label, model: Model) -> Told | None:
    if after.follow:
        made = [
            model.objects[one].label for one in sorted({one.object_name for one in after.follow})
        ]
        english, chinese = (", ".join(one.text(tongue) for one in made) for tongue in ("en", "zh"))
        return Label(f"creates: {english}", f"新建：{chinese}"), Label(""), because, False, None
    if after.effects:
        return Label("sends messages", "发送通知"), Label(""), because, False, None
    if after.warnings:
        return _told("warns", "提示", after.warnings[0]), Label(""), because, False, None
    if after.decisions:
        return because, Label(""), because, False, None
    return None


def _listed(spec: ObjectType, values: Mapping[str, Any], named: Mapping[str, str]) -> Label:
    parts = {
        language: ", ".join(
            f"{spec.fields[code].label.text(language)}: {_shown(spec, code, value, named, language)}"
            for code, value in values.items()
            if code in spec.fields
            and code not in ("owned_at", "pool" if values.get("owner") else "")
        )
        for language in ("en", "zh")
    }
    return Label(parts["en"], parts["zh"])


def _shown(spec: ObjectType, code: str, value: Any, named: Mapping[str, str], language: str) -> str:
    if value is None:
        return "–"
    if str(value) in named:
        return named[str(value)]
    return spec.fields[code].type.format(value, language, "UTC")


def _names(
    facts: Rehearsal, drafts: Sequence[Draft], rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the names of the people whom drafts and rows name as owners, by id."""
    values = [*(draft.values for draft in drafts), *rows.values()]
    ids = {str(one[code]) for one in values for code in PEOPLE if one.get(code)}
    found = facts.rows("user", ids, names={"name"}) if ids else {}
    return {person: str(row.get("name") or person) for person, row in found.items()}
