"""Runs actions in tests as pages and REST do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fieldstone import actions
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.running import run
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.changes.nouns import Change, Operation
from fieldstone.compiler.compile import compile_site, read_layer
from fieldstone.extensions.builtin import members
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from tests.builders import a_layer, field_types, rule_kinds
from tests.company import Company

ROOT = Path(__file__).parents[2]
ACTIONS = members(actions, "ACTION")


def with_rules(company: Company, text: str) -> Company:
    """Return the company with a site's layer of rules above the core."""
    layers = [read_layer("core", ROOT), a_layer("site", text)]
    model: Model = compile_site(layers, field_types(), rule_kinds())
    return replace(company, model=model)


def act(
    company: Company,
    who: str,
    name: str,
    record_id: str,
    object_name: str = "lead",
    **params: object,
) -> Result:
    """Run one action on one record as one person."""
    reads = Reads(company.storage)
    ctx = company.context(who)
    call = Call(ctx, company.model, object_name, record_id, params, reads, company.writes)
    return run(ACTIONS, name, call)


def refusal(
    company: Company,
    who: str,
    name: str,
    record_id: str,
    object_name: str = "lead",
    **params: object,
) -> tuple[int, Problem]:
    """Run one action that must be refused; return the status and the first problem."""
    try:
        result = act(company, who, name, record_id, object_name, **params)
    except RefusedError as refused:
        problem = refused.problems[0]
        assert problem.message
        assert problem.cure
        return refused.status, problem
    raise AssertionError(f"{name} was not refused: {result.message.en}")


def a_lead(site: Company, /, owner: str | None = "li", **values: object) -> str:
    """Make a lead of a person."""
    number = f"1380013{len(site.storage_rows('lead')):04}"
    given = {"name": "王小明", "mobile": number, "channel": site.ids["website"], "budget": "5000"}
    owners = {"owner": site.ids[owner]} if owner else {}
    change = Change(
        "lead", Operation.CREATE, {**given, **owners, **values}, trusted=True, skip_rules=True
    )
    (outcome,) = site.submit(change, who="system")
    assert not outcome.problems, outcome.problems
    return str(outcome.record_id)


def in_the_pool(company: Company, count: int = 1, pool: str = "public_pool") -> list[str]:
    """Make leads that lie in a public pool."""
    changes = [
        Change(
            "lead",
            Operation.CREATE,
            {
                "name": f"客户{number}",
                "mobile": f"139{number:08}",
                "channel": company.ids["website"],
                "pool": pool,
                "owner": None,
            },
            trusted=True,
            skip_rules=True,
        )
        for number in range(count)
    ]
    outcomes = company.submit(*changes, who="system")
    assert not any(outcome.problems for outcome in outcomes), outcomes
    return [str(outcome.record_id) for outcome in outcomes]
