"""Step 2: refuse what this actor may not write."""

from __future__ import annotations

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Draft, Operation
from fieldstone.writes.load import missing
from fieldstone.writes.work import Batch, Work, each_standing


def admit(batch: Batch, work: Work) -> Batch:
    """Check the right to the verb, to the row and to each field; a hidden row is a missing row."""
    return each_standing(batch, lambda draft: _admit_one(draft, work))


def _admit_one(draft: Draft, work: Work) -> Draft:
    if draft.change.trusted:
        return draft
    if draft.operation is Operation.CREATE:
        if not work.access.may_create:
            return _forbidden(draft, work, "create")
        return _given_away(_fields(draft, work, work.access.writable_on_create()), work)
    # Scopes read what lies behind lookups, such as the owner's department: the whole row, not what is stored alone.
    if not work.access.may_see(draft.row, work.env):
        return missing(draft, work)
    return _changed(draft, work)


def _changed(draft: Draft, work: Work) -> Draft:
    row, update = draft.row, draft.operation is Operation.UPDATE
    judge = work.access.may_update if update else work.access.may_delete
    if not judge(row, work.env):
        return _forbidden(draft, work, "change" if update else str(draft.operation))
    return _fields(draft, work, work.access.writable(row, work.env)) if update else draft


def _forbidden(draft: Draft, work: Work, verb: str) -> Draft:
    thing = work.spec.label.en.lower()
    return draft.but(status=403).with_problems(
        Problem(
            "forbidden",
            work.spec.code,
            f"Your roles do not let you {verb} this {thing}.",
            f"Ask an administrator for a role that may {verb} {work.spec.plural.en.lower()}.",
        )
    )


def _fields(draft: Draft, work: Work, writable: frozenset[str]) -> Draft:
    """Refuse fields that are unknown to this actor, and name those that it may only read."""
    row = draft.row
    readable = (
        work.access.readable(row, work.env) if draft.before else work.access.readable_anywhere()
    )
    problems = []
    for code, raw in draft.change.values.items():
        if code in writable:
            continue
        field = work.spec.fields.get(code)
        if field is None or code not in readable:
            problems.append(unknown_field(work, code, readable))
        elif not (draft.before and field.type.dump(row.get(code)) == raw):
            problems.append(
                Problem(
                    "read_only",
                    code,
                    f"{field.label.en} cannot be set by you.",
                    "Leave it out of the request.",
                )
            )
    return draft.with_problems(*problems) if problems else draft


def _given_away(draft: Draft, work: Work) -> Draft:
    """Refuse a new record made somebody else's by who may not give records to others."""
    owner = draft.change.values.get("owner")
    owned = work.spec.owned != "none" and "owner" in work.spec.fields
    if not owned or work.access.may_assign or owner in (None, "", work.ctx.actor.id):
        return draft
    if draft.problems and any(problem.path == "owner" for problem in draft.problems):
        return draft
    text = f"Your roles do not let you give {work.spec.plural.en.lower()} to others."
    cure = "Leave the owner out, or ask a manager to assign it."
    return draft.with_problems(Problem("read_only", "owner", text, cure))


def unknown_field(work: Work, code: str, readable: frozenset[str]) -> Problem:
    """Return the problem of a field that does not exist, or not for this actor."""
    return Problem(
        "unknown_field",
        code,
        f"{work.spec.label.en} has no field {code!r}.",
        did_you_mean(code, readable),
    )
