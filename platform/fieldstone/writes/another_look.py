"""Whether rules must look again at a record that one of them moved: only if one that spoke before reads what was set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from fieldstone.access.rights import Held
from fieldstone.changes.nouns import Change, Draft
from fieldstone.model.site_model import Model
from fieldstone.rules.engine import in_order
from fieldstone.writes.plan import plan_for

LOOKED_AT_UNNAMED: Final = frozenset({"owner", "pool"})
_WORD: Final = re.compile(r"\w+")


def is_worthwhile(change: Change, draft: Draft, model: Model) -> bool:
    """Tell whether a change that a rule asked for does anything.

    One that says nothing and names the draft's own record lets all rules speak once more. Those that come after the
    one that asked have seen what it set; if none of those before it mentions that, they would say the same again.
    """
    says_more = change.values or change.moved or change.action or change.asks
    if says_more or change.record_id != draft.record_id:
        return True
    rule = model.rules.get(change.reason.removeprefix("rule:"))
    if rule is None or rule.object_name != change.object_name:
        return True
    found = _with_formulas(
        {name for one in draft.decisions if one.rule == rule.code for name in one.sets},
        model,
        rule.object_name,
    )
    spec = model.objects[rule.object_name]
    if found & LOOKED_AT_UNNAMED or spec.stage_field in found:
        return True
    words = _words_of(Held(model))
    order = in_order(plan_for(model, rule.object_name).rules)
    before = order[: order.index(rule)]
    return any(not one.written or found & words[one.code] for one in before)


def _with_formulas(names: set[str], model: Model, object_name: str) -> set[str]:
    """Return fields and the formulas that rest on them."""
    found = set(names)
    for field in plan_for(model, object_name).formulas:
        if field.formula is not None and field.formula.names & found:
            found.add(field.code)
    return found


@lru_cache(maxsize=8)
def _words_of(held: Held) -> Mapping[str, frozenset[str]]:
    """Return every word that each rule's YAML holds, and that of the rules it names: more than it can read."""
    model: Model = held.model
    own = {code: frozenset(_words(rule.written)) for code, rule in model.rules.items()}
    found = {}
    for code in own:
        named, waiting = {code}, [code]
        while waiting:
            more = (own[waiting.pop()] & own.keys()) - named
            named |= more
            waiting += more
        found[code] = frozenset().union(*(own[one] for one in named))
    return found


def _words(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _words(key)
            yield from _words(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)
    elif isinstance(value, str):
        yield from _WORD.findall(value)
