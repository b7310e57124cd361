"""How people stand with the holding limits of an object, and the records that these count."""

from __future__ import annotations

import json

from fieldstone.changes.nouns import SYSTEM_ACTOR
from fieldstone.reads.sight import Sight
from fieldstone.rules.engine import in_force
from fieldstone.rules.holding_books import Holding
from fieldstone.rules.holding_limit import group_holdings, holdings_of
from fieldstone.storage.facts import FactsReader


def holdings(sight: Sight, object_name: str, person: str) -> list[Holding]:
    """Return where somebody stands with every limit in force that refuses, the tightest first."""
    facts = _facts(sight)
    rules = [one for one in sight.model.rules.values() if in_force(one, facts.now)]
    return holdings_of(rules, object_name, person, facts)


def holdings_together(sight: Sight, object_name: str) -> list[Holding]:
    """Return where the groups stand that a limit in force counts in sum."""
    facts = _facts(sight)
    rules = [one for one in sight.model.rules.values() if in_force(one, facts.now)]
    return group_holdings(rules, object_name, facts)


def held(sight: Sight, object_name: str, subject: str, rule: str = "") -> tuple[str, int] | None:
    """Return, as a condition and how many, what somebody, or a group ("team:north"), holds of what a limit counts.

    Without a rule the tightest limit of their own; None for a limit that is not theirs.
    """
    is_group = ":" in subject
    several = (
        holdings_together(sight, object_name) if is_group else holdings(sight, object_name, subject)
    )
    mine = subject if is_group else ""
    found = [one for one in several if one.group == mine and rule in ("", one.rule.code)]
    return (counted_by(sight, found[0], subject), found[0].held) if found else None


def counted_by(sight: Sight, holding: Holding, person: str) -> str:
    """Return, as a condition, the records that a limit counts: those of the person, or of the whole group."""
    owned = f"owner == {json.dumps(person)}"
    if holding.group:
        members = [one.id for one in _facts(sight).people(holding.group)]
        owned = f"owner in {json.dumps(members)}" if members else "id == null"
    return f"{owned} and ({holding.counts})" if holding.counts else owned


def _facts(sight: Sight) -> FactsReader:
    return FactsReader(sight.reader.connection, sight.tables, sight.ctx.acting_as(SYSTEM_ACTOR))
