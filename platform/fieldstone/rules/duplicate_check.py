"""Finds records that are there already: by keys that are equal once normalised, and by likeness; also within one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Change, Draft, Suspect
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Found, Rule, Verdict
from fieldstone.rules.duplicate_telling import Feed, Telling, joined_change
from fieldstone.rules.match_keys import Plan, match_keys
from fieldstone.rules.matching_body import Matching
from fieldstone.rules.merge import PLAIN, Merge
from fieldstone.rules.nearness import Nearness
from fieldstone.rules.wording import language_of, listed

# From the strictest to the mildest.
ACTIONS = ("block", "merge", "link", "alert", "queue")
STATES = ("open", "won", "lost", "pooled")
BINNED = "deleted"
SHOWN = 5
SURE = 100


@dataclass(frozen=True)
class Against:
    """Another object to look into: our key's name and the stored key of that object."""

    object_name: str
    label: Label
    keys: Mapping[str, str]
    action: str


@dataclass(frozen=True)
class Match:
    """What one draft shares with one record: a key, or fields in which the two agree."""

    against: Against
    found: Found
    shared: Label
    fields: tuple[str, ...]
    score: int = SURE
    exact: bool = True
    agreeing: tuple[str, ...] = ()  # by the matching rule, which may know more than the key

    @property
    def state(self) -> str:
        """Return the state of the record found: open, won, lost, pooled or deleted."""
        if self.found.stage_kind == BINNED:
            return BINNED
        if self.found.pool:
            return "pooled"
        return self.found.stage_kind if self.found.stage_kind in STATES else "open"


@dataclass(frozen=True)
class Duplicate:
    """The body of a duplicate rule. `keys` holds our stored key by its written name."""

    keys: Mapping[str, str]
    labels: Mapping[str, Label]
    fields: Mapping[str, tuple[str, ...]]
    against: tuple[Against, ...]
    counts: frozenset[str]
    telling: Telling
    may_override: bool
    overriders: frozenset[str]  # roles that may add anyway; empty: whoever may create
    into: str
    feed: Feed | None
    plan: Mapping[str, Plan]
    matching: str = ""
    suspected: str = "queue"
    by_state: Mapping[str, str] = field(default_factory=dict)
    merge_by: str = ""

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: keys are plain fields."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return what to do with drafts that match a stored record or an earlier row of the batch."""
        matching = self._matching(facts)
        looked_at = {
            place: draft
            for place, draft in enumerate(drafts)
            if self._is_looked_at(draft, matching)
        }
        if not looked_at:
            return {}
        return _Check(self, rule, drafts, facts, matching, looked_at).verdicts()

    def matches(self, rule: Rule, draft: Draft, facts: Facts) -> list[Match]:
        """Return the stored records that one draft matches: for whoever asks, not for a write."""
        matching = self._matching(facts)
        return _Check(self, rule, [draft], facts, matching, {0: draft}).matches(0)

    def _matching(self, facts: Facts) -> Matching | None:
        body = facts.body_of(self.matching) if self.matching else None
        return body if isinstance(body, Matching) else None

    def _is_looked_at(self, draft: Draft, matching: Matching | None) -> bool:
        if draft.change.action in ("merge", "unmerge"):
            return False
        if draft.before is None:
            return True
        names = {name for several in self.fields.values() for name in several}
        if matching is not None:
            names |= {one.field for one in matching.comparers}
        return any(draft.changed(name) for name in names)

    def action_for(self, match: Match, matching: Matching | None) -> str:
        """Return what to do about one match, by the state of the record found and how sure it is."""
        if match.state in self.by_state:
            return self.by_state[match.state]
        if match.exact or (matching is not None and match.score >= matching.same):
            return match.against.action
        return self.suspected

    def lets_override(self, facts: Facts) -> bool:
        """Tell whether whoever acts may add a record that is there already."""
        roles = facts.env.roles or frozenset()
        return self.may_override and (not self.overriders or not roles.isdisjoint(self.overriders))


class _Check:
    """One batch being compared."""

    def __init__(
        self,
        body: Duplicate,
        rule: Rule,
        drafts: Sequence[Draft],
        facts: Facts,
        matching: Matching | None,
        looked_at: Mapping[int, Draft],
    ) -> None:
        self.body, self.rule, self.drafts, self.facts = body, rule, drafts, facts
        self.matching = matching
        own = body.plan[rule.object_name]
        self.values = {
            place: {key: values[0] for key, values in match_keys(own, draft.row).items()}
            for place, draft in looked_at.items()
        }
        self.stored = self._stored()
        objects = {one.object_name for one in body.against}
        self.near = Nearness(matching, objects, looked_at, facts) if matching else None
        self.seen: dict[tuple[str, str], int] = {}
        self.targets: dict[int, str] = {}

    def verdicts(self) -> dict[int, Verdict]:
        """Return the verdict on each draft that matches something, with messages to owners and feeds."""
        found: dict[int, Verdict] = {}
        known: dict[str, Found] = {}
        for place, keys in self.values.items():
            matches = self._matches(place, keys)
            if matches:
                known |= {one.found.record_id: one.found for one in matches}
                found[place] = self._verdict(self.drafts[place], matches)
            verdict = found.get(place)
            if verdict is None or not verdict.problems:
                attached = verdict.attach_to if verdict else None
                self.targets[place] = attached or self.drafts[place].record_id
                for name, value in keys.items():
                    self.seen.setdefault((name, value), place)
                if self.near is not None and attached is None:
                    self.near.note(place)
        return self.body.telling.told(found, self.drafts, known, self.body.feed, self.facts)

    def matches(self, place: int) -> list[Match]:
        """Return what one draft matches."""
        return self._matches(place, self.values[place])

    def _stored(self) -> Mapping[tuple[str, str, str], tuple[Found, ...]]:
        """Look all values of the batch up at once: by (object, its key, value)."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for against in self.body.against:
            for name, key in against.keys.items():
                ours = self.body.keys[name]
                asked = {keys[ours] for keys in self.values.values() if ours in keys}
                if asked:
                    wanted[against.object_name, key] = sorted(asked)
        if not wanted:
            return {}
        return self.facts.found(wanted, deleted=BINNED in self.body.counts)

    def _matches(self, place: int, keys: Mapping[str, str]) -> list[Match]:
        draft, body = self.drafts[place], self.body
        matches: dict[str, Match] = {}
        alike = {one.record_id: (one, a) for one, a in self.near.of(place)} if self.near else {}
        for against in body.against:
            for name, key in against.keys.items():
                value = keys.get(body.keys[name], "")
                for found in self.stored.get((against.object_name, key, value), ()):
                    match = Match(against, found, body.labels[name], body.fields[name])
                    if found.record_id in alike:
                        near = alike[found.record_id][1]
                        match = replace(match, score=near.score, agreeing=near.fields)
                    if found.record_id != draft.record_id and match.state in body.counts:
                        matches.setdefault(found.record_id, match)
        for record_id, (found, likeness) in alike.items():
            like = self._near(found, likeness.score, likeness.fields)
            if record_id not in matches and like is not None:
                matches[record_id] = like
        counted = [one for one in matches.values() if one.state in body.counts]
        return counted or self._earlier(place, keys)

    def _near(self, found: Found, score: int, fields: tuple[str, ...]) -> Match | None:
        against = next((a for a in self.body.against if a.object_name == found.object_name), None)
        if against is None or self.matching is None:
            return None
        shared = listed(self.matching.label(one) for one in fields[:2])
        return Match(against, found, shared, fields, score, exact=False)

    def _earlier(self, place: int, keys: Mapping[str, str]) -> list[Match]:
        """Return the match with an earlier row of this batch, which is not stored yet."""
        body = self.body
        own = self.rule.object_name
        itself = next((one for one in body.against if one.object_name == own), None)
        if itself is None:
            return []
        for name in itself.keys:
            hit = self.seen.get((body.keys[name], keys.get(body.keys[name], "")))
            if hit is not None:
                found = self._row_found(hit)
                return [Match(itself, found, body.labels[name], body.fields[name])]
        for other, likeness in self.near.earlier(place) if self.near else ():
            near = self._near(self._row_found(other), likeness.score, likeness.fields)
            if near is not None:
                return [near]
        return []

    def _row_found(self, place: int) -> Found:
        row = self.drafts[place].row
        owner = row.get("owner")
        title = str(row.get("name") or row.get("title") or "")
        target = self.targets[place]
        return Found(self.rule.object_name, target, title, str(owner) if owner else None)

    def _verdict(self, draft: Draft, matches: Sequence[Match]) -> Verdict:
        body = self.body
        may_override = body.lets_override(self.facts)
        action, first = self._action(draft, matches, may_override=may_override)
        because = self._because(first, len(matches) - 1)
        language = language_of(self.facts)
        said = because.text(language)
        problem = Problem(
            "duplicate",
            first.fields[0],
            f"{said[:1].upper()}{said[1:]}{_END.text(language)}",
            (_ANYWAY if may_override else _OTHER).text(language),
        )
        candidates = tuple(
            Candidate(m.found.record_id, body.telling.name(m.found), m is first, _shares(m))
            for m in matches[:SHOWN]
        )
        if action == "block":
            return Verdict(because, problems=(problem,), candidates=candidates)
        if action in ("link", "merge"):
            told = Label(f"added to it: {because.en}", f"已并入：{because.text('zh')}")
            follow = self._joined(draft, first.found) if action == "merge" else ()
            target = first.found.record_id
            return Verdict(told, candidates=candidates, attach_to=target, follow=follow)
        same_object = first.found.object_name == draft.change.object_name
        sets = {body.into: first.found.record_id} if body.into and same_object else {}
        warnings = (problem,) if action == "alert" else ()
        suspects = tuple(_suspect(one) for one in matches[:SHOWN] if one.state != BINNED)
        return Verdict(
            because, sets=sets, warnings=warnings, candidates=candidates, suspects=suspects
        )

    def _action(
        self, draft: Draft, matches: Sequence[Match], *, may_override: bool
    ) -> tuple[str, Match]:
        """Return the strictest action of the matches, and the match that asks for it.

        Only a new record can be taken by another one, and only by one of its own object that is not in the bin.
        """
        anyway = draft.change.allow_duplicate
        asked = [(self.body.action_for(one, self.matching), one) for one in matches]
        for wanted in ACTIONS:
            for action, match in asked:
                joins = action in ("link", "merge")
                same = match.found.object_name == draft.change.object_name
                if action != wanted or (action == "block" and anyway and may_override):
                    continue
                if joins and not (
                    same and draft.before is None and not anyway and match.state != BINNED
                ):
                    continue
                return action, match
        return ("queue" if all(a == "queue" for a, _ in asked) else "alert"), matches[0]

    def _joined(self, draft: Draft, found: Found) -> tuple[Change, ...]:
        """Return the change by which the record found takes over what the new one knows better."""
        merge = self.facts.body_of(self.body.merge_by) if self.body.merge_by else None
        stored = self.facts.stored(found.object_name, [found.record_id], tuple(draft.values))
        row = stored.get(found.record_id, {})
        return joined_change(draft, found, row, merge if isinstance(merge, Merge) else PLAIN)

    def _because(self, first: Match, more: int) -> Label:
        name, key = self.body.telling.name(first.found), first.shared
        en, zh = first.against.label.en, first.against.label.text("zh")
        if first.exact:
            said = Label(
                f"{en} {name} has the same {key.en}", f"{zh}“{name}”的{key.text('zh')}相同"
            )
        else:
            said = Label(
                f"{en} {name} looks the same ({key.en}, {first.score}%)",
                f"{zh}“{name}”很相似（{key.text('zh')}，{first.score}%）",
            )
        return Label(
            said.en + (f", and {more} more" if more else ""),
            said.text("zh") + (f"，另有 {more} 条" if more else ""),
        )


def _suspect(match: Match) -> Suspect:
    found = match.found
    fields = match.agreeing or match.fields
    return Suspect(found.object_name, found.record_id, match.score, fields)


def _shares(match: Match) -> Label:
    if match.exact:
        return Label(f"same {match.shared.en}", f"{match.shared.text('zh')}相同")
    percent = f"{match.score}%"
    return Label(
        f"alike: {match.shared.en}, {percent}", f"相似：{match.shared.text('zh')}，{percent}"
    )


def known_keys(
    against: Iterable[Against], keys: Mapping[str, str], own: str
) -> tuple[Against, ...]:
    """Return where to look, with our own keys where an object names none of its own."""
    return tuple(
        Against(
            one.object_name,
            one.label,
            one.keys or (keys if one.object_name == own else {}),
            one.action,
        )
        for one in against
    )


_END = Label(".", "。")
_ANYWAY = Label(
    "Open the existing record, or save with 'add anyway'.", "请打开已有记录，或选择“仍要新增”。"
)
_OTHER = Label("Open the existing record instead.", "请直接使用已有记录。")
