"""Words find records on both databases, by the index."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from fieldstone.base.ids import new_id
from fieldstone.storage.search import matching
from fieldstone.storage.tokens import terms, tokens
from fieldstone.storage.transaction import RowUpdate
from tests.storage.builders import Site

PEOPLE = {
    "zhang": {"name": "张伟", "mobile": "+8613800138000", "email": "zhang.wei@acme.cn"},
    "li": {"name": "李娜", "company": "上海远东科技有限公司"},
    "anna": {"name": "Anna Müller", "company": "东远上海"},
}


def found(site: Site, text: str) -> set[str]:
    table = site.tables["lead"]
    asked = select(table.columns["name"]).where(matching(site.tables, "lead", text))
    with site.storage.looking() as connection:
        return set(connection.execute(asked).scalars())


@pytest.fixture
def filled(site: Site) -> Site:
    for values in PEOPLE.values():
        site.add("lead", **values)
    return site


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("张伟", {"张伟"}),
        ("伟", {"张伟"}),
        ("伟张", set()),
        ("zhangw", {"张伟"}),
        ("zw", {"张伟"}),
        ("zhang wei", {"张伟"}),
        ("13800138", {"张伟"}),
        ("138-0013-8000", {"张伟"}),
        ("8000", {"张伟"}),
        ("ACME", {"张伟"}),
        ("zhang.wei@acme", {"张伟"}),
        ("远东", {"李娜"}),
        ("上海远东", {"李娜"}),
        ("上海东远", set()),
        ("东远上海", {"Anna Müller"}),
        ("müll", {"Anna Müller"}),
        ("anna 上海", {"Anna Müller"}),
        ("李娜 上海", {"李娜"}),
        ("'; DROP TABLE o_lead; --", set()),
        ('" OR "', set()),
        ("!!!", set()),
        ("", set()),
    ],
)
def test_a_record_is_found_by_any_of_its_words(filled: Site, text: str, names: set[str]) -> None:
    assert found(filled, text) == names


def test_two_chinese_characters_are_found_through_the_index(site: Site) -> None:
    with site.transaction() as transaction:
        rows = [{"id": new_id(), "name": f"客户{n}"} for n in range(3_000)]
        transaction.insert("lead", [*rows, {"id": new_id(), "name": "张伟"}])
    table = site.tables["lead"]
    asked = select(table.columns["name"]).where(matching(site.tables, "lead", "张伟"))
    asked = asked.order_by(table.columns["id"].desc()).limit(20)
    with site.storage.connection() as connection:
        if site.storage.dialect == "postgresql":
            connection.exec_driver_sql("SELECT gin_clean_pending_list('ix_o_lead_tok')")
            connection.exec_driver_sql("ANALYZE o_lead")
        sql = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN " if site.storage.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = str(connection.exec_driver_sql((explain + sql).replace("%%", "%")).all())

    assert found(site, "张伟") == {"张伟"}
    assert "Bitmap Index Scan on ix_o_lead_tok" in plan or "VIRTUAL TABLE INDEX" in plan
    assert "Seq Scan" not in plan
    assert "SCAN o_lead'" not in plan


def test_a_renamed_record_is_found_by_its_new_name_only(site: Site) -> None:
    lead = site.add("lead", name="张伟", company="Acme")
    with site.transaction() as transaction:
        transaction.update("lead", [RowUpdate(lead, {"name": "王芳"})])

    assert found(site, "王芳") == {"王芳"}
    assert found(site, "张伟") == set()
    assert found(site, "acme") == {"王芳"}


@given(st.text(max_size=60))
@example("\u30fb\u3099\U0002a6df\u0130")
def test_tokens_are_letters_and_digits_whatever_comes_in(text: str) -> None:
    for token in (*tokens([text]), *(term.token for term in terms(text))):
        assert token
        assert all(character.isalnum() for character in token)


@given(st.text(alphabet="张伟李娜上海abcXYZ019 -.", min_size=1, max_size=20))
def test_every_text_is_found_by_itself(text: str) -> None:
    kept = tokens([text])

    for term in terms(text):
        assert any(t == term.token or (term.prefix and t.startswith(term.token)) for t in kept)
