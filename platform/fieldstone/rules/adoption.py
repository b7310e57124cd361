"""A changed rule that may promote many records waits until somebody has looked at what it would do.

Records that stood before the change keep what the rule last said about them; nothing is lost meanwhile, for scores and
crossings are derived from what happened. New records follow the new version at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fieldstone.changes.nouns import Draft
from fieldstone.rules.contract import Adoption, Facts, Rule

FIRST: Final = 1
ADOPTED_KINDS: Final = frozenset({"scoring", "lifecycle_transition"})


def held_back(rule: Rule, drafts: Sequence[Draft], facts: Facts) -> frozenset[int]:
    """Return the places of the drafts for which this version of the rule waits to be adopted."""
    if rule.version <= FIRST:
        return frozenset()
    standing = facts.adoption(rule.code)
    if standing.version >= rule.version:
        return frozenset()
    return frozenset(
        place
        for place, draft in enumerate(drafts)
        if draft.before is not None and not _younger(draft, standing)
    )


def _younger(draft: Draft, standing: Adoption) -> bool:
    created = draft.row.get("created_at")
    since = standing.changed_at
    return isinstance(created, datetime) and since is not None and created >= since
