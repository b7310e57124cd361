"""Why a record comes into a pool by hand: given back by its owner, or moved there from another pool."""

from __future__ import annotations

from collections.abc import Iterable

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.rules.pool_body import Pool


def reason_of(model: Model, pool: str, given: object, way: str) -> str:
    """Return a reason as it is kept: the way, and after it the pool's code for it or the person's words.

    Raises RefusedError (422) where the pool wants one of its own reasons and none of them was given.
    """
    words, known = (
        " ".join(str(given or "").split()),
        [code for code, _ in reasons_of(model, [pool])],
    )
    if is_required(model, pool) and words.partition(":")[0] not in known:
        text = "This pool wants to know why the record comes here."
        cure = f"Send one of these reasons: {', '.join(known)}."
        raise RefusedError([Problem("reason", "reason", text, cure)])
    return f"{way}: {words}" if words else way


def reasons_of(model: Model, pools: Iterable[str]) -> list[tuple[str, Label]]:
    """Return the reasons to choose from where a record comes into one of these pools, each once."""
    bodies = (_body(model, pool) for pool in pools)
    return list({code: label for one in bodies if one for code, label in one.reasons}.items())


def is_required(model: Model, pool: str) -> bool:
    """Tell whether a pool takes nothing without one of its reasons."""
    body = _body(model, pool)
    return body is not None and body.reason_required


def _body(model: Model, pool: str) -> Pool | None:
    rule = model.rules.get(pool)
    return rule.body if rule is not None and isinstance(rule.body, Pool) else None
