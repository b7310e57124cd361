"""What did not get through, as administrators see it: listed, sent again, dropped with a reason; and a record's open questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fieldstone.access.rights import is_administrator
from fieldstone.base.delivery_reasons import is_ours, reason
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label, label_of
from fieldstone.changes.nouns import Context
from fieldstone.jobs.contract import Queue
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.reads.query import Record
from fieldstone.rules.contract import Rule
from fieldstone.rules.enrichment import CHANNEL as ENRICHMENT
from fieldstone.rules.enrichment import Enrichment
from fieldstone.rules.normalise import alike
from fieldstone.storage.database import Storage
from fieldstone.storage.database_clock import database_now
from fieldstone.storage.journal import Journal, JournalEntry
from fieldstone.storage.provenance import Origins
from fieldstone.storage.undelivered import Chosen, Tally, Undelivered, Undeliveries

OBJECT: Final = "outbox"
AGAIN, DROP = "send_again", "drop"
"""What the audit log calls these acts."""
SHOWN: Final = 50
AT_ONCE: Final = 500
LONGEST_REASON: Final = 500
HIDDEN: Final = Label("It is about a record that you may not see.", "涉及您无权查看的记录。")
UNUSABLE: Final = Label("the answer could not be used", "返回的内容无法使用")
USER: Final = "user"
SAID: Final = ("subject", "message", "text", "key")


@dataclass(frozen=True)
class Seen:
    """One message as its reader may see it: of a record that they may not see neither values nor words.

    `to` is who or what it is for, `about` the record, `title` what that is called, `text` what the message says, and
    `why` the reason why it did not get through.
    """

    message: Undelivered
    to: Label
    about: tuple[str, str] | None
    title: str
    text: Label
    why: Label


@dataclass(frozen=True)
class Wanted:
    """Which messages to list: given up or waiting long, of one channel, older than one of them."""

    state: str = "dead"
    channel: str = ""
    before: int | None = None
    limit: int = SHOWN


@dataclass(frozen=True)
class Question:
    """What a record asked an enricher about and has no facts for.

    It was given up, or is on its way (`due` is the next try); or it was answered, and nothing is known (`answered`).
    """

    rule: Rule
    asked_at: datetime
    why: Label
    due: datetime | None = None
    answered: bool = False

    @property
    def given_up(self) -> bool:
        """Tell whether nobody asks again by themselves."""
        return self.due is None and not self.answered


def open_questions(storage: Storage, model: Model, record: Record) -> list[Question]:
    """Return what a record has not been told, for who may see the field that is asked about."""
    rules = {
        rule.code: (rule, rule.body)
        for rule in model.rules_of(record.object_name)
        if isinstance(rule.body, Enrichment)
        and rule.body.key in record.values
        and rule.body.key not in record.masked
    }
    if not rules:
        return []
    with storage.looking() as connection:
        kept = Undeliveries(connection, database_now(connection))
        waits = {one.to: one for one in kept.of_record(ENRICHMENT, record.id)}
        origins = Origins(connection)
        told = {one.rule: one.at for one in origins.of(record.id)}
        found = []
        for code, (rule, body) in rules.items():
            one, key = waits.get(code), alike(body.how, str(record.values[body.key] or ""))
            if one is not None and alike(body.how, str(one.payload.get("key", ""))) == key:
                if code in told and told[code] > one.created_at:
                    continue
                due = None if one.is_dead else one.due
                found.append(Question(rule, one.created_at, _plain(one.error), due))
            elif key and code not in told:
                at = origins.empty_since(code, key)
                found += [Question(rule, at, Label(""), answered=True)] if at is not None else []
    return found


def _plain(error: str) -> Label:
    """Return why a question was not answered, without what an answer says: not everybody may see all that it fills."""
    return reason(error) if not error or is_ours(error) else UNUSABLE


@dataclass(frozen=True)
class Undelivering:
    """The desk at which administrators look after what did not get through."""

    storage: Storage
    queue: Queue
    reads: Reads
    ctx: Context
    model: Model

    def tallies(self) -> list[Tally]:
        """Return how much there is by channel. Raises RefusedError (403)."""
        self._admit("read")
        with self.storage.looking() as connection:
            return Undeliveries(connection, database_now(connection)).tallies()

    def listed(self, wanted: Wanted) -> list[Seen]:
        """Return messages, the newest first. Raises RefusedError (403)."""
        self._admit("read")
        with self.storage.looking() as connection:
            found = Undeliveries(connection, database_now(connection)).listed(
                wanted.state, wanted.channel, wanted.limit, wanted.before
            )
        records = [(one.object_name, one.record_id) for one in found if self._is_record(one)]
        people = [(USER, one.to) for one in found if one.channel != ENRICHMENT]
        asked = dict.fromkeys([*records, *(people if USER in self.model.objects else ())])
        titles = self.reads.titles(self.ctx, self.model, asked)
        return [self._seen(one, titles) for one in found]

    def again(self, chosen: Chosen) -> list[int]:
        """Put messages out anew and return which; of those that are on their way already none. Raises RefusedError (403)."""
        self._admit()
        with self.storage.connection() as connection:
            moved = Undeliveries(connection, database_now(connection)).again(chosen)
            _noted(Journal(connection, self.ctx), chosen, AGAIN, moved)
        if moved:
            self.queue.ring()
        return moved

    def drop(self, chosen: Chosen, why: str) -> list[int]:
        """Give messages up for good and return which. Raises RefusedError: 403, 422 without a reason."""
        self._admit()
        why = " ".join(why.split())[:LONGEST_REASON]
        if not why:
            text, cure = "Nobody has said why they are dropped.", "Send a reason; it is kept."
            raise RefusedError([Problem("required", "reason", text, cure)], 422)
        with self.storage.connection() as connection:
            gone = Undeliveries(connection, database_now(connection)).drop(chosen, why)
            _noted(Journal(connection, self.ctx), chosen, DROP, gone, why)
        return gone

    def ask_again(self, object_name: str, record_id: str, rule: str) -> bool:
        """Put a record's question to an enricher anew, for who may change the record; False where none was given up.

        Raises RefusedError: 404 for a record that is not there, 403.
        """
        standing = self.reads.standing(self.ctx, self.model, object_name, record_id)
        if standing is None:
            text = f"There is no {object_name[:40]} {record_id[:40]}."
            raise RefusedError([Problem("not_found", "id", text, "Copy its id anew.")], 404)
        if not standing.may_update:
            text, cure = "Your roles do not let you change this record.", "Ask its owner."
            raise RefusedError([Problem("forbidden", object_name, text, cure)], 403)
        with self.storage.connection() as connection:
            kept = Undeliveries(connection, database_now(connection))
            ids = [one.id for one in kept.of_record(ENRICHMENT, record_id) if one.to == rule]
            chosen = Chosen(tuple(ids))
            moved = kept.again(chosen)
            _noted(Journal(connection, self.ctx), chosen, AGAIN, moved)
        if moved:
            self.queue.ring()
        return bool(moved)

    def _admit(self, verb: str = "write") -> None:
        if not is_administrator(self.model, self.ctx.actor, verb):
            text = "Only administrators look after what could not be delivered."
            raise RefusedError([Problem("forbidden", OBJECT, text, "Ask one to do it.")], 403)

    def _is_record(self, one: Undelivered) -> bool:
        return one.object_name in self.model.objects and bool(one.record_id)

    def _seen(self, one: Undelivered, titles: dict[tuple[str, str], str]) -> Seen:
        about = (one.object_name, one.record_id) if self._is_record(one) else None
        hidden = about is not None and about not in titles
        why = reason(one.error) if not hidden or is_ours(one.error) else HIDDEN
        return Seen(
            one,
            self._receiver(one, titles.get((USER, one.to), "")),
            None if hidden else about,
            "" if hidden or about is None else titles[about],
            HIDDEN if hidden else _said(one),
            why,
        )

    def _receiver(self, one: Undelivered, person: str) -> Label:
        if one.channel == ENRICHMENT:
            rule = self.model.rules.get(one.to)
            return rule.label if rule is not None else Label(one.to)
        # What stands behind the question mark of an address may be a key.
        place = urlsplit(one.to)._replace(query="", fragment="").geturl() if "://" in one.to else ""
        return Label(person or place or one.to)


def _said(one: Undelivered) -> Label:
    """Return what a message says: its subject, the sentence of a rule, the key of a question, or its topic.

    A mail with a subject may hold a link that is its receiver's alone.
    """
    said = next((v for name in SAID if (v := one.payload.get(name))), None)
    if isinstance(said, dict):
        return Label(str(said.get("en") or ""), str(said.get("zh") or ""))
    return Label(str(said)[:LONGEST_REASON]) if said else label_of(one.topic.replace(".", " "))


def _noted(
    journal: Journal, chosen: Chosen, operation: str, moved: Sequence[int], why: str = ""
) -> None:
    """Keep in the audit log what was done with which messages."""
    if not moved:
        return
    which = str(moved[0]) if len(moved) == 1 else chosen.channel or "all"
    changes = {"messages": (None, list(moved[:AT_ONCE])), "count": (None, len(moved))}
    journal.add([JournalEntry(OBJECT, which, operation, 1, changes, reason=why)])
    journal.close_chain()
