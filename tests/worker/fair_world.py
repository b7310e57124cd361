"""A company whose only business is to share leads fairly, as one process holds it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Operation
from fieldstone.compiler.compile import Document, Layer, compile_site
from fieldstone.evolution.bring_up import bring_up
from fieldstone.jobs.table_queue import TableQueue
from fieldstone.model.site_model import Model
from fieldstone.site import Site, Vocabulary
from fieldstone.storage.database import Storage
from tests.builders import field_types, rule_kinds
from tests.worker.world import Clock

OBJECTS = {
    "user": """
object: user
fields:
  name: text
  email: email
  roles: tags
  active: boolean
  weight: {type: integer, default: 1}
  quota: integer
  team: {type: lookup, to: team}
  time_zone: text
  calendar: {type: select, options_from: calendars}
  hired_on: date
permissions: {admin: {read: all, update: all}, sales: {read: all}}
""",
    "team": """
object: team
fields: {name: text, code: text, calendar: {type: select, options_from: calendars}}
""",
    "absence": """
object: absence
ownership: {owner: required}
fields: {starts_at: datetime, ends_at: datetime}
""",
    "lead": """
object: lead
ownership: {owner: optional}
fields:
  name: text
  grade: {type: select, options: {good: Good, poor: Poor}}
  score: integer
  won: boolean
permissions: {admin: {read: all, create: true, update: all, assign: true}, sales: {read: own}}
""",
}
RULES = """
rules:
  sharing:
    kind: assignment
    object: lead
    label: {en: Sharing, zh: 分配}
    entries:
      - {code: stars, when: "grade == 'good'", to: {role: sales}, method: weighted, ranking: stars}
      - {code: all, to: {role: sales}, method: weighted}
    limits: {per_month: quota}
    fallback: {hold: {for: 8 hours, then: {user: boss@example.com}, drain: highest, by: score}}
  stars:
    kind: ranking_program
    object: lead
    label: {en: Stars, zh: 龙虎榜}
    of: {role: sales}
    every: week
    at: "08:00"
    window: 30 days
    metrics:
      won: {object: lead, at: created_at, measure: rate, of: won, weight: 60, least: 2}
      many: {object: lead, at: created_at, weight: 40}
    rewards:
      - {ranks: 1, weight: 200, extra: {per_month: 5}, access: [good]}
    access_by: grade
    newcomers: {within: 20 days, weight: 120}
"""
SITE = """
roles: {admin: {administrator: true}, sales: Sales}
calendars:
  office: {zone: Asia/Shanghai, hours: {mon-fri: ["09:00-18:00"]}}
  nights: {zone: UTC, hours: {mon-sun: ["20:00-04:00"]}}
default_calendar: office
"""


@cache
def the_fair_model() -> Model:
    """Return the compiled company."""
    documents = [Document(f"metadata/{name}.yaml", text) for name, text in OBJECTS.items()]
    documents += [Document("metadata/site.yaml", SITE), Document("rules/all.yaml", RULES)]
    return compile_site([Layer("core", tuple(documents))], field_types(), rule_kinds())


def a_fair_site(database_url: str) -> Site:
    """Return the company as one process holds it."""
    settings = Settings(Path.cwd(), database_url, None, "k" * 32)
    storage = Storage(database_url, secret_key=settings.secret_key)
    model, _ = bring_up(storage, the_fair_model(), datetime.now(UTC))
    words = Vocabulary(field_types(), rule_kinds(), {}, {})
    return Site(settings, words, storage, model, Clock(), TableQueue(storage))


def seller(site: Site, name: str, **values: object) -> str:
    """Hire somebody and return the id."""
    return made(
        site, "user", name=name, email=f"{name.lower()}@example.com", active=True,
        **{"roles": ["sales"], **values},
    )  # fmt: skip


def made(site: Site, object_name: str, **values: object) -> str:
    """Create a record as the system and return its id."""
    return batch(site, object_name, [values])[0]


def batch(site: Site, object_name: str, rows: list[dict[str, object]]) -> list[str]:
    """Create records in one batch, as an import does, and return their ids."""
    changes = [Change(object_name, Operation.CREATE, row, trusted=True) for row in rows]
    outcomes = site.writes.submit(site.system_context("api"), site.model, changes)
    assert not [one.problems for one in outcomes if one.problems]
    return [str(one.record_id) for one in outcomes]


def owners_of(site: Site, ids: list[str] | None = None) -> dict[str, int]:
    """Return how many leads each person has, by name; "" is nobody."""
    names: dict[object, str] = {}
    counts: dict[str, int] = {}
    context = site.system_context("test")
    lines = site.reads.aggregate(context, site.model, "lead", group=["owner"])
    people = site.reads.list(context, site.model, "user").rows
    names = {one.id: str(one.values["name"]) for one in people}
    for line in lines:
        counts[names.get(line["owner"], "")] = int(str(line["count"]))
    return counts
