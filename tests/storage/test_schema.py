"""The database is brought to the model: additions are made, everything else is named and left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage import engines
from fieldstone.storage.database import Storage
from fieldstone.storage.engines import DatabaseUrlError
from fieldstone.storage.tables import index_name
from tests.storage.builders import CTX, NOW, TEXT, WHOLE, Site, a_field, a_model, an_object


def with_lead(model: Model, lead: ObjectType) -> Model:
    return replace(model, objects={**model.objects, "lead": lead})


def test_a_second_start_finds_nothing_to_do(site: Site) -> None:
    brought = site.storage.bring_to(site.storage.use(a_model()), NOW)

    assert (brought.done, brought.notes) == ((), ())


def test_the_tables_of_a_model_are_made_when_they_are_asked_for_and_once(site: Site) -> None:
    tables = site.storage.use(replace(site.model))

    assert "lead" in tables.objects
    assert "nothing" not in tables.objects
    assert set(tables.objects) == set(site.model.objects)
    assert not tables.metadata.tables
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: tables["lead"], range(16)))
    assert all(one is made[0] for one in made)
    assert list(tables.metadata.tables) == ["o_lead"]


def test_a_new_field_object_and_index_are_added_and_old_rows_stay(site: Site) -> None:
    lead = site.add("lead", name="张伟")
    model = a_model(a_field("floor", WHOLE, indexed=True))
    model = replace(model, objects={**model.objects, "visit": an_object("visit", a_field("name"))})
    tables = site.storage.use(model)

    brought = site.storage.bring_to(tables, NOW)

    added = {(change.what, change.place) for change in brought.done}
    assert {("column", "o_lead.f_floor"), ("table", "o_visit")} <= added
    assert ("index", "ix_o_lead_f_floor") in added
    assert brought.notes == ()
    with site.storage.reading(tables, CTX) as reader:
        row = reader.rows("lead", [lead])[lead]
    assert (row["name"], row["floor"]) == ("张伟", None)
    assert site.storage.differences(tables) == ()


def test_what_left_the_model_is_named_and_kept(site: Site) -> None:
    lead = site.add("lead", name="张伟", company="Acme")
    spec = site.model.objects["lead"]
    fields = {code: field for code, field in spec.fields.items() if code != "company"}
    fields["score"] = replace(fields["score"], type=TEXT)
    smaller = with_lead(site.model, replace(spec, fields=fields, search=("name",)))
    objects = {code: spec for code, spec in smaller.objects.items() if code != "team"}

    brought = site.storage.bring_to(site.storage.use(replace(smaller, objects=objects)), NOW)

    assert {note.place for note in brought.notes} == {
        "o_lead.f_company",
        "o_lead.f_score",
        "o_team",
    }
    assert site.row("lead", lead)["company"] == "Acme"


def test_several_processes_may_start_at_once(database_url: str) -> None:
    def start(_: int) -> int:
        storage = Storage(database_url, secret_key="k")
        try:
            return len(storage.bring_to(storage.use(a_model()), NOW).done)
        finally:
            storage.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(start, range(4)))

    assert sorted(map(bool, done)) == [False, False, False, True]


def test_an_index_that_broke_while_it_was_built_is_built_again(postgres_url: str) -> None:
    site = Site(postgres_url)
    site.add("lead", name="张伟")
    with site.storage.connection() as connection:
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false "
            "WHERE indexrelid = 'ix_o_lead_f_channel'::regclass"
        )

    brought = site.storage.bring_to(site.tables, NOW)

    assert [change.place for change in brought.done] == ["ix_o_lead_f_channel"]
    assert site.storage.differences(site.tables) == ()
    site.storage.close()


def test_adding_a_column_gives_way_to_readers_and_is_tried_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldstone.storage import schema

    site = Site(postgres_url)
    monkeypatch.setattr(schema, "LOCK_LIMIT", "50ms")
    reader = site.storage.connection()
    connection = reader.__enter__()
    connection.exec_driver_sql("SELECT count(*) FROM o_lead")
    waits: list[float] = []

    def release(seconds: float) -> None:
        waits.append(seconds)
        reader.__exit__(None, None, None)

    monkeypatch.setattr(schema.time, "sleep", release)
    tables = site.storage.use(a_model(a_field("floor", WHOLE)))
    brought = site.storage.bring_to(tables, NOW)

    assert len(waits) == 1
    assert [change.place for change in brought.done] == ["o_lead.f_floor"]
    site.storage.close()


def test_newly_searched_fields_are_found_in_old_rows(site: Site) -> None:
    from sqlalchemy import select

    from fieldstone.storage.search import matching

    lead = site.add("lead", name="张伟", tags=("重点客户",))
    spec = site.model.objects["lead"]
    tables = site.storage.use(with_lead(site.model, replace(spec, search=("name", "tags"))))

    brought = site.storage.bring_to(tables, NOW)

    with site.storage.looking() as connection:
        asked = select(tables["lead"].columns["id"]).where(matching(tables, "lead", "重点客户"))
        assert connection.execute(asked).scalars().all() == [lead]
    assert [c.place for c in brought.done if c.what == "words"] == ["lead"]


def test_physical_names_are_ascii_and_short_enough_for_both_databases(site: Site) -> None:
    for table in site.tables.every_table():
        names = [
            table.name,
            *(c.name for c in table.columns),
            *(str(i.name) for i in table.indexes),
        ]
        assert all(name.isascii() and len(name) <= 60 for name in names)
    long = [f"f_{'x' * 38}", f"f_{'y' * 38}"]
    assert len(index_name("o_lead", long)) == 60
    assert index_name("o_lead", long) != index_name("o_lead", [*long, "id"])


def test_rule_versions_count_up_when_a_rules_text_changes(site: Site) -> None:
    from types import SimpleNamespace

    def model(**digests: str) -> Model:
        rules = {code: SimpleNamespace(digest=digest) for code, digest in digests.items()}
        return SimpleNamespace(rules=rules)  # type: ignore[return-value]

    first = site.storage.rule_versions(model(a="1", b="1"), NOW)
    second = site.storage.rule_versions(model(a="2", b="1", c="1"), NOW)
    again = site.storage.rule_versions(model(a="2", b="1", c="1"), NOW)

    assert first == {"a": 1, "b": 1}
    assert second == again == {"a": 2, "b": 1, "c": 1}


def test_a_published_model_gets_the_next_version_once(site: Site) -> None:
    versions = [site.storage.publish(digest, NOW) for digest in ("x", "x", "y")]

    mark = site.storage.published()
    assert versions == [1, 1, 2]
    assert mark is not None
    assert (mark.version, mark.digest) == (2, "y")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_a_database_that_cannot_serve_is_refused_with_a_cure(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match=r"sqlite:///fieldstone\.db"):
        Storage(url, secret_key="k")


def test_sqlite_runs_with_the_settings_that_keep_commits(sqlite_url: str) -> None:
    storage = Storage(sqlite_url, secret_key="k")
    with storage.connection() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    storage.close()

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": engines.BUSY_SECONDS * 1000,
        "foreign_keys": 1,
    }
