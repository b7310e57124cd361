"""Finds records that are there already, by keys that are equal once normalised, also within one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Change, Draft, Effect, Operation
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Found, Rule, Verdict
from fieldstone.rules.match_keys import Plan, match_keys
from fieldstone.rules.notices import message
from fieldstone.rules.wording import language_of, masked

ACTIONS = ("alert", "block", "link")
STATES = ("open", "won", "lost", "pooled")
SHOWN = 5


@dataclass(frozen=True)
class Against:
    """Another object to look into: our key's name and the stored key of that object."""

    object_name: str
    label: Label
    keys: Mapping[str, str]
    action: str


@dataclass(frozen=True)
class Match:
    """What one draft shares with one record; `draft_place` is set for an earlier row of the same batch."""

    key: str
    against: Against
    found: Found


@dataclass(frozen=True)
class Feed:
    """How the feed of the record found is told: an activity that points to it."""

    object_name: str
    links: Mapping[str, str]  # object found -> lookup field of the activity
    values: Mapping[str, object]
    subject: str
    owner: str = ""  # the field that makes the owner of the record found the owner of the activity


@dataclass(frozen=True)
class Duplicate:
    """The body of a duplicate rule. `keys` holds our stored key by its written name."""

    keys: Mapping[str, str]
    labels: Mapping[str, Label]
    fields: Mapping[str, tuple[str, ...]]
    against: tuple[Against, ...]
    counts: frozenset[str]
    notify_owner: bool
    may_override: bool
    into: str
    feed: Feed | None
    plan: Mapping[str, Plan]

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: keys are plain fields."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return what to do with drafts that match a stored record or an earlier row of the batch."""
        own = self.plan[rule.object_name]
        values = {
            place: _own_values(match_keys(own, draft.row))
            for place, draft in enumerate(drafts)
            if self._is_looked_at(draft)
        }
        stored = self._stored(values, facts)
        seen: dict[tuple[str, str], tuple[int, str]] = {}
        verdicts: dict[int, Verdict] = {}
        for place, keys in values.items():
            draft = drafts[place]
            matches = self._matches(draft, keys, stored) or self._earlier(rule, keys, seen, drafts)
            if matches:
                verdicts[place] = self._verdict(draft, matches, facts)
            verdict = verdicts.get(place)
            if verdict is None or not verdict.problems:
                target = verdict.attach_to if verdict and verdict.attach_to else draft.record_id
                for name, value in keys.items():
                    seen.setdefault((name, value), (place, target))
        return self._with_notices(verdicts, drafts, stored)

    def _is_looked_at(self, draft: Draft) -> bool:
        if draft.before is None:
            return True
        return any(draft.changed(name) for names in self.fields.values() for name in names)

    def _stored(
        self, values: Mapping[int, Mapping[str, str]], facts: Facts
    ) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        """Look all values of the batch up at once: by (object, its key, value)."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for against in self.against:
            for name, key in against.keys.items():
                ours = self.keys[name]
                asked = {keys[ours] for keys in values.values() if ours in keys}
                if asked:
                    wanted[against.object_name, key] = sorted(asked)
        return facts.found(wanted) if wanted else {}

    def _matches(
        self,
        draft: Draft,
        keys: Mapping[str, str],
        stored: Mapping[tuple[str, str, str], tuple[Found, ...]],
    ) -> list[Match]:
        matches: dict[str, Match] = {}
        for against in self.against:
            for name, key in against.keys.items():
                value = keys.get(self.keys[name])
                for found in stored.get((against.object_name, key, value or ""), ()):
                    if found.record_id != draft.record_id and _state(found) in self.counts:
                        matches.setdefault(found.record_id, Match(name, against, found))
        return list(matches.values())

    def _earlier(
        self,
        rule: Rule,
        keys: Mapping[str, str],
        seen: Mapping[tuple[str, str], tuple[int, str]],
        drafts: Sequence[Draft],
    ) -> list[Match]:
        """Return the match with an earlier row of this batch, which is not stored yet."""
        itself = next((one for one in self.against if one.object_name == rule.object_name), None)
        if itself is None:
            return []
        for name in itself.keys:
            hit = seen.get((self.keys[name], keys.get(self.keys[name], "")))
            if hit is not None:
                row = drafts[hit[0]].row
                owner = row.get("owner")
                title = str(row.get("name") or row.get("title") or "")
                found = Found(rule.object_name, hit[1], title, str(owner) if owner else None)
                return [Match(name, itself, found)]
        return []

    def _verdict(self, draft: Draft, matches: Sequence[Match], facts: Facts) -> Verdict:
        action = self._action(draft, matches)
        because = self._because(matches)
        language = language_of(facts)
        first = matches[0]
        problem = Problem(
            "duplicate",
            self.fields[first.key][0],
            f"{because.text(language)[:1].upper()}{because.text(language)[1:]}{_END.text(language)}",
            (_ANYWAY if self.may_override else _OTHER).text(language),
        )
        candidates = tuple(
            Candidate(
                m.found.record_id, masked(m.found.title), m is first, _shares(self.labels[m.key])
            )
            for m in matches[:SHOWN]
        )
        if action == "block":
            return Verdict(because, problems=(problem,), candidates=candidates)
        if action == "link":
            told = Label(f"added to it: {because.en}", f"已并入：{because.text('zh')}")
            return Verdict(told, candidates=candidates, attach_to=first.found.record_id)
        same_object = first.found.object_name == draft.change.object_name
        sets = {self.into: first.found.record_id} if self.into and same_object else {}
        return Verdict(because, sets=sets, warnings=(problem,), candidates=candidates)

    def _action(self, draft: Draft, matches: Sequence[Match]) -> str:
        """Return the strictest action of the matches; only a new record of the same object can be linked."""
        wanted = {match.against.action for match in matches}
        if "block" in wanted and not (self.may_override and draft.change.allow_duplicate):
            return "block"
        linkable = matches[0].found.object_name == draft.change.object_name
        if (
            "link" in wanted
            and linkable
            and draft.before is None
            and not draft.change.allow_duplicate
        ):
            return "link"
        return "alert"

    def _because(self, matches: Sequence[Match]) -> Label:
        first = matches[0]
        name, key = masked(first.found.title), self.labels[first.key]
        more = len(matches) - 1
        return Label(
            f"{first.against.label.en} {name} has the same {key.en}"
            + (f", and {more} more" if more else ""),
            f"{first.against.label.text('zh')}“{name}”的{key.text('zh')}相同"
            + (f"，另有 {more} 条" if more else ""),
        )

    def _with_notices(
        self,
        verdicts: dict[int, Verdict],
        drafts: Sequence[Draft],
        stored: Mapping[tuple[str, str, str], tuple[Found, ...]],
    ) -> dict[int, Verdict]:
        """Tell owners and feeds of the records found, each owner once per batch."""
        known = {one.record_id: one for several in stored.values() for one in several}
        told: set[str] = set()
        for place, verdict in verdicts.items():
            hits = [known[c.id] for c in verdict.candidates if c.id in known]
            effects: list[Effect] = []
            for found in hits if self.notify_owner else ():
                if (
                    found.owner is None
                    or found.owner in told
                    or found.owner == drafts[place].row.get("owner")
                ):
                    continue
                told.add(found.owner)
                effects.append(_notice(found, drafts[place]))
            follow = self._feed_entries(hits, drafts[place])
            verdicts[place] = _with(verdict, effects, follow)
        return verdicts

    def _feed_entries(self, hits: Iterable[Found], draft: Draft) -> tuple[Change, ...]:
        feed = self.feed
        if feed is None:
            return ()
        return tuple(
            Change(
                feed.object_name,
                Operation.CREATE,
                {
                    **feed.values,
                    **({feed.subject: _ARRIVED.en} if feed.subject else {}),
                    **({feed.owner: found.owner} if feed.owner and found.owner else {}),
                    feed.links[found.object_name]: found.record_id,
                },
                trusted=True,
            )
            for found in hits
            if found.object_name in feed.links
        )


def _own_values(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {key: values[0] for key, values in keys.items()}


def _state(found: Found) -> str:
    if found.pool:
        return "pooled"
    return found.stage_kind if found.stage_kind in STATES else "open"


def _shares(label: Label) -> Label:
    return Label(f"same {label.en}", f"{label.text('zh')}相同")


def _notice(found: Found, draft: Draft) -> Effect:
    payload = message(
        draft,
        Label(
            f"A new entry matches your record {found.title}.",
            f"新录入的数据与您的“{found.title}”重复。",
        ),
        found={"object": found.object_name, "id": found.record_id},
    )
    return Effect("in_page", str(found.owner), "duplicate", payload)


def _with(verdict: Verdict, effects: Iterable[Effect], follow: Iterable[Change]) -> Verdict:
    return Verdict(
        verdict.because,
        verdict.sets,
        verdict.problems,
        verdict.warnings,
        effects=tuple(effects),
        follow=() if verdict.problems else tuple(follow),
        candidates=verdict.candidates,
        attach_to=verdict.attach_to,
    )


_END = Label(".", "。")
_ANYWAY = Label(
    "Open the existing record, or save with 'add anyway'.", "请打开已有记录，或选择“仍要新增”。"
)
_OTHER = Label("Open the existing record instead.", "请直接使用已有记录。")
_ARRIVED = Label("A new lead with the same details has arrived", "收到一条信息相同的新线索")
