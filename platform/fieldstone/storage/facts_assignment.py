"""What assignment rules ask of the database: turns, absences, presence, working hours, rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import bindparam, func, select

from fieldstone.base.workdays import ALWAYS, Calendar, CalendarError, zone_of
from fieldstone.rules.contract import Standing
from fieldstone.storage import rankings, turns
from fieldstone.storage.people import fs_session
from fieldstone.storage.platform_tables import among, listed
from fieldstone.storage.prepared import Prepared
from fieldstone.storage.reader import Reader
from fieldstone.storage.tables import Tables

ABSENCE: Final = "absence"
USER: Final = "user"
TEAM: Final = "team"
CALENDAR: Final = "calendar"


class AssignmentFacts(Reader):
    """Answers about people who take work; part of rules.contract.Facts."""

    def turns(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what groups remember of their turns, by name; locked until commit."""
        return turns.locked_turns(self.connection, self.dialect, names)

    def keep_turns(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Store what groups remember."""
        turns.keep_turns(self.connection, states)

    def absences(self, people: Sequence[str]) -> Mapping[str, datetime]:
        """Return until when each person is absent, of those who are absent now.

        The object `absence` holds them: owner, starts_at, ends_at; a site without it has none.
        """
        return self.absent_at(people, self.ctx.now)

    def absent_at(self, people: Sequence[str], instant: datetime) -> Mapping[str, datetime]:
        """Return until when each person is absent, of those who were or are at an instant."""
        if ABSENCE not in self.tables.objects:
            return {}
        asked = self.tables.once("absences", lambda: _absent(self.tables))
        bound = {"ids": listed(people, self.dialect), "b_now": instant}
        return dict(asked.rows(self.connection, bound))

    def present(self, people: Sequence[str], since: datetime) -> frozenset[str]:
        """Return who was seen in the browser since an instant."""
        seen = fs_session.c
        asked = select(seen.user).where(seen.seen_at >= since, among(seen.user, self.dialect))
        found = self.connection.execute(asked, {"ids": listed(people, self.dialect)})
        return frozenset(person for (person,) in found)

    def hours_of(self, people: Sequence[str]) -> Mapping[str, Calendar]:
        """Return each person's working calendar, in their own zone: theirs, else their team's, else the site's."""
        rows = self.rows(USER, people, names=_known(self, USER, ("time_zone", CALENDAR, TEAM)))
        by_team = self._calendars_of_teams(
            {str(row[TEAM]) for row in rows.values() if row.get(TEAM)}
        )
        found = {}
        for person in people:
            row = rows.get(person, {})
            code = row.get(CALENDAR) or by_team.get(str(row.get(TEAM))) or ""
            found[person] = in_zone(self._declared(str(code)), str(row.get("time_zone") or ""))
        return found

    def _calendars_of_teams(self, teams: set[str]) -> Mapping[str, object]:
        if not teams or CALENDAR not in self.tables[TEAM].columns:
            return {}
        rows = self.rows(TEAM, teams, names=[CALENDAR])
        return {team: row.get(CALENDAR) for team, row in rows.items()}

    def _declared(self, code: str) -> Calendar:
        calendars = cast("Mapping[str, Calendar]", self.tables.model.calendars)
        return calendars.get(code) or calendars.get("", ALWAYS)

    def looked_up(
        self, object_name: str, rows: Sequence[Mapping[str, object]], paths: Sequence[str]
    ) -> Sequence[Mapping[str, object]]:
        """Return, for each row of an object, the values behind its lookups."""
        return self.lookups(object_name, rows, paths)

    def ranking(self, program: str) -> Mapping[str, Standing]:
        """Return the standing of each person in a programme's published ranking; "" is that of everybody else."""
        return rankings.standings(self.connection, program)


def _absent(tables: Tables) -> Prepared:
    columns = tables[ABSENCE].columns
    now = bindparam("b_now", type_=columns["starts_at"].type)
    return Prepared(
        select(columns["owner"], func.max(columns["ends_at"]))
        .where(columns["starts_at"] <= now, columns["ends_at"] > now)
        .where(columns["deleted_at"].is_(None), among(columns["owner"], tables.dialect))
        .group_by(columns["owner"])
    )


def _known(reader: Reader, object_name: str, names: Sequence[str]) -> list[str]:
    columns = reader.tables[object_name].columns
    return [name for name in names if name in columns]


@lru_cache(maxsize=512)
def in_zone(calendar: Calendar, zone: str) -> Calendar:
    """Return a calendar as its clock runs in another zone; itself where the zone is none."""
    if not zone or zone == calendar.zone or calendar is ALWAYS:
        return calendar
    try:
        zone_of(zone)
    except CalendarError:
        return calendar
    return replace(calendar, zone=zone)
