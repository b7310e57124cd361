"""A changed rule that may promote many records waits until somebody has looked at what it would do.

Records that stood before the change keep what the rule last said about them; nothing is lost meanwhile, for scores and
crossings are derived from what happened. New records follow the new version at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from fieldstone.changes.nouns import Draft
from fieldstone.rules.contract import Adoption, Facts, Rule

FIRST: Final = 1
LOOKED_AT: Final = frozenset({"merge", "unmerge"})
"""Somebody looks at the records of these actions, and points that moved must add up to a score at once."""
ADOPTED_KINDS: Final = frozenset({"scoring", "lifecycle_transition"})
SAID: Final = frozenset({"label", "message"})
"""Keys under which a rule says something to people, in one text or in both languages."""
HANDLING: Final = frozenset({"in_flight", "max_per_run"})
LANGUAGES: Final = frozenset({"en", "zh"})


def weighing(settings: Mapping[str, object]) -> dict[str, object]:
    """Return what a rule's points and states depend on: a new wording is no new version that would have to wait."""
    return {
        key: _weighing(value) for key, value in settings.items() if key not in HANDLING
        and not (key in SAID and _is_wording(value))
    }  # fmt: skip


def _weighing(value: object) -> object:
    if isinstance(value, Mapping):
        return weighing(value)
    return [_weighing(one) for one in value] if isinstance(value, list | tuple) else value


def _is_wording(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, Mapping) and value.keys() <= LANGUAGES)


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
        if draft.before is not None
        and draft.change.action not in LOOKED_AT
        and not _younger(draft, standing)
    )


def _younger(draft: Draft, standing: Adoption) -> bool:
    created = draft.row.get("created_at")
    since = standing.changed_at
    return isinstance(created, datetime) and since is not None and created >= since
