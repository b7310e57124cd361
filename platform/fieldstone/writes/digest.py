"""Puts together what one person would be told many times at one moment: ladders with a digest ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.base.english import quantity
from fieldstone.changes.nouns import Effect
from fieldstone.rules.ladder import STRENGTHS
from fieldstone.writes.work import Batch

NAMED: Final = 3
"""So many reminders are told in words; the others are counted."""


def gathered(batch: Batch) -> Batch:
    """Return the drafts with one message per person and channel in place of those that wait for a digest."""
    together: dict[tuple[str, str], list[Effect]] = {}
    for draft in batch:
        for effect in draft.effects:
            if _waits(effect) and not draft.refused:
                together.setdefault((effect.channel, effect.to), []).append(effect)
    first = {id(several[0]): _one(several) for several in together.values() if len(several) > 1}
    gone = {id(one) for several in together.values() for one in several[1:]}
    if not first:
        return batch
    return tuple(
        draft.but(effects=tuple(first.get(id(e), e) for e in draft.effects if id(e) not in gone))
        for draft in batch
    )


def _waits(effect: Effect) -> bool:
    return bool(effect.payload.get("digest"))


def _one(several: Sequence[Effect]) -> Effect:
    """Return one message that tells all; it leads to the record of the first."""
    count, rest = len(several), len(several) - NAMED
    told = {
        "en": f"{quantity(count, 'reminder')}: "
        + " ".join(_said(one, "en") for one in several[:NAMED]),
        "zh": f"{count} 条提醒：" + "".join(_said(one, "zh") for one in several[:NAMED]),
    }
    if rest > 0:
        told = {"en": f"{told['en']} And {rest} more.", "zh": f"{told['zh']}另有 {rest} 条。"}
    strongest = max(
        (str(one.payload.get("strength")) for one in several),
        key=lambda word: STRENGTHS.index(word) if word in STRENGTHS else 0,
    )
    payload = {**several[0].payload, "message": told, "strength": strongest, "count": count}
    payload.pop("acknowledge", None)  # which of them would be meant?
    first = several[0]
    return Effect(first.channel, first.to, first.topic, payload)


def _said(effect: Effect, language: str) -> str:
    message: Any = effect.payload.get("message")
    return str(message.get(language, "")) if isinstance(message, Mapping) else str(message or "")
