"""Whom rules may name: people, their roles, teams and departments, and whoever a record leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fieldstone.reads.query import Query
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech

Listed = Sequence[tuple[str, str]]
USER: Final = "user"
GROUPS: Final = ("role", "team", "department")
MOST: Final = 100
MOST_FOUND: Final = 20
# Who takes over when somebody leaves, beside groups and people.
HEIRS: Final = {"manager": "The manager", "assign": "Whom the assignment rules choose", "follow": "Whoever has what it belongs to"}  # fmt: skip


class People:
    """The people and groups of a site, as rules write them."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.speech = speech(asked.language)

    def roles(self) -> Listed:
        """Return the roles by their codes."""
        return [(one.code, one.label.text(self.asked.language)) for one in self.asked.model.roles.values()]  # fmt: skip

    def coded(self, object_name: str) -> Listed:
        """Return the records that rules name by their code: teams, departments."""
        spec = self.asked.model.objects.get(object_name)
        if spec is None or not {"code", "name"} <= spec.fields.keys():
            return []
        query = Query(fields=("code", "name"), sort=(("name", False),), limit=MOST)
        rows = self.asked.site.reads.list(self.asked.ctx, self.asked.model, object_name, query).rows
        return [(str(one.values["code"]), str(one.values["name"])) for one in rows if one.values.get("code")]  # fmt: skip

    def users(self, typed: str = "") -> Listed:
        """Return people by their e-mail addresses, those whose name or address holds what was typed."""
        query = Query(q=typed, fields=("email", "name"), sort=(("name", False),), limit=MOST_FOUND)
        rows = self.asked.site.reads.list(self.asked.ctx, self.asked.model, USER, query).rows
        return [(str(one.values["email"]), str(one.values["name"])) for one in rows if one.values.get("email")]  # fmt: skip

    def named(self, emails: Sequence[str]) -> dict[str, str]:
        """Return what the people with these addresses are called."""
        if not emails:
            return {}
        quoted = ", ".join(f"'{one}'" for one in emails if "'" not in one)
        query = Query(filter=f"email in [{quoted}]", fields=("email", "name"), limit=MOST)
        rows = self.asked.site.reads.list(self.asked.ctx, self.asked.model, USER, query).rows
        return {str(one.values["email"]): str(one.values["name"]) for one in rows}

    def owners(self, object_name: str) -> Listed:
        """Return the people that a record leads to: its own fields of people, and those of what it is linked to."""
        spec = self.asked.model.objects.get(object_name)
        language = self.asked.language
        found: list[tuple[str, str]] = []
        further: list[tuple[str, str]] = []
        for code, one in spec.fields.items() if spec else ():
            target = self.asked.model.objects.get(str(getattr(one.type, "to", "")))
            if one.archived:
                continue
            if one.type.name == USER:
                found.append((code, one.label.text(language)))
            elif target is not None and one.type.name == "lookup" and target.code != USER:
                further += [
                    (f"{code}.{name}", f"{one.label.text(language)} › {inner.label.text(language)}")
                    for name, inner in target.fields.items()
                    if inner.type.name == USER and name == "owner"
                ]
        return [*found, *further]

    def told(self, object_name: str) -> Listed:
        """Return who may be told of a record without being searched for: its people, a manager, groups."""
        owners = list(self.owners(object_name))
        manager = [("owner.manager", self.speech.t("Manager of the owner"))]
        has_owner = any(code == "owner" for code, _ in owners)
        return [*owners[:1], *(manager if has_owner else []), *owners[1:], *self._groups()]

    def heirs(self) -> Listed:
        """Return who may take something over without being searched for."""
        language = self.asked.language
        pools = [
            (f"pool:{code}", one.label.text(language))
            for code, one in self.asked.model.rules.items()
            if one.kind == "pool"
        ]
        return [*((code, self.speech.t(word)) for code, word in HEIRS.items()), *pools, *self._groups()]  # fmt: skip

    def _groups(self) -> Listed:
        listed = {"role": self.roles(), "team": self.coded("team"), "department": self.coded("department")}  # fmt: skip
        return [(f"{group}:{code}", word) for group in GROUPS for code, word in listed[group]]

    def found(self, sort: str, about: str, typed: str) -> list[tuple[str, str, str]]:
        """Return (value, name, what it is) of whom a text of this sort may name, by what was typed."""
        words = typed.strip().lower()
        if sort == USER:
            return [(email, name, email) for email, name in self.users(words)]
        known = self.told(about) if sort == "person" else self.heirs()
        fitting = [one for one in known if words in one[0].lower() or words in one[1].lower()]
        people = [(f"{USER}:{email}", name, email) for email, name in self.users(words)]
        return [*((code, name, self._kind(code)) for code, name in fitting[:MOST_FOUND]), *people]

    def _kind(self, code: str) -> str:
        t = self.speech.t
        words = {"role": t("Role"), "team": t("Team"), "department": t("Department"), "pool": t("Public pool")}  # fmt: skip
        return words.get(code.partition(":")[0], "")

    def called(self, sort: str, about: str, values: Sequence[str]) -> dict[str, str]:
        """Return what people call those that are named."""
        if sort == USER:
            return self.named(values)
        known = dict(self.told(about) if sort == "person" else self.heirs())
        emails = [one.partition(":")[2] for one in values if one.startswith(f"{USER}:")]
        people = {f"{USER}:{email}": name for email, name in self.named(emails).items()}
        return {one: word for one in values if (word := {**known, **people}.get(one))}
