"""A public pool at work: who sees what of it, which records belong into it, how long they stay, and who is reminded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Change, Draft, Effect, Operation, TimerRequest
from fieldstone.expressions.expression import Expression
from fieldstone.rules.assignments import Template
from fieldstone.rules.contract import RESTORED, Due, DueTimer, Facts, Rule, Verdict
from fieldstone.rules.ladder import NORMAL
from fieldstone.rules.notices import Audience, message
from fieldstone.rules.wording import language_of

PREVIEW, BLIND, HIDDEN = "preview", "blind", "hidden"
VISIBILITIES: Final = (PREVIEW, BLIND, HIDDEN)
AGED: Final = "aged"
UNCLAIMED: Final = "unclaimed:"
ANY: Final = "default"
MOST_REPEATS: Final = 20


@dataclass(frozen=True)
class Member:
    """A group that works with the pool. `group` is "role:sales", "team:north"; `sees` None: every record.

    `visibility` "" is the pool's own.
    """

    group: str
    sees: Expression | None = None
    admin: bool = False
    visibility: str = ""


@dataclass(frozen=True)
class Exit:
    """Records that come to meet `when` leave the pool for another one, or (pool "") for nobody's."""

    when: Expression
    pool: str
    label: Label


@dataclass(frozen=True)
class Unclaimed:
    """A message when nobody has claimed a record for a while: sooner, oftener and by more channels for better grades.

    `after` and `by` hold spans and channels by the value of the pool's `by` field, or under "default".
    """

    after: Mapping[str, Span]
    by: Mapping[str, tuple[str, ...]]
    audiences: tuple[Audience, ...]
    repeats: Mapping[str, int]
    message: Template | None
    strengths: Mapping[str, str] = field(default_factory=dict)

    def strength(self, band: str) -> str:
        """Return how strongly the page shows it."""
        return self.strengths.get(band, self.strengths.get(ANY, NORMAL))

    def span(self, band: str) -> Span | None:
        """Return after which time records of a band are told of, None for never."""
        return self.after.get(band, self.after.get(ANY))

    def channels(self, band: str) -> tuple[str, ...]:
        """Return by which channels."""
        return self.by.get(band, self.by.get(ANY, ("in_page",)))

    def times(self, band: str) -> int:
        """Return how often."""
        return 1 + self.repeats.get(band, self.repeats.get(ANY, 0))


@dataclass(frozen=True)
class Pool:
    """The body of a pool rule; the rule's code is the pool's code, its label the pool's name.

    No members: whoever may read the object. `sort` holds (field, descending).
    """

    members: tuple[Member, ...]
    masked: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    columns: tuple[str, ...]
    visibility: str = PREVIEW
    shown_blind: tuple[str, ...] = ()
    enter: Expression | None = None
    exits: tuple[Exit, ...] = ()
    precedence: int = 100
    is_default: bool = False
    transfers: tuple[str, ...] = ()
    max_age: Span | None = None
    dead: str = ""
    dead_label: Label | None = None
    reasons: tuple[tuple[str, Label], ...] = ()
    reason_required: bool = False
    by: str = ""
    unclaimed: tuple[Unclaimed, ...] = ()

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return the entry and exit rules, who is told and what the messages say."""
        people = [one.person for r in self.unclaimed for one in r.audiences]
        texts = [one for r in self.unclaimed if r.message for _, one in r.message.holes]
        conditions = [self.enter, *(one.when for one in self.exits), *people]
        return (*(one for one in conditions if one is not None), *texts)

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Refuse what does not belong here, send on what has to leave, and start the clocks of what came in."""
        verdicts: dict[int, Verdict] = {}
        for place, draft in enumerate(drafts):
            here = draft.row.get("pool") == rule.code
            came = here and draft.changed("pool")
            if came and self.enter is not None and not self.takes(draft.row, facts):
                verdicts[place] = self._unfit(rule, draft, facts)
            elif here and (found := self._exit(draft.row, facts)) is not None:
                verdicts[place] = self._sent_on(rule, found, draft)
            elif came or (here and draft.change.action == RESTORED):
                timers = self._timers(rule, draft, facts)
                if timers:
                    verdicts[place] = Verdict(_CAME, timers=timers, silent=True)
            elif draft.before is not None and draft.before.get("pool") == rule.code and not here:
                verdicts[place] = Verdict(_LEFT, timers=self._cleared(rule), silent=True)
        return verdicts

    def due(self, rule: Rule, due: Sequence[Due], facts: Facts) -> Mapping[int, Verdict]:
        """Return what becomes of records that lay here for too long, and who is told that nobody claimed them."""
        verdicts = {}
        for place, (timer, draft) in enumerate(due):
            if draft.row.get("pool") == rule.code and not draft.row.get("owner"):
                verdict = self._acted(rule, timer, draft, facts)
                if verdict is not None:
                    verdicts[place] = verdict
        return verdicts

    def takes(self, row: Mapping[str, object], facts: Facts) -> bool:
        """Tell whether a record belongs into this pool."""
        return self.enter is None or self.enter.evaluate(row, facts.env) is True

    def memberships(self, groups: Collection[str]) -> tuple[Member, ...]:
        """Return as what a person belongs to the pool; `groups` are theirs: {"role:sales", "team:north", ...}."""
        if not self.members:
            return (Member(""),)
        return tuple(member for member in self.members if member.group in groups)

    def administers(self, groups: Collection[str]) -> bool:
        """Tell whether a person looks after the pool."""
        return any(member.admin for member in self.memberships(groups))

    def visibility_for(self, groups: Collection[str]) -> str:
        """Return how much a person sees before the claim: of several memberships the most; its admins see all."""
        found = {one.visibility or self.visibility for one in self.memberships(groups)}
        if self.administers(groups):
            return PREVIEW
        return next((one for one in VISIBILITIES if one in found), HIDDEN)

    def visible(self, groups: Collection[str]) -> tuple[Expression, ...] | None:
        """Return the conditions of which one must hold for a record to be seen; () is all, None is nothing."""
        found = [
            one
            for one in self.memberships(groups)
            if one.admin or (one.visibility or self.visibility) != HIDDEN
        ]
        if not found:
            return None
        if any(member.sees is None for member in found):
            return ()
        return tuple(member.sees for member in found if member.sees is not None)

    def listed(self, title: str, visibility: str) -> frozenset[str]:
        """Return the fields that a list shows before anybody opens a record: in a blind pool none that tells who it is."""
        if visibility == BLIND:
            return frozenset(self.shown_blind) - {title, *self.masked}
        return frozenset((title, *self.columns))

    def _acted(self, rule: Rule, timer: DueTimer, draft: Draft, facts: Facts) -> Verdict | None:
        if timer.kind == AGED:
            return self._aged(rule)
        place, _, time = timer.kind.removeprefix(UNCLAIMED).partition(":")
        if not place.isdigit() or int(place) >= len(self.unclaimed):
            return None
        return self._reminded(rule, int(place), int(time or 0), draft, facts)

    def _unfit(self, rule: Rule, draft: Draft, facts: Facts) -> Verdict:
        language = language_of(facts)
        read = self.enter
        asked = Label("") if read is None else Label(read.read_back("en"), read.read_back("zh"))
        name = rule.label
        because = Label(
            f"{name.en} takes only records for which {asked.en}.",
            f"{name.text('zh')}只接收符合条件的记录：{asked.text('zh')}。",
        )
        if draft.change.trusted and not draft.change.action:
            # A rule sent it: better in the wrong pool than lost; whoever looks after it is told why.
            return Verdict(because, timers=self._timers(rule, draft, facts))
        problem = Problem("pool_entry", "pool", because.text(language), _OTHER_POOL.text(language))
        return Verdict(because, problems=(problem,))

    def _exit(self, row: Mapping[str, object], facts: Facts) -> Exit | None:
        return next((one for one in self.exits if one.when.evaluate(row, facts.env) is True), None)

    def _sent_on(self, rule: Rule, found: Exit, draft: Draft) -> Verdict:
        why = Label(found.when.read_back("en"), found.when.read_back("zh"))
        because = Label(
            f"left {rule.label.en} for {found.label.en}: {why.en}",
            f"离开{rule.label.text('zh')}，进入{found.label.text('zh')}：{why.text('zh')}",
        )
        return Verdict(
            because,
            sets={"pool": found.pool or None},
            timers=self._cleared(rule),
            reason="pool_exit",
            follow=() if found.pool else (_looked_at_again(draft),),
        )

    def _timers(self, rule: Rule, draft: Draft, facts: Facts) -> tuple[TimerRequest, ...]:
        calendar = facts.calendar(rule.calendar)
        since = draft.change.as_of or facts.now
        timers = []
        if self.max_age is not None:
            timers.append(TimerRequest(rule.code, AGED, calendar.after(since, self.max_age)))
        for place, one in enumerate(self.unclaimed):
            span = one.span(self._band(draft.row))
            due = calendar.after(since, span) if span is not None else None
            timers.append(TimerRequest(rule.code, f"{UNCLAIMED}{place}:0", due))
        return tuple(timers)

    def _cleared(self, rule: Rule) -> tuple[TimerRequest, ...]:
        kinds = [AGED] if self.max_age is not None else []
        kinds += [
            f"{UNCLAIMED}{place}:{time}"
            for place, one in enumerate(self.unclaimed)
            for time in range(max((*one.repeats.values(), 0)) + 1)
        ]
        return tuple(TimerRequest(rule.code, kind, None) for kind in kinds)

    def _aged(self, rule: Rule) -> Verdict | None:
        span = self.max_age
        if span is None:
            return None
        target = self.dead_label or Label(self.dead)
        because = Label(
            f"lay in {rule.label.en} for {span.label.en} and was claimed by nobody: to {target.en}",
            f"在{rule.label.text('zh')}停留 {span.label.text('zh')}无人领取，转入{target.text('zh')}",
        )
        return Verdict(because, sets={"pool": self.dead}, reason="aged")

    def _reminded(
        self, rule: Rule, place: int, time: int, draft: Draft, facts: Facts
    ) -> Verdict | None:
        one, band = self.unclaimed[place], self._band(draft.row)
        span = one.span(band)
        if span is None:
            return None
        text, unnamed = self._wording(rule, one, draft, facts), _unnamed(rule)
        timers: tuple[TimerRequest, ...] = ()
        if time + 1 < one.times(band):
            again: datetime = facts.calendar(rule.calendar).after(facts.now, span)
            timers = (TimerRequest(rule.code, f"{UNCLAIMED}{place}:{time + 1}", again),)
        people = dict.fromkeys(p for who in one.audiences for p in who.ids(draft.row, facts))
        known = facts.belonging(list(people))
        effects = []
        for person in people:
            groups = known[person].groups if person in known else ()
            said = text if self._may_be_told(one, groups) else unnamed
            payload = message(draft, said, strength=one.strength(band))
            effects += [
                Effect(channel, person, "unclaimed", payload) for channel in one.channels(band)
            ]
        return Verdict(text, effects=tuple(effects), timers=timers)

    def _wording(self, rule: Rule, one: Unclaimed, draft: Draft, facts: Facts) -> Label:
        if one.message is not None:
            return one.message.filled(draft.row, facts)
        return _unnamed(rule)

    def _may_be_told(self, one: Unclaimed, groups: Collection[str]) -> bool:
        """Tell whether a message may say of a record what it says: a member is told no more than the pool shows them."""
        if one.message is None or not self.memberships(groups) or self.administers(groups):
            return True
        named = {name for _, hole in one.message.holes for name in (*hole.names, *hole.paths)}
        if self.visibility_for(groups) != PREVIEW:
            return named <= set(self.shown_blind)
        return named.isdisjoint(self.masked)

    def _band(self, row: Mapping[str, object]) -> str:
        value = row.get(self.by) if self.by else None
        return ANY if value is None else str(value)


def fitting_pool(
    rules: Iterable[Rule], pools: Collection[str], row: Mapping[str, object], facts: Facts
) -> tuple[str, Label] | None:
    """Return the pool that a record belongs into, and why: of several the one that comes first by precedence.

    Pools with an entry rule go before the default one; None when the object has no pool that takes it.
    """
    bodies = [
        (rule, rule.body)
        for rule in rules
        if isinstance(rule.body, Pool) and rule.enabled and rule.code in pools
    ]
    taking = [(rule, body) for rule, body in bodies if body.enter and body.takes(row, facts)]
    if taking:
        rule, body = min(taking, key=lambda one: (one[1].precedence, one[0].code))
        others = len(taking) - 1
        because = Label(
            f"{rule.label.en} takes it, precedence {body.precedence}"
            + (f" before {others} other" if others else ""),
            f"{rule.label.text('zh')}接收，优先级 {body.precedence}"
            + (f"，先于其他 {others} 个公海" if others else ""),
        )
        return rule.code, because
    open_ones = [(rule, body) for rule, body in bodies if body.enter is None]
    if not open_ones:
        return None
    rule, body = min(open_ones, key=lambda one: (not one[1].is_default, one[1].precedence))
    return rule.code, Label(
        f"{rule.label.en} is where the rest goes", f"默认进入{rule.label.text('zh')}"
    )


def _unnamed(rule: Rule) -> Label:
    return Label(
        f"A record in {rule.label.en} waits to be claimed.",
        f"{rule.label.text('zh')}有记录等待领取。",
    )


_CAME = Label("came into the pool", "进入公海")
_LEFT = Label("left the pool", "离开公海")
_OTHER_POOL = Label("Choose another pool.", "请选择其他公海。")


def _looked_at_again(draft: Draft) -> Change:
    """Return the change by which assignment, which has spoken already, sees a record that lies nowhere now."""
    return Change(
        draft.change.object_name,
        Operation.UPDATE,
        {},
        draft.record_id,
        trusted=True,
        reason="pool_exit",
    )
