"""A search through many records finds what comparing everybody with everybody finds, and asks for nothing it need not."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

from fieldstone.actions.merging.finding import Finding, Stand, search_of
from fieldstone.changes.nouns import Change, Operation
from fieldstone.rules.match_keys import match_keys
from fieldstone.rules.matching_body import Matching
from fieldstone.storage.suspects import fs_suspect
from tests.company import Company

LEADS = 90


def written(company: Company) -> dict[str, dict[str, object]]:
    """Enter leads with few names, numbers and companies among them, and forget their keys and pairs."""
    rng = Random(3)
    leads = [
        {
            "name": rng.choice("张章李黎王") + rng.choice(["伟", "玮", "静", "婧", "文"]),
            "mobile": f"138001380{rng.randrange(60):02d}" if rng.random() < 0.5 else None,
            "email": f"p{rng.randrange(60)}@firm.cn" if rng.random() < 0.3 else None,
            "company": rng.choice(["静新软件", "静新软体", "西湖科技"])
            + rng.choice(["", "有限公司", "集团"]),
            "channel": company.ids["website"],
            "owner": company.ids["li"],
        }
        for _ in range(LEADS)
    ]
    changes = [Change("lead", Operation.CREATE, one, allow_duplicate=True) for one in leads]
    assert not [one.problems for one in company.submit(*changes) if one.problems]
    with company.storage.connection() as connection:
        connection.exec_driver_sql("DELETE FROM fs_suspect")
        connection.exec_driver_sql("DELETE FROM fs_match_key")
        connection.exec_driver_sql("DELETE FROM fs_meta WHERE name LIKE 'keys/%%'")
    return company.storage_rows("lead")


def searched(company: Company) -> dict[tuple[str, str], int]:
    finding, stand = Finding(search_of(company.model, "lead")), Stand()
    tables = company.storage.use(company.model)
    while not stand.done:
        with company.storage.transaction(tables, company.context()) as tx:
            stand = finding.step(tx, stand)
    with company.storage.connection() as connection:
        pair = fs_suspect.c
        asked = fs_suspect.select().with_only_columns(pair.record, pair.other, pair.score)
        return {(one, two): score for one, two, score in connection.execute(asked)}


def plainly(company: Company, leads: dict[str, dict[str, object]]) -> dict[tuple[str, str], int]:
    """Compare every lead with every other one that shares a key with it."""
    search = search_of(company.model, "lead")
    matching = search.matching
    assert isinstance(matching, Matching)
    exact = {c.ours[1] for c in search.courses if c.exact and c.theirs == c.ours}
    blocks = matching.plan["lead"]
    plan = {**blocks, **{key: tuple(key.partition(":")[2].split("+")) for key in exact}}
    held = {one: match_keys(plan, row) for one, row in leads.items()}
    found = {}
    for old, new in combinations(sorted(leads), 2):
        shared = {key for key in plan if set(held[old].get(key, ())) & set(held[new].get(key, ()))}
        alike = matching.alike(
            matching.plain("lead", leads[new]), matching.plain("lead", leads[old])
        )
        if (shared & blocks.keys() and alike.score >= matching.suspect) or shared & exact:
            found[new, old] = alike.score or 100
    return found


def test_the_search_finds_what_comparing_each_with_each_finds(company: Company) -> None:
    leads = written(company)

    found = searched(company)

    assert found == plainly(company, leads)
    assert len(found) > LEADS
    assert searched(company) == found


def test_making_keys_and_searching_asks_by_an_index(company_on_sqlite: Company) -> None:
    company = company_on_sqlite
    written(company)
    said: list[str] = []
    with company.storage.connection() as connection:
        raw: Any = connection.connection.dbapi_connection
    raw.set_trace_callback(said.append)

    searched(company)

    raw.set_trace_callback(None)
    asked = [one for one in said if one.startswith("SELECT") and "FROM fs_match_key" in one]
    with company.storage.connection() as connection:
        plans = {
            statement: [
                step[3] for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
            ]
            for statement in asked
        }
    by_record = [plan for one, plan in plans.items() if "json_each" in one]
    assert by_record
    assert all("ix_fs_match_key_record" in plan[0] for plan in by_record), by_record
