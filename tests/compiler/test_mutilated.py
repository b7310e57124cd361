"""Whatever is done to the YAML, the compiler answers with a model or with problems, never with a crash."""

import yaml
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from fieldstone.base.errors import MetadataError
from fieldstone.compiler.compile import Document, Layer, compile_site
from tests.builders import USER, field_types, rule_kinds

OBJECT = """\
object: lead
label: {en: Lead, zh: 线索}
plural: Leads
title: name
search: [name, email]
timeline: true
unique: [[name, email]]
renamed_from: prospect
fields:
  name: {type: text, required: true, max_length: 80, help: {en: Help}}
  email: email
  budget: {type: currency, min: 0}
  region: {type: select, options_from: region}
  city: {type: select, depends_on: region, options: {bj: {zh: 北京, parents: [north]}, sh: Shanghai}}
  boss: {type: user, related_name: bossed}
  up: {type: lookup, to: lead, related_name: below}
  lines: {type: rows, fields: {price: currency, amount: {type: formula, returns: currency, value: "price * 2"}}}
  total: {type: rollup, of: lines, function: sum, value: amount, when: "price > 1"}
  full: {type: formula, returns: percent, value: "filled(name, email) / 2"}
  due: {type: date, default_expression: today(), required_when: "budget > 5"}
  number: {type: autonumber, pattern: "L-{yyyy}-{0000}"}
stages:
  field: stage
  pipelines:
    standard:
      stages:
        new: {probability: 5, within: 2 days}
        contacted: {needs: [email], guard: "budget > 1", guard_text: No, enter: [{set: {due: "today()"}}, {notify: {to: owner, message: Hi}}]}
        won: {kind: won}
        lost: {kind: lost, exit: [{create: {object: lead, values: {name: "name"}}}]}
      moves: {new: [contacted, lost]}
ownership: {owner: optional, pools: [public_pool]}
views:
  mine: {kind: list, filter: "owner == user", columns: [name, boss.name], sort: [-budget, name]}
  board: {kind: board, by: stage, card: {title: name, chips: [region], sum: budget}}
  days: {kind: calendar, date: due}
forms:
  default: {main: {columns: 2, fields: [name, email], visible_when: "budget > 1"}}
  quick: [name]
permissions:
  sales: {read: own, create: true, when: "region == 'north'", fields: {budget: read, email: {mask: "owner != user"}}}
"""
SITE = """\
roles: {admin: {administrator: true}, sales: {zh: 销售}}
nav: {g: {label: G, items: [lead, {object: lead, view: mine}, {page: tasks}]}}
options: {region: {north: {zh: 华北}, south: South}}
calendars: {office: {zone: Asia/Shanghai, hours: {mon-fri: ["09:00-18:00"]}, holidays: ["2026-10-01"]}}
default_calendar: office
rules:
  tidy: {kind: validation, object: lead, when: "budget > 1", "on": [create], from: 2026-01-01}
reports: {funnel: {kind: funnel, label: Funnel, object: lead}}
"""
UPPER = """\
object: lead
fields: {email: null, phone: {type: phone, after: name}, name: {required: false}}
search: !append [phone]
views: {mine: {columns: !remove [email]}}
"""
TEXTS = (OBJECT, SITE, UPPER)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.sampled_from(
        ["", "name", "lead", "text", "lookup", "x" * 50, "no", "5", "线索", "{", "a.b.c", "owner == ", "((((", "\x00", "today()", "-", "rows", "rollup"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "fields", "options", "after", "zh", "kind", "a b", "9", ""]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def compile_texts(texts):
    documents = [Document(f"metadata/{n}.yaml", text) for n, text in enumerate(texts[:2])]
    layers = [
        Layer("core", (Document("metadata/user.yaml", USER), *documents)),
        Layer("upper", (Document("metadata/lead.yaml", texts[2]),)),
    ]
    for problem in problems_of(layers):
        assert problem.code
        assert problem.message
        assert problem.cure


def problems_of(layers):
    try:
        compile_site(layers, field_types(), rule_kinds())
    except MetadataError as refused:
        return refused.problems
    return ()


def spots(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from spots(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from spots(item, (*path, index))


def changed(value, path, new):
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


class Loader(yaml.SafeLoader):
    """Keeps !append and !remove lists as lists."""


for tag in ("!append", "!remove"):
    Loader.add_constructor(tag, lambda loader, node: loader.construct_sequence(node))
TREES = [yaml.load(text, Loader) for text in TEXTS]
TREE_SPOTS = [list(spots(tree)) for tree in TREES]


@profile(max_examples=50)
@given(st.data())
def test_any_value_in_any_place_is_taken_or_refused(data):
    which = data.draw(st.integers(0, 2))
    path = data.draw(st.sampled_from(TREE_SPOTS[which]))
    tree = changed(TREES[which], path, data.draw(ANYTHING))
    texts = list(TEXTS)
    texts[which] = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)

    compile_texts(texts)


@profile(max_examples=30)
@given(st.data())
def test_any_key_may_be_missing_or_called_otherwise(data):
    which = data.draw(st.integers(0, 2))
    path = data.draw(
        st.sampled_from([p for p in TREE_SPOTS[which] if p and isinstance(p[-1], str)])
    )
    parent = TREES[which]
    for step in path[:-1]:
        parent = parent[step]
    name = data.draw(st.sampled_from(["", "name", "lead", "after", "type", "zz", "x y", "none"]))
    keys = {
        name if key == path[-1] else key: value
        for key, value in parent.items()
        if key != path[-1] or name
    }
    texts = list(TEXTS)
    texts[which] = yaml.safe_dump(
        changed(TREES[which], path[:-1], keys), allow_unicode=True, sort_keys=False
    )

    compile_texts(texts)


@profile(max_examples=50)
@given(st.data())
def test_any_damage_to_the_text_is_refused_or_harmless(data):
    which = data.draw(st.integers(0, 2))
    text = TEXTS[which]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    new = data.draw(
        st.text(
            alphabet=st.sampled_from(
                "abz09 \t\n:-{}[],\"'#&*!|>%@`~\\\x00\u2028线\ud800\U0001f600"
            ),
            max_size=8,
        )
        | st.sampled_from(
            [
                "- " * 60,
                "[" * 60,
                "{a: " * 60,
                "!append ",
                "*x",
                "&x ",
                "<<: ",
                "---\n",
                "...\n",
                "%YAML 9.9\n",
            ]
        )
    )
    texts = list(TEXTS)
    texts[which] = text[:start] + new + text[end:]

    compile_texts(texts)


@profile(max_examples=20)
@given(st.text(max_size=80))
def test_any_text_at_all_is_refused_or_harmless(text):
    compile_texts([OBJECT, SITE, text])


def test_the_unharmed_texts_compile():
    upper = UPPER.replace("email: null, ", "")
    documents = [
        Document("metadata/lead.yaml", OBJECT),
        Document("metadata/site.yaml", SITE.split("rules:")[0]),
        Document("metadata/user.yaml", USER),
    ]
    layers = [Layer("core", documents), Layer("upper", (Document("metadata/lead.yaml", upper),))]

    assert compile_site(layers, field_types(), rule_kinds()).objects["lead"].fields["phone"]
