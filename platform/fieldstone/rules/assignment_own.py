"""Records that are somebody's anyway: whoever enters them, looks after the customer, or knows the person already."""

from __future__ import annotations

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Candidate, Draft
from fieldstone.rules.assignment_entries import Entry
from fieldstone.rules.availability import HERE
from fieldstone.rules.contract import Facts, Person, Verdict
from fieldstone.rules.desks import Desks


def own_choice(
    entry: Entry, draft: Draft, desks: Desks, considered: list[Candidate]
) -> Verdict | None:
    """Return the verdict of an entry that names whose a record is; those who may not take it are noted.

    What somebody enters themselves is theirs whatever they got; all else counts, and ends, with the entry's limits.
    """
    if entry.creator:
        return _author(desks.facts)
    own = _existing(entry, draft, desks, considered)
    return own or _known(entry, draft, desks, considered)


def _existing(
    entry: Entry, draft: Draft, desks: Desks, considered: list[Candidate]
) -> Verdict | None:
    """Return the verdict that gives a record to whoever looks after its customer, if they are there."""
    for owner in desks.keepers.named(entry, draft):
        person = desks.keepers.roll.person(owner)
        if person is None:
            continue
        why = desks.keepers.roll.why_away(owner)
        why = _hinders(entry, draft, person, desks) if why is HERE else why
        if why is HERE:
            desks.give(entry, person)
            because = told_choice(person, entry, _THEIRS)
            chosen = Candidate(person.id, person.name, True, _THEIRS)
            return Verdict(because, sets={"owner": person.id}, candidates=(chosen,))
        considered.append(Candidate(person.id, person.name, False, why))
    return None


def _known(entry: Entry, draft: Draft, desks: Desks, considered: list[Candidate]) -> Verdict | None:
    """Return the verdict that gives a record to whoever has, or had, what is the same, if they may take it."""
    if not entry.known_by:
        return None
    person, why, candidates = desks.knowing.choice(
        entry.known_by, draft, lambda one: _hinders(entry, draft, one, desks)
    )
    if person is None:
        considered += candidates
        return None
    desks.give(entry, person)
    because = told_choice(person, entry, why)
    return Verdict(because, sets={"owner": person.id}, candidates=candidates)


def _hinders(entry: Entry, draft: Draft, person: Person, desks: Desks) -> Label:
    """Return what keeps a record from whose it would be anyway: a limit, or that it is being taken from them."""
    return HAD_IT if loses(draft, person) else desks.hinders(entry, person)


def loses(draft: Draft, person: Person) -> bool:
    """Tell whether a record is being taken from a person, such as by a deadline that was missed."""
    return (draft.before or {}).get("owner") == person.id


def _author(facts: Facts) -> Verdict | None:
    """Return the verdict that gives a record to the person who enters it; None when it is no person."""
    user = facts.env.user or {}
    if not user.get("id"):
        return None
    name = str(user.get("name") or user["id"])
    return Verdict(Label(f"{name} entered it", f"由{name}录入"), sets={"owner": user["id"]})


def told_choice(person: Person, entry: Entry, why: Label) -> Label:
    """Return who got a record, by which entry and why, in words."""
    return Label(
        f"{person.name}, {entry.label.en}: {why.en}",
        f"{person.name}（{entry.label.text('zh')}）：{why.text('zh')}",
    )


HAD_IT = Label("had it before", "原负责人")
_THEIRS = Label("looks after it already", "已在跟进该客户")
