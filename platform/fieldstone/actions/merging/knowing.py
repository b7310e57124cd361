"""Is somebody with us already? Looks as a duplicate rule does, and tells of foreign records what the rule allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from fieldstone.access.access import access_to
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.changes.nouns import Change, Context, Draft, Operation
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.rules.contract import Rule
from fieldstone.rules.duplicate_check import Duplicate, Match
from fieldstone.rules.matching_body import Matching
from fieldstone.storage.claim_ledger import Charge
from fieldstone.storage.transaction import Transaction
from fieldstone.writes.pipeline import Writes

PER_HOUR: Final = 60
HOUR: Final = timedelta(hours=1)
SEARCH: Final = "duplicate_search"
LEDGER: Final = "searches"
MOST: Final = 20
TOO_MANY: Final = 429


@dataclass(frozen=True)
class Known:
    """A record that is with us. Only `title`, `label`, `shared` and perhaps `owner` tell of one that is `masked`."""

    object_name: str
    record_id: str  # "" for a masked one
    title: str
    label: str
    shared: str
    score: int
    owner: str
    masked: bool


class Knowing:
    """Searches of one person by one object's duplicate rule."""

    def __init__(self, ctx: Context, model: Model, reads: Reads, writes: Writes) -> None:
        """Search in the name of the context's actor."""
        self._ctx, self._model = ctx, model
        self._reads, self._writes = reads, writes

    def fields(self, object_name: str) -> list[Field]:
        """Return what can be searched by: the fields that the rule compares and the actor may fill in."""
        rule, body = self._rule(object_name)
        names = dict.fromkeys(name for several in body.fields.values() for name in several)
        spec = self._model.objects[rule.object_name]
        known = access_to(self._model, self._ctx.actor, object_name).readable_anywhere()
        return [spec.fields[name] for name in names if name in known]

    def left(self) -> int:
        """Return how many searches the actor has left this hour."""
        with self._writes.unit(replace(self._ctx, dry_run=True), self._model) as unit:
            return PER_HOUR - self._spent(unit.transaction)

    def search(self, object_name: str, values: Mapping[str, str]) -> list[Known]:
        """Return who is like these values, the most alike first.

        Raises RefusedError: 404 for an object without a rule, 422 for values that say nothing or are wrong, 429 when
        the searches of this hour are spent: nobody reads the whole house out, name by name.
        """
        rule, body = self._rule(object_name)
        draft = Draft(
            Change(object_name, Operation.CREATE),
            new_id(),
            values=self._parsed(object_name, values),
        )
        self._refuse_too_little(object_name, body, draft.values)
        self._spend()
        with self._writes.unit(replace(self._ctx, dry_run=True), self._model) as unit:
            found = body.matches(rule, draft, unit.transaction)
        found.sort(key=lambda one: (-one.exact, -one.score))
        return [self._told(body, one) for one in found[:MOST]]

    def _spent(self, tx: Transaction) -> int:
        return tx.claims.spent(SEARCH, LEDGER, self._ctx.actor.id, self._ctx.now - HOUR)

    def _rule(self, object_name: str) -> tuple[Rule, Duplicate]:
        spec = self._model.objects.get(object_name)
        known = spec and access_to(self._model, self._ctx.actor, object_name).may_read
        for rule in self._model.rules_of(object_name, "duplicate") if known else ():
            if isinstance(rule.body, Duplicate):
                return rule, rule.body
        text = f"No rule looks for duplicates of {object_name[:60]!r}."
        raise RefusedError([Problem("not_found", "object", text, "Use lead, or customer.")], 404)

    def _parsed(self, object_name: str, values: Mapping[str, str]) -> dict[str, object]:
        known = {one.code: one for one in self.fields(object_name)}
        found, problems = {}, []
        for code, raw in values.items():
            one = known.get(code)
            if one is None:
                text = f"{code[:40]!r} is not compared."
                cure = f"Use: {', '.join(known)}."
                problems.append(Problem("unknown_field", code[:40], text, cure))
                continue
            try:
                found[code] = one.type.parse(raw)
            except InvalidValueError as error:
                problems += [Problem(e.code, code, e.message, e.cure) for e in error.each]
        given = {code: value for code, value in found.items() if value is not None}
        if not given and not problems:
            labels = [one.label.text(self._ctx.actor.language) for one in known.values()]
            cure = f"Give one of: {', '.join(labels)}."
            problems.append(
                Problem("nothing_asked", "values", "There is nothing to look for.", cure)
            )
        if problems:
            raise RefusedError(problems)
        return given

    def _refuse_too_little(
        self, object_name: str, body: Duplicate, given: Mapping[str, object]
    ) -> None:
        """Raise RefusedError (422) for values by which nobody is recognised, such as a name alone."""
        rule = self._model.rules.get(body.matching)
        matching = rule.body if rule is not None and isinstance(rule.body, Matching) else None
        weighed = (c.weight for c in matching.comparers if c.field in given) if matching else ()
        if any(given.keys() >= set(names) for names in body.fields.values()) or (
            matching is not None and sum(weighed) >= matching.evidence
        ):
            return
        language = self._ctx.actor.language
        others = [
            one.label.text(language) for one in self.fields(object_name) if one.code not in given
        ]
        text = "Nobody can be recognised by that alone."
        cure = f"Add one of: {', '.join(others)}."
        raise RefusedError([Problem("too_little", "values", text, cure)])

    def _spend(self) -> None:
        person = self._ctx.actor.id
        with self._writes.unit(self._ctx, self._model) as unit:
            tx = unit.transaction
            tx.claims.hold(SEARCH, [person])
            if self._spent(tx) >= PER_HOUR:
                text = f"You have searched {PER_HOUR} times within an hour."
                cure = "Wait a while."
                raise RefusedError([Problem("too_many_searches", "values", text, cure)], TOO_MANY)
            tx.claims.charge([Charge(SEARCH, LEDGER, person, self._ctx.now)])

    def _told(self, body: Duplicate, match: Match) -> Known:
        language, found = self._ctx.actor.language, match.found
        spec: ObjectType = self._model.objects[found.object_name]
        place = (found.object_name, found.record_id)
        titles = self._reads.titles(self._ctx, self._model, [place])
        owner = ""
        seen = place in titles
        if found.owner and (seen or body.telling.show_owner):
            names = self._reads.titles(self._ctx, self._model, [("user", found.owner)])
            owner = names.get(("user", found.owner), "")
        return Known(
            found.object_name,
            found.record_id if seen else "",
            titles[place] if seen else body.telling.name(found),
            spec.label.text(language),
            match.shared.text(language),
            match.score,
            owner,
            not seen,
        )
