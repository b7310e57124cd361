"""What a source of records is: how they arrive, what they say, how much of it is let in, who gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Found, Person, Rule, Verdict
from fieldstone.rules.match_keys import Plan, match_keys

VIAS: Final = ("form", "hook", "email", "import", "cards")
CLASSES: Final = ("own", "paid", "free", "other")
TRACKED: Final = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "referrer",
    "page",
)
COSTS: Final = ("flat", "cpl", "cpc")
NO_LABEL: Final = Label("")
CLASS_LABELS: Final = {
    "own": Label("own media", "自有渠道"),
    "paid": Label("paid", "付费渠道"),
    "free": Label("free", "免费渠道"),
    "other": Label("other", "其他渠道"),
}  # fmt: skip


ACTORS: Final = UUID("6f1c9a52-6f0f-5a57-9b7e-3a1f0f6a2d11")


def actor_id(code: str) -> str:
    """Return the id under which a source writes; the same on every machine."""
    return str(uuid5(ACTORS, code))


@dataclass(frozen=True)
class Mapped:
    """Where one field's value comes from: a dotted path of what arrives, or a text with {paths} in it."""

    code: str
    path: str = ""
    template: str = ""
    translate: Mapping[str, object] = field(default_factory=dict)  # folded text -> value
    default: object = None


@dataclass(frozen=True)
class Fixed:
    """A value that every record of the source gets.

    With `by`, the record that the lookup finds by this field; with `make`, one that is made where there is none.
    """

    code: str
    value: object
    by: str = ""
    make: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CampaignField:
    """The lookup that keeps the campaign, and the fields of a campaign that `utm_campaign` may name, in order."""

    code: str
    object_name: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class FormField:
    """One question of a public form; the label and the choices are those of the object's field."""

    code: str
    required: bool = False
    label: Label | None = None
    help: Label | None = None


@dataclass(frozen=True)
class Form:
    """A public form. `origins` are the sites that may embed it or post to it."""

    title: Label
    intro: Label
    fields: tuple[FormField, ...]
    submit: Label
    thanks: Label
    redirect: str = ""
    origins: tuple[str, ...] = ()
    hue: int | None = None


@dataclass(frozen=True)
class Consent:
    """What a person agrees to; its text and version are kept with each arrival."""

    text: Label
    version: str
    required: bool = True
    link: str = ""


@dataclass(frozen=True)
class Captcha:
    """Protection against programs, without anybody else's service."""

    honeypot: bool = True
    seconds: int = 2
    work: int = 0  # leading zero bits that the browser must find
    token: bool = True


@dataclass(frozen=True)
class Limit:
    """How much is let in: by the source in a minute and a day, by one address in an hour. 0: no limit."""

    per_minute: int = 0
    per_day: int = 0
    per_address: int = 0
    queue: bool = True  # what comes above the limit waits; else it is refused


@dataclass(frozen=True)
class Mailbox:
    """A mailbox that the worker empties by IMAP. `password` names an environment variable."""

    host: str
    user: str
    password: str
    port: int = 993
    security: str = "tls"  # tls, starttls, none
    folder: str = "INBOX"
    minutes: int = 1


@dataclass(frozen=True)
class Cost:
    """What the source costs: a sum a month, a price for each lead, or for each click."""

    model: str
    amount: Decimal


@dataclass(frozen=True)
class Source:
    """The body of a capture_source rule; the rule's code is the source's name in addresses."""

    via: str
    channel_class: str
    mapped: tuple[Mapped, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    utm: Mapping[str, str] = field(default_factory=dict)
    tracking: Mapping[str, str] = field(default_factory=dict)  # what is tracked -> field
    campaign: CampaignField | None = None
    keys: Mapping[str, Plan] = field(default_factory=dict)  # object -> stored key -> fields
    own_keys: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str, str], ...] = ()  # (own key, object, its key)
    counts: frozenset[str] = frozenset({"open", "pooled"})
    fill: bool = True
    idempotency: str = ""
    limit: Limit = Limit()
    auth: str = "signature"
    secret_version: int = 1
    captcha: Captcha = Captcha()
    opt_in: str = ""
    consent: Consent | None = None
    cost: Cost | None = None
    pool: str = ""
    pool_label: Label = NO_LABEL
    team: str = ""
    retention_days: int = 180
    touch: str = ""
    links: Mapping[str, str] = field(default_factory=dict)  # object -> lookup field of the touch
    form: Form | None = None
    mailbox: Mailbox | None = None

    @property
    def plan(self) -> Mapping[str, Plan]:
        """Return the keys that storage must keep, so that known people are found."""
        return self.keys

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: a source looks at plain values."""
        return ()

    def asks_for(self, one: FormField, *, anyway: bool) -> bool:
        """Tell whether a form is not taken without an answer; `anyway`: its object asks for the field."""
        return one.required or anyway or one.code == self.opt_in

    def action(self, code: str) -> str:
        """Return what the changes of this source call themselves; no action can be called so."""
        return f"capture:{code}"

    def known(
        self, object_name: str, values: Mapping[str, object], facts: Facts
    ) -> tuple[Found, ...]:
        """Return the records of people who arrive again: those of the source's object first, the oldest first.

        The values stay locked until the end of the transaction, so that of two arrivals the second finds the first.
        """
        own = match_keys(self.keys.get(object_name, {}), values)
        asked: dict[tuple[str, str], list[str]] = {}
        for ours, theirs, key in self.pairs:
            if ours in own:
                asked.setdefault((theirs, key), []).extend(own[ours])
        if not asked:
            return ()
        found = facts.found(asked)
        hits = {one.record_id: one for several in found.values() for one in several}
        return tuple(
            sorted(hits.values(), key=lambda one: (one.object_name != object_name, one.record_id))
        )

    def takes(self, found: Found) -> bool:
        """Tell whether a record that is there already takes the arrival, in place of a new record."""
        state = "pooled" if found.pool else found.stage_kind or "open"
        return state in self.counts

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Say where a new record came from, and give it to the source's pool or team when no rule gave it away."""
        free = {
            place: draft
            for place, draft in enumerate(drafts)
            if draft.before is None and draft.change.action == self.action(rule.code)
        }
        turns = self._turns(rule.object_name, facts, sum(_waits(draft) for draft in free.values()))
        return {place: self._verdict(rule, draft, turns) for place, draft in free.items()}

    def _verdict(self, rule: Rule, draft: Draft, turns: Iterator[Person]) -> Verdict:
        kind = CLASS_LABELS[self.channel_class]
        because = Label(
            f"arrived through {rule.label.en} ({kind.en})",
            f"来自“{rule.label.text('zh')}”（{kind.text('zh')}）",
        )
        if not _waits(draft):
            return Verdict(because)
        person = next(turns, None)
        if person is not None:
            return Verdict(
                Label(
                    f"{because.en}; {person.name} of its team",
                    f"{because.text('zh')}；由团队成员{person.name}跟进",
                ),
                sets={"owner": person.id},
            )
        if self.pool:
            pool = self.pool_label
            return Verdict(
                Label(
                    f"{because.en}; waits in {pool.en}",
                    f"{because.text('zh')}；进入{pool.text('zh')}",
                ),
                sets={"pool": self.pool},
            )
        return Verdict(because)

    def _turns(self, object_name: str, facts: Facts, count: int) -> Iterator[Person]:
        """Return the team's people in order of what they have, as often as there are records for them."""
        if not self.team or not count:
            return iter(())
        able = [
            one
            for one in facts.people(f"team:{self.team}")
            if one.active and not (one.absent_until and one.absent_until > facts.now)
        ]
        load = dict(facts.workload(object_name, [one.id for one in able], None)) if able else {}
        return _least_loaded(able, load)


def _least_loaded(people: Sequence[Person], load: dict[str, int]) -> Iterator[Person]:
    while people:
        chosen = min(people, key=lambda one: (load.get(one.id, 0), one.name, one.id))
        load[chosen.id] = load.get(chosen.id, 0) + 1
        yield chosen


def _waits(draft: Draft) -> bool:
    """Tell whether nobody has the record yet."""
    return not draft.row.get("owner") and not draft.row.get("pool") and not draft.refused
