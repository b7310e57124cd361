"""Starts an action for whoever wants it: offered here, allowed to this person, given what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Action, Call, Result
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Actor
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.model.site_model import Model


def offered(
    actions: Mapping[str, Action], model: Model, actor: Actor, object_name: str
) -> dict[str, Action]:
    """Return the actions of an object that this person's roles allow on some of its records."""
    access = access_to(model, actor, object_name)
    return {
        name: action
        for name, action in actions.items()
        if action.offered(model, object_name) and access.may_act(name)
    }


def run(actions: Mapping[str, Action], name: str, call: Call) -> Result:
    """Run the action `name`. Raises RefusedError: 404 unknown here, 403 not allowed, 422 wrong parameters."""
    action = actions.get(name)
    if action is None or not action.offered(call.model, call.object_name):
        known = offered(actions, call.model, call.ctx.actor, call.object_name)
        text = f"{call.spec.plural.en} have no action {name[:40]!r}."
        raise RefusedError([Problem("not_found", "action", text, did_you_mean(name, known))], 404)
    if not access_to(call.model, call.ctx.actor, call.object_name).may_act(name):
        text = f"Your roles do not let you {action.label.en.lower()} {call.spec.plural.en.lower()}."
        cure = "Ask an administrator for a role that may."
        raise RefusedError([Problem("forbidden", "action", text, cure)], 403)
    problems = plain_problems(action.schema, dict(call.params))
    if problems:
        raise RefusedError(problems, 422)
    return action.run(call)
