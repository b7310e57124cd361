"""A small company on a real database: two departments, teams, leads, customers, calls and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property

from fieldstone.changes.nouns import SYSTEM_ACTOR, Actor, Context
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.storage.chain import fs_audit
from fieldstone.storage.database import Storage
from fieldstone.storage.journal import fs_decision, fs_owner_span, fs_stage_history
from tests.builders import a_model

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
READ_ALL = """
  sales: {read: all}
  manager: {read: all}
  viewer: {read: all}
  auditor: {read: all}
  partner: {read: all}
"""
SITE = """
roles:
  admin: {label: {en: Administrator}, administrator: true}
  sales: {}
  lead_sales: {}
  manager: {}
  viewer: {}
  auditor: {}
  partner: {}
  pooler: {}
"""
USER = """
object: user
title: name
search: [name, email]
fields:
  name: text
  email: email
  region: text
  salary: integer
  team: {type: lookup, to: team}
  department: {type: lookup, to: department}
  active: boolean
permissions:
  sales: {read: all, fields: {salary: hidden}}
  lead_sales: {read: all, fields: {salary: hidden}}
  manager: {read: all}
  viewer: {read: all, fields: {salary: hidden}}
  auditor: {read: all, fields: {salary: hidden}}
"""
TEAM = f"object: team\nfields: {{name: text}}\npermissions:{READ_ALL}"
DEPARTMENT = f"object: department\nfields: {{name: text}}\npermissions:{READ_ALL}"
CUSTOMER = """
object: customer
fields:
  name: text
  industry: {type: select, options: {edu: {en: Education}, it: {en: IT}}}
  revenue: currency
ownership: {owner: optional}
permissions:
  sales: {read: own}
  manager: {read: department}
  viewer: {read: all, fields: {revenue: hidden}}
  auditor: {read: all}
"""
LEAD = """
object: lead
label: {en: Lead, zh: 线索}
title: name
search: [name, mobile, company]
fields:
  name: text
  mobile: {type: phone, region: CN}
  email: email
  company: text
  budget: currency
  score: integer
  kind: {type: select, options: {a: {en: A}, b: {en: B}, c: {en: C, archived: true}}}
  customer: {type: lookup, to: customer}
  helpers: {type: multi_lookup, to: user}
  tags: tags
  hot: boolean
  due: date
  at: datetime
  pin: secret
  items: {type: rows, fields: {product: text, price: currency, cost: {type: currency}}}
  full: {type: formula, returns: decimal, value: "filled(name, mobile, company) / 3"}
  late: {type: formula, returns: boolean, value: "due < today()"}
stages:
  pipelines:
    standard:
      stages: {new: {}, contacted: {}, won: {kind: won}, lost: {kind: lost}}
ownership: {owner: optional, pools: [public]}
timeline: true
permissions:
  sales: {read: own, create: true, update: own, fields: {budget: read, score: hidden, mobile: {mask: "owner != user"}}}
  lead_sales: {read: team, update: own, fields: {mobile: {mask: "owner != user"}, email: hidden}}
  manager: {read: department, update: department, delete: department, assign: true, export: true}
  viewer: {read: all, fields: {mobile: {mask: true}, email: {mask: "owner != user"}, budget: hidden, score: hidden, items: hidden}}
  auditor: {read: all, when: "kind == 'a'", fields: {score: hidden}}
  pooler: {read: own, claim: true, update: own, fields: {score: hidden, mobile: {mask: "owner != user"}}}
"""
ACTIVITY = """
object: activity
title: subject
search: [subject]
fields:
  subject: text
  kind: {type: select, options: {call: {en: Call}, visit: {en: Visit}}}
  minutes: integer
  lead: {type: lookup, to: lead}
ownership: {owner: optional}
permissions:
  sales: {read: own}
  manager: {read: department}
  viewer: {read: none}
  auditor: {read: all, fields: {minutes: hidden}}
"""


@cache
def the_model() -> Model:
    """Return the compiled company."""
    return a_model(SITE, USER, TEAM, DEPARTMENT, CUSTOMER, LEAD, ACTIVITY)


def an_id(number: int) -> str:
    """Return a record id that sorts by its number."""
    return f"01900000-0000-7000-8000-{number:012x}"


NORTH, SOUTH, FAR = an_id(1), an_id(2), an_id(3)  # departments; FAR lies below SOUTH
RED, BLUE = an_id(11), an_id(12)  # teams
ANNA, BEN, CARL, DORA = an_id(21), an_id(22), an_id(23), an_id(24)
PEOPLE: dict[str, dict[str, object]] = {
    ANNA: {"name": "Anna", "team": RED, "department": NORTH, "region": "north"},
    BEN: {"name": "Ben", "team": RED, "department": NORTH, "region": "north"},
    CARL: {"name": "Carl", "team": BLUE, "department": SOUTH, "region": "south"},
    DORA: {"name": "Dora", "team": None, "department": FAR, "region": "south"},
}


def an_actor(person: str, *roles: str, **more: object) -> Actor:
    """Return one of the people as an actor with these roles."""
    facts = PEOPLE[person]
    below = {NORTH: (NORTH,), SOUTH: (SOUTH, FAR), FAR: (FAR,)}
    departments = below[str(facts["department"])]
    actor = Actor(
        person, frozenset(roles), str(facts["name"]), facts=facts, departments=departments
    )
    return replace(actor, **more)  # type: ignore[arg-type]


def a_context(actor: Actor) -> Context:
    """Return a request of this actor."""
    return Context(actor, NOW)


@dataclass
class World:
    """A database with the company in it, and its reading door."""

    storage: Storage = field(repr=False)
    model: Model = field(repr=False)
    reads: Reads = field(repr=False)

    def insert(self, object_name: str, *rows: Mapping[str, object]) -> list[str]:
        """Write rows as they are given, past the writing door; return their ids."""
        ids = []
        made = []
        for row in rows:
            self.count += 1
            record_id = str(row.get("id") or an_id(1000 + self.count))
            ids.append(record_id)
            made.append({"created_at": NOW, "updated_at": NOW, **row, "id": record_id})
        with self.storage.transaction(self.tables, a_context(SYSTEM_ACTOR)) as transaction:
            transaction.insert(object_name, made)
        return ids

    count: int = 0

    def clear(self) -> None:
        """Empty what tests write; the people stay."""
        with self.storage.connection() as connection:
            for name in ("lead", "lead__items", "customer", "activity"):
                held = self.tables[name]
                connection.execute(held.table.delete())
                if held.index is not None:
                    connection.exec_driver_sql(f"DELETE FROM {held.index.name}")
            for table in (fs_audit, fs_decision, fs_stage_history, fs_owner_span):
                connection.execute(table.delete())

    @cached_property
    def tables(self):
        return self.storage.use(self.model)


def a_world(url: str, model: Model | None = None) -> World:
    """Return the company with its people, and nothing else in it yet."""
    model = model or the_model()
    storage = Storage(url, secret_key="a secret for tests that is long enough")
    storage.bring_to(storage.use(model), NOW)
    world = World(storage, model, Reads(storage))
    world.insert("department", *({"id": one, "name": one[-1]} for one in (NORTH, SOUTH, FAR)))
    world.insert("team", {"id": RED, "name": "Red"}, {"id": BLUE, "name": "Blue"})
    world.insert("user", *({"id": one, "active": True, **facts} for one, facts in PEOPLE.items()))
    return world
