"""What one person may take from a pool now: quotas by period, and what else must hold before a claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.workdays import Span, zone_of
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.claim_quota import (
    CLAIMS,
    DAY,
    NET,
    POOL,
    VIEWS,
    Allowance,
    Quota,
    length_of,
    minute_of,
    period_said,
)
from fieldstone.rules.contract import Facts, Rule, Standing, Verdict
from fieldstone.rules.groups import PRECEDENCE
from fieldstone.rules.ranking_schema import CLAIMS as EXTRA_CLAIMS
from fieldstone.rules.wording import language_of


@dataclass(frozen=True)
class Gate:
    """Records that meet `when` are claimed only where `needs` holds, for the person and the record."""

    when: Expression
    needs: Expression
    message: Label | None = None


@dataclass(frozen=True)
class Unfinished:
    """A person who holds `most` records that meet `counts` finishes some before taking more."""

    counts: Expression
    most: int
    message: Label | None = None


@dataclass(frozen=True)
class Claim:
    """The body of a claim rule. Claiming asks it inside its transaction, before anything is spent."""

    pools: tuple[str, ...]
    quotas: tuple[Quota, ...] = ()
    zone: str = ""
    min_interval: Span | None = None
    batch_max: int = 0
    embargo: Span | None = None
    gates: tuple[Gate, ...] = ()
    window: str = ""
    unfinished: Unfinished | None = None
    return_free: Span | None = None
    ranking: str = (
        ""  # a ranking programme: what its ranks add to the claims of a day, and keep for some
    )

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is asked of a record: by gates, and whether it will have to be finished first."""
        gates = (one for gate in self.gates for one in (gate.when, gate.needs))
        return (*gates, *([self.unfinished.counts] if self.unfinished else []))

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: claiming asks before it writes."""
        return {}

    def quotas_for(self, groups: Sequence[str]) -> tuple[Quota, ...]:
        """Return the quotas of a person: of rivals the nearest (person, role, team, department, everybody).

        Of several roles the most generous counts; what a group has together counts besides.
        """
        own: dict[tuple[str, str, Span | None], Quota] = {}
        for quota in (one for one in self.quotas if not one.together):
            rank = _rank(quota, groups)
            known = own.get(quota.kind)
            if rank is not None and (
                known is None or _nearer(rank, quota, _rank(known, groups), known)
            ):
                own[quota.kind] = quota
        shared = [one for one in self.quotas if one.together and one.group in (POOL, *groups)]
        return (*own.values(), *shared)

    def counts_views(self) -> bool:
        """Tell whether looking at a record is charged."""
        return any(quota.counts == VIEWS for quota in self.quotas)


@dataclass
class Till:
    """Where one person stands with one claim rule; `taken` grows while a batch is claimed."""

    rule: Rule
    body: Claim
    pool: str
    allowances: tuple[Allowance, ...]
    obstacles: tuple[Problem, ...]
    subjects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    taken: int = 0
    standing: Standing = field(default_factory=Standing)
    unfinished: int = 0  # what the person holds and must finish first

    def take(self, row: Mapping[str, object], facts: Facts) -> None:
        """Count a record that was claimed; it may be one more to finish."""
        self.taken += 1
        first = self.body.unfinished
        if first is not None and first.counts.evaluate(row, facts.env) is True:
            self.unfinished += 1

    def left(self, counts: frozenset[str] = frozenset({CLAIMS, NET})) -> int | None:
        """Return how many more claims go through, None without a limit."""
        several = [one.left for one in self.allowances if one.quota.counts in counts]
        return max(0, min(several) - self.taken) if several else None

    def used_up(self, counts: frozenset[str] = frozenset({CLAIMS, NET})) -> Allowance | None:
        """Return the quota that allows no more, None when all do."""
        return next(
            (
                one
                for one in self.allowances
                if one.quota.counts in counts and one.left <= self.taken
            ),
            None,
        )


def till_of(rule: Rule, pool: str, person: str, facts: Facts) -> Till:
    """Return where a person stands. In a write the accounts are locked first, in one order, and then read."""
    body = rule.body
    if not isinstance(body, Claim):
        raise TypeError(f"rule {rule.code} is no claim rule")
    known = facts.belonging([person]).get(person)
    standing = standing_of(body, person, facts)
    quotas = tuple(_grown(one, standing) for one in body.quotas_for(known.groups if known else ()))
    subjects: dict[str, set[str]] = {CLAIMS: {person}}
    for quota in quotas:
        subjects.setdefault(quota.counts, set()).add(quota.subject(person, pool))
    facts.hold(rule.code, sorted({one for several in subjects.values() for one in several}))
    zone, unfinished = zone_of_policy(rule, body, facts), _unfinished(rule, body, person, facts)
    allowances = tuple(
        allowance_of(rule, quota, quota.subject(person, pool), zone, facts) for quota in quotas
    )
    return Till(
        rule,
        body,
        pool,
        allowances,
        tuple(_obstacles(rule, body, person, facts)),
        {ledger: frozenset(several) for ledger, several in subjects.items()},
        standing=standing,
        unfinished=unfinished,
    )


def standing_of(body: Claim, person: str, facts: Facts) -> Standing:
    """Return what a person's rank gives them for claims; nobody's where no ranking counts."""
    ranks = facts.ranking(body.ranking) if body.ranking else {}
    return ranks.get(person) or ranks.get("", Standing())


def _grown(quota: Quota, standing: Standing) -> Quota:
    """Return a person's own quota of claims a day with what their rank adds."""
    if quota.together or quota.counts != CLAIMS or quota.each != DAY:
        return quota
    return replace(quota, most=quota.most + standing.extra.get(EXTRA_CLAIMS, 0))


def zone_of_policy(rule: Rule, body: Claim, facts: Facts) -> str:
    """Return the time zone in which the rule's days begin: its own, that of its calendar, or the site's."""
    return body.zone or facts.calendar(rule.calendar).zone


def quota_refusal(till: Till, full: Allowance, facts: Facts) -> Problem:
    """Return what to tell somebody whose quota is used up."""
    language, quota = language_of(facts), full.quota
    values = {"most": quota.most, "per": period_said(quota).text(language)}
    text = _SHARED if quota.together else _OWN[quota.counts]
    cure = _ASK
    if full.frees_at is not None:
        zone = zone_of(zone_of_policy(till.rule, till.body, facts))
        cure = _AGAIN.filled_in({"at": minute_of(full.frees_at, zone)})
    code = "view_quota" if quota.counts == VIEWS else "claim_quota"
    told = Label(
        text.filled_in({**values, "per": period_said(quota).en}).en,
        text.filled_in({**values, "per": period_said(quota).text("zh")}).text("zh"),
    )
    return Problem(code, till.rule.code, told.text(language), cure.text(language))


def record_refusal(
    till: Till, row: Mapping[str, object], pooled_at: datetime | None, facts: Facts
) -> Problem | None:
    """Return why this record may not be claimed by this person now, as far as the claim rule says."""
    language, body = language_of(facts), till.body
    if body.embargo is not None and pooled_at is not None:
        free = facts.calendar(till.rule.calendar).after(pooled_at, body.embargo)
        if free > facts.now:
            at = minute_of(free, facts.env.timezone)
            told = _EMBARGO.filled_in({"at": at})
            return Problem("embargo", "pool", told.text(language), _LATER.text(language))
    reserved = till.standing.closed_to(row)
    if reserved is not None:
        text = _RESERVED.filled_in({"value": reserved})
        return Problem("claim_rank", "pool", text.text(language), _OTHER.text(language))
    for gate in body.gates:
        if gate.when.evaluate(row, facts.env) is True and not gate.needs.evaluate(row, facts.env):
            asked = Label(gate.needs.read_back("en"), gate.needs.read_back("zh"))
            text = gate.message or Label(
                _GATE.filled_in({"asked": asked.en}).en,
                _GATE.filled_in({"asked": asked.text("zh")}).text("zh"),
            )
            return Problem("claim_gate", "pool", text.text(language), _OTHER.text(language))
    return None


def allowance_of(rule: Rule, quota: Quota, subject: str, zone: str, facts: Facts) -> Allowance:
    """Return how a quota stands for an account, in the time zone of the policy."""
    since = quota.since(facts.now, zone)
    used = facts.spent(rule.code, quota.counts, subject, since)
    ends = quota.ends(facts.now, zone)
    if ends is None and used >= quota.most and quota.span is not None:
        first = facts.first_spent(rule.code, quota.counts, subject, since)
        ends = first + length_of(quota.span) if first is not None else None
    return Allowance(quota, used, ends)


def _obstacles(rule: Rule, body: Claim, person: str, facts: Facts) -> Iterable[Problem]:
    language = language_of(facts)
    if body.window and not facts.calendar(body.window).open_at(facts.now):
        yield Problem("claim_window", rule.code, _CLOSED.text(language), _OPENS.text(language))
    if body.min_interval is not None:
        last = facts.last_spent(rule.code, CLAIMS, person)
        free = last + length_of(body.min_interval) if last is not None else facts.now
        if free > facts.now:
            at = free.astimezone(facts.env.timezone).strftime("%H:%M:%S")
            told = _PAUSE.filled_in({"at": at})
            yield Problem("min_interval", rule.code, told.text(language), _WAIT.text(language))


def finish_refusal(till: Till, facts: Facts) -> Problem | None:
    """Return what to tell somebody who has to finish some before taking more, None when they have not."""
    one, language = till.body.unfinished, language_of(facts)
    if one is None or till.unfinished < one.most:
        return None
    text = one.message or _FINISH.filled_in({"held": till.unfinished, "most": one.most})
    return Problem("finish_first", till.rule.code, text.text(language), _THEN.text(language))


def _unfinished(rule: Rule, body: Claim, person: str, facts: Facts) -> int:
    if body.unfinished is None:
        return 0
    return facts.workload(rule.object_name, [person], body.unfinished.counts).get(person, 0)


def _rank(quota: Quota, groups: Sequence[str]) -> int | None:
    """Return how near a quota is to a person: 0 is their own; None: not theirs."""
    if not quota.group:
        return len(PRECEDENCE) + len(groups)
    if quota.group not in groups:
        return None
    level = PRECEDENCE.index(quota.group.partition(":")[0])
    return level + (groups.index(quota.group) if level == len(PRECEDENCE) - 1 else 0)


def _nearer(rank: int, quota: Quota, known_rank: int | None, known: Quota) -> bool:
    if known_rank is None or rank != known_rank:
        return known_rank is None or rank < known_rank
    return quota.most > known.most


_OWN: Final = {
    CLAIMS: Label(
        "You have claimed {most}, the limit {per}.", "{per}最多领取 {most} 条，您已用完。"
    ),
    NET: Label(
        "You have claimed and kept {most}, the limit {per}.",
        "{per}最多净领取 {most} 条，您已用完。",
    ),
    VIEWS: Label(
        "You have looked at {most}, the limit {per}.", "{per}最多查看 {most} 条，您已用完。"
    ),
}
_SHARED = Label(
    "{most} {per} is the limit for all together, and they are taken.",
    "{per}合计最多 {most} 条，名额已用完。",
)
_AGAIN = Label("There is more from {at}.", "{at} 之后可继续。")
_ASK = Label("Ask a manager, or wait.", "请联系主管，或稍后再试。")
_EMBARGO = Label(
    "It came into the pool just now and may be claimed from {at}.", "刚进入公海，{at} 起可领取。"
)
_RESERVED = Label(
    "Records of “{value}” are kept for higher ranks.", "“{value}”类记录仅限排名靠前者领取。"
)
_GATE = Label("Who claims it needs: {asked}.", "领取条件：{asked}。")
_OTHER = Label("Choose another one.", "请选择其他记录。")
_LATER = Label("Come back then.", "请届时再来。")
_CLOSED = Label("Nothing may be claimed at this time of day.", "当前时段不开放领取。")
_OPENS = Label("Come back in opening hours.", "请在开放时段领取。")
_PAUSE = Label(
    "You claimed a moment ago; the next claim goes from {at}.",
    "您刚刚领取过，{at} 之后可再次领取。",
)
_WAIT = Label("Wait a moment.", "请稍候。")
_FINISH = Label(
    "You have {held} that wait for you; claim when fewer than {most} do.",
    "您有 {held} 条待处理，少于 {most} 条后方可领取。",
)
_THEN = Label("Work on those first.", "请先处理这些记录。")
