"""Whose turn it is: each person is owed a share of every record, and who is owed most urgently takes the next one.

Among people whose weights stand still nobody is ever one whole record before or behind their share: it is the order
in which jobs with deadlines are served so that none is late (docs/adr/0015-turns-are-shares-that-are-owed.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

UNIT: Final = 10**12
"""One record, in the whole numbers that credit is kept in: they add up exactly, on every machine."""

ACCRUE: Final = "accrue"
KEEP_TOP: Final = "keep_top"
SKIP: Final = "skip"
AWAY_POLICIES: Final = (SKIP, KEEP_TOP, ACCRUE)
KEEP: Final = "keep"
RESET: Final = "reset"
MEMBER_POLICIES: Final = (KEEP, RESET)


class Turns:
    """The memory of one group; `kept` is plain JSON, read before a batch and stored after it."""

    def __init__(self, kept: dict[str, Any]) -> None:
        """Go on from what was kept; an empty dict is a group that never met."""
        self.kept = kept
        self._begin()

    def _begin(self) -> None:
        self.credit: dict[str, int] = self.kept.setdefault("credit", {})
        self.owed: dict[str, int] = self.kept.setdefault("owed", {})
        self.catching_up: list[str] = self.kept.setdefault("catching_up", [])

    def meet(
        self,
        weights: Mapping[str, int],
        away: Collection[str],
        *,
        when_away: str = SKIP,
        on_member_change: str = KEEP,
    ) -> None:
        """Note who belongs to the group and who is away now; who came back gets what was kept for them."""
        if on_member_change == RESET and self.kept.get("members", sorted(weights)) != sorted(
            weights
        ):
            self.kept.clear()
            self._begin()
        for gone in self.credit.keys() - weights.keys():
            del self.credit[gone]
        back = [one for one in self.kept.get("away", ()) if one in weights and one not in away]
        for person in back:
            self._welcome(person, weights, away, when_away)
        self.kept["members"] = sorted(weights)
        self.kept["away"] = sorted(one for one in away if one in weights)

    def _welcome(
        self, person: str, weights: Mapping[str, int], away: Collection[str], when_away: str
    ) -> None:
        owed = self.owed.pop(person, 0)
        if when_away == KEEP_TOP:
            owed = max(0, UNIT - 1 - self.credit.get(person, 0))
        if not owed or when_away == SKIP:
            return
        # What one is owed, the others owe: otherwise everybody would be owed for ever.
        others = {one: w for one, w in weights.items() if one != person and one not in away}
        total = sum(others.values())
        self.credit[person] = self.credit.get(person, 0) + owed
        self.catching_up.append(person)
        for one, weight in others.items():
            self.credit[one] = self.credit.get(one, 0) - owed * weight // total

    def by_share(self, free: Mapping[str, int]) -> str:
        """Return who takes the next record, among the free by weight.

        Of those who are owed anything once this record is shared out, it is the one who would first be owed a
        whole one. Nobody who catches up gets two in a row: a return from holiday is no flood.
        """
        total = sum(free.values())
        credit = {one: self.credit.get(one, 0) + UNIT * w // total for one, w in free.items()}
        owed = [one for one in free if credit[one] > 0] or list(free)
        last = str(self.kept.get("last_taker", ""))
        if len(free) > 1 and last in free and last in self.catching_up:
            owed = [one for one in owed if one != last] or [one for one in free if one != last]
        # min() keeps the order of the people between equals, so that the list is the tie-break.
        return min(owed, key=lambda one: (UNIT - credit[one]) / free[one])

    def in_order(self, order: Sequence[tuple[str, str]]) -> str:
        """Return who comes next of the free, (place in the list, id) in that order, after who came last."""
        last = self.kept.get("last_place", "")
        after = [person for place, person in order if place > last]
        return after[0] if after else order[0][1]

    def took(
        self,
        person: str,
        place: str,
        free: Mapping[str, int],
        away: Mapping[str, int],
        most_owed: int,
    ) -> None:
        """Settle one record: it is shared among the free, and `person` has had theirs.

        Those `away` are owed the share that they would have got, up to `most_owed` records.
        """
        total = sum(free.values())
        for one, weight in free.items():
            self.credit[one] = self.credit.get(one, 0) + UNIT * weight // total
        self.credit[person] = self.credit.get(person, 0) - UNIT
        if person in self.catching_up and self.credit[person] <= 0:
            self.catching_up.remove(person)
        everybody = total + sum(away.values())
        for one, weight in away.items():
            more = self.owed.get(one, 0) + UNIT * weight // everybody
            self.owed[one] = min(more, most_owed * UNIT)
        self.kept["last_taker"] = person
        self.kept["last_place"] = place
