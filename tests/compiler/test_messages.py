"""Every message names the file, the line and the column, says what is wrong and what to write instead."""

from textwrap import dedent

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.problem_texts import in_language
from tests.builders import a_model

LEAD = """\
object: lead
fields:
  name: text
  budget: currency
  stage_text: {type: select, options: {a: A, b: B}}
"""


def problems_of(*texts, **layers):
    with pytest.raises(MetadataError) as refused:
        a_model(*texts, **layers)
    return refused.value.problems


def lead_and(part):
    return LEAD + dedent(part)


CASES = {
    "an unknown field type": (
        "object: lead\nfields:\n  name: text\n  budget: {type: curency}\n",
        "metadata/a.yaml:4:18  lead.fields.budget.type",
        "there is no field type 'curency'.",
        "Write 'currency', or see docs/fieldtypes for the others.",
    ),
    "an unknown type in its short form": (
        "object: lead\nfields: {name: txt}\n",
        "metadata/a.yaml:2:16  lead.fields.name",
        "there is no field type 'txt'.",
        "Write 'text', or see docs/fieldtypes for the others.",
    ),
    "a misspelt key of a field": (
        "object: lead\nfields: {name: {type: text, requird: true}}\n",
        "metadata/a.yaml:2:29  lead.fields.name.requird",
        "there is no key 'requird' here.",
        "Write 'required'.",
    ),
    "a misspelt key of an object": (
        lead_and("serch: [name]"),
        "metadata/a.yaml:6:1  lead.serch",
        "there is no key 'serch' here.",
        "Write 'search'.",
    ),
    "yes where a boolean is wanted": (
        "object: lead\nfields: {name: {type: text, required: yes}}\n",
        "metadata/a.yaml:2:39  lead.fields.name.required",
        "'yes' (a text) stands where true or false is wanted.",
        "Write true or false, without quotes.",
    ),
    "a text where a number is wanted": (
        'object: lead\nfields: {name: {type: text, max_length: "80"}}\n',
        "metadata/a.yaml:2:42  lead.fields.name.max_length",
        "'80' (a text) stands where a whole number is wanted.",
        "Write a whole number without quotes, such as 20.",
    ),
    "a number out of bounds": (
        "object: lead\nfields: {name: {type: text, max_length: 0}}\n",
        "metadata/a.yaml:2:41  lead.fields.name.max_length",
        "'0' must be at least 1.",
        "Write at least 1.",
    ),
    "a field without a type": (
        "object: lead\nfields: {name: {required: true}}\n",
        "metadata/a.yaml:2:16  lead.fields.name",
        "the field has no type.",
        "Add 'type: text', or another type.",
    ),
    "a lookup without its object": (
        "object: lead\nfields: {name: text, owner_x: lookup}\n",
        "metadata/a.yaml:2:31  lead.fields.owner_x",
        "the type 'lookup' needs to.",
        "Write {type: lookup, to: ...}.",
    ),
    "a lookup to an unknown object": (
        "object: lead\nfields: {name: text, boss: {type: lookup, to: usr}}\n",
        "metadata/a.yaml:2:47  lead.fields.boss.to",
        "there is no object 'usr'.",
        "Write 'user'.",
    ),
    "a bad code of a field": (
        "object: lead\nfields: {Name: text}\n",
        "metadata/a.yaml:2:10  lead.fields.Name",
        "'Name' cannot be the code of a field.",
        "Write small letters a-z, digits and _, beginning with a letter, at most 40 characters; what people read goes into 'label'.",
    ),
    "a field that the platform keeps": (
        "object: lead\nfields: {name: text, created_at: datetime}\n",
        "metadata/a.yaml:2:22  lead.fields.created_at",
        "the platform itself keeps the field 'created_at'.",
        "Take this line out, or name the field otherwise, such as 'own_created_at'.",
    ),
    "a field named like a word of the language": (
        "object: lead\nfields: {name: text, not: text}\n",
        "metadata/a.yaml:2:22  lead.fields.not",
        "'not' means something else in expressions.",
        "Name the field otherwise, such as 'not_text', and keep the word in 'label'.",
    ),
    "a bad code of an object": (
        "object: Lead\nfields: {name: text}\n",
        "metadata/a.yaml:1:9  object.object",
        "'Lead' cannot be the code of an object.",
        "Write small letters a-z, digits and single _, beginning with a letter, such as service_order.",
    ),
    "an object named like a part of the API": (
        "object: meta\nfields: {name: text}\n",
        "metadata/a.yaml:1:9  object.object",
        "'meta' is an address of the API itself.",
        "Call the object otherwise, such as 'own_meta'; what people read goes into 'label'.",
    ),
    "an earlier name that is no code": (
        'object: lead\nfields: {name: {type: text, renamed_from: "a; b"}}\n',
        "metadata/a.yaml:2:44  lead.fields.name.renamed_from",
        "'a; b' is not written as it should be.",
        None,
    ),
    "rollups in a circle": (
        "object: lead\nfields: {a: {type: rollup, of: leads, function: sum, value: b}, b: {type: rollup, of: leads, function: max, value: a}, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:13  lead.fields.a",
        "the rollups go round in a circle: lead.a -> lead.b -> lead.a.",
        "Take one of them out.",
    ),
    "a formula and a rollup in a circle": (
        'object: lead\nfields: {a: {type: rollup, of: leads, function: sum, value: b}, b: {type: formula, returns: integer, value: "a + 1"}, up: {type: lookup, to: lead}}\n',
        "metadata/a.yaml:2:13  lead.fields.a",
        "these fields are computed from each other: lead.a -> lead.b -> lead.a.",
        "Take one of them out of the circle.",
    ),
    "a key twice": (
        "object: lead\nfields:\n  name: text\n  name: email\n",
        "metadata/a.yaml:4:3  name",
        "'name' stands twice in this map; the first is on line 3.",
        "Keep one of the two.",
    ),
    "a setting without a value": (
        "object: lead\nfields:\n  name: text\n  note:\n",
        "metadata/a.yaml:4:3  lead.fields.note",
        "'note' has no value.",
        "Write a value, write 'note: {}' for one without settings, or remove the line.",
    ),
    "an alias": (
        "object: &x lead\nfields: {name: *x}\n",
        "metadata/a.yaml:2:16",
        "'*x' repeats another part of the file.",
        "Write the part out; options that are shared go into 'options:' and 'options_from'.",
    ),
    "a tag": (
        "object: !!python/name:os.system lead\n",
        "metadata/a.yaml:1:9",
        "the tag 'tag:yaml.org,2002:python/name:os.system' means nothing here.",
        "Only !append and !remove exist, before a list.",
    ),
    "a tab": (
        "object: lead\nfields:\n\tname: text\n",
        "metadata/a.yaml:3:1",
        "the YAML cannot be read: found character that cannot start any token.",
        "Use spaces, never tabs, and quote a text that begins with @, ` or %.",
    ),
    "a colon in an unquoted text": (
        "object: lead\nhelp: Note: first\nfields: {name: text}\n",
        "metadata/a.yaml:2:11",
        "the YAML cannot be read: mapping values are not allowed in this context.",
        "A text with ': ' in it needs quotes; else look at the indentation.",
    ),
    "an unknown field in a view": (
        lead_and("views: {all: {columns: [name, bugdet]}}"),
        "metadata/a.yaml:6:31  lead.views.all.columns[2]",
        "lead has no field 'bugdet'.",
        "Write 'budget'.",
    ),
    "an unknown field in a sort": (
        lead_and("views: {all: {sort: -bugdet}}"),
        "metadata/a.yaml:6:21  lead.views.all.sort",
        "lead has no field 'bugdet'.",
        "Write 'budget'.",
    ),
    "an unknown kind of view": (
        lead_and("views: {all: {kind: liste}}"),
        "metadata/a.yaml:6:21  lead.views.all.kind",
        "'liste' is not known here.",
        "Write 'list'.",
    ),
    "a board by another field than the stage": (
        lead_and(
            "stages: {pipelines: {main: {stages: {new: {}, won: {kind: won}}}}}\nviews: {b: {kind: board, by: budget}}"
        ),
        "metadata/a.yaml:7:30  lead.views.b.by",
        "the columns of a board are stages, not 'budget'.",
        "Take 'by' out, or name 'stage'.",
    ),
    "a board of an object without stages": (
        "object: team\nfields: {name: text}\nviews: {b: {kind: board}}\n",
        "metadata/a.yaml:3:12  team.views.b",
        "a board needs stages for its columns.",
        "Give the object 'stages', or make this a list.",
    ),
    "a calendar without a date": (
        lead_and("views: {c: {kind: calendar}}"),
        "metadata/a.yaml:6:12  lead.views.c",
        "a calendar needs a date field.",
        "Add 'date: FIELD'.",
    ),
    "an unknown field in a form": (
        lead_and("forms: {default: {main: {fields: [name, nmae]}}}"),
        "metadata/a.yaml:6:41  lead.forms.default.main.fields[2]",
        "lead has no field 'nmae'.",
        "Write 'name'.",
    ),
    "an unknown title": (
        lead_and("title: nam"),
        "metadata/a.yaml:6:8  lead.title",
        "lead has no field 'nam'.",
        "Write 'name'.",
    ),
    "a search in numbers": (
        lead_and("search: [name, budget]"),
        "metadata/a.yaml:6:16  lead.search[2]",
        "'budget' is a currency field, which text search cannot look into.",
        "Name text, e-mail, phone or tag fields; filter by the others.",
    ),
    "an unknown role": (
        lead_and("permissions: {slaes: {read: own}}"),
        "metadata/a.yaml:6:22  lead.permissions.slaes",
        "there is no role 'slaes'.",
        "Use one of: admin.",
    ),
    "an unknown scope": (
        lead_and("permissions: {admin: {read: al}}"),
        "metadata/a.yaml:6:29  lead.permissions.admin.read",
        "'al' is not known here.",
        "Write 'all'.",
    ),
    "an unknown field in a permission": (
        lead_and("permissions: {admin: {fields: {bugdet: read}}}"),
        "metadata/a.yaml:6:40  lead.permissions.admin.fields.bugdet",
        "lead has no field 'bugdet'.",
        "Write 'budget'.",
    ),
    "an unknown field in a stage's needs": (
        lead_and("stages: {pipelines: {p: {stages: {a: {}, b: {needs: [bugdet]}}}}}"),
        "metadata/a.yaml:6:54  lead.stages.pipelines.p.stages.b.needs[1]",
        "lead has no field 'bugdet'.",
        "Write 'budget'.",
    ),
    "an unknown stage in the moves": (
        lead_and("stages: {pipelines: {p: {stages: {one: {}, two: {}}, moves: {one: [tow]}}}}"),
        "metadata/a.yaml:6:68  lead.stages.pipelines.p.moves.one[1]",
        "there is no stage 'tow'.",
        "Write 'two'.",
    ),
    "a span that is no span": (
        lead_and("stages: {pipelines: {p: {stages: {one: {within: soon}}}}}"),
        "metadata/a.yaml:6:49  lead.stages.pipelines.p.stages.one.within",
        None,
        "Write a span such as '2 working days', '4 working hours' or '3 days'.",
    ),
    "a pipeline that begins with a lost stage": (
        lead_and("stages: {pipelines: {p: {stages: {one: {kind: lost}}}}}"),
        "metadata/a.yaml:6:34  lead.stages.pipelines.p.stages",
        "the first stage must be open: new records begin in it.",
        "Put an open stage first.",
    ),
    "unknown shared options": (
        "object: lead\nfields: {name: {type: select, options_from: regoin}}\n",
        "metadata/a.yaml:2:45  lead.fields.name.options_from",
        "there are no shared options 'regoin'.",
        "Use one of: roles.",
    ),
    "a select without options": (
        "object: lead\nfields: {name: {type: select}}\n",
        "metadata/a.yaml:2:16  lead.fields.name",
        "there are no options to choose from.",
        "Add 'options: {code: label}', or 'options_from: NAME'.",
    ),
    "a default that is no option": (
        "object: lead\nfields: {name: {type: select, options: {a: A, b: B}, default: c}}\n",
        "metadata/a.yaml:2:63  lead.fields.name.default",
        None,
        None,
    ),
    "a depends_on that has no options": (
        "object: lead\nfields: {name: text, city: {type: select, options: {a: A}, depends_on: name}}\n",
        "metadata/a.yaml:2:72  lead.fields.city.depends_on",
        "'name' is no select field.",
        "Name a field with options.",
    ),
    "an unknown parent of an option": (
        "object: lead\nfields: {region: {type: select, options: {n: N}}, city: {type: select, depends_on: region, options: {a: {en: A, parents: [m]}}}}\n",
        "metadata/a.yaml:2:105  lead.fields.city.options.a",
        "'region' has no option 'm'.",
        "Use one of: n.",
    ),
    "an expression with an unknown field": (
        lead_and("views: {all: {filter: \"name == 'x' and bugdet > 5\"}}"),
        "metadata/a.yaml:6:40  lead.views.all.filter",
        None,
        "Write 'budget'.",
    ),
    "an expression of the wrong type": (
        lead_and('views: {all: {filter: "budget + 1"}}'),
        "metadata/a.yaml:6:24  lead.views.all.filter",
        None,
        None,
    ),
    "formulas in a circle": (
        'object: lead\nfields:\n  a: {type: formula, returns: integer, value: "b + 1"}\n  b: {type: formula, returns: integer, value: "a + 1"}\n',
        "metadata/a.yaml:3:6  lead.fields.a",
        "these fields are computed from each other: lead.a -> lead.b -> lead.a.",
        "Take one of them out of the circle.",
    ),
    "a stored formula that reads the clock": (
        'object: lead\nfields: {name: text, age: {type: formula, returns: decimal, value: "days_since(created_at)", stored: true}}\n',
        "metadata/a.yaml:2:102  lead.fields.age.stored",
        "the value changes without a write of this record: the formula reads other records, the time or the user.",
        "Take 'stored' out: it is then computed whenever it is read.",
    ),
    "a rollup over unknown rows": (
        "object: lead\nfields: {name: text, n: {type: rollup, of: leeds, function: count}, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:44  lead.fields.n.of",
        "there is no relation 'leeds'.",
        "Write 'leads'.",
    ),
    "a rollup without a field to sum": (
        "object: lead\nfields: {name: text, n: {type: rollup, of: leads, function: sum}, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:25  lead.fields.n.value",
        "sum needs a field.",
        "Add 'value: FIELD of those rows'.",
    ),
    "a sum of texts": (
        "object: lead\nfields: {name: text, n: {type: rollup, of: leads, function: sum, value: name}, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:73  lead.fields.n.value",
        "there is no sum of values of type text.",
        "Name a field with numbers; min and max also take dates, times and text.",
    ),
    "a rollup whose condition reads other records": (
        "object: lead\nfields: {name: text, n: {type: rollup, of: leads, function: count, when: \"up.name == 'x'\"}, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:75  lead.fields.n.when",
        "the condition of a rollup may read the summed row's own fields only, since its total is kept.",
        "Keep what it needs in a field of that object, or use a formula such as count(rows, condition).",
    ),
    "two lookups that would make one relation": (
        "object: lead\nfields: {name: text, up: {type: lookup, to: lead}, down: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:58  lead.fields.down",
        "lead would have two relations 'leads': from lead.up and from this field.",
        "Add 'related_name: leads_by_down', or another name, to one of the two.",
    ),
    "a relation named like a field": (
        "object: lead\nfields: {leads: text, up: {type: lookup, to: lead}}\n",
        "metadata/a.yaml:2:27  lead.fields.up",
        "lead has a field 'leads' already, so the rows that point to it cannot be called so.",
        "Add 'related_name: leads_by_up', or another name.",
    ),
    "child rows within child rows": (
        "object: lead\nfields: {name: text, a: {type: rows, fields: {b: {type: rows, fields: {c: text}}}}}\n",
        "metadata/a.yaml:2:50  lead.fields.a.fields.b",
        "child rows cannot have child rows of their own.",
        "Make an object of its own, and a lookup to it.",
    ),
    "two fields in one column": (
        "object: lead\nfields: {name: text, title: {type: text, renamed_from: name}}\n",
        "metadata/a.yaml:2:22  lead.fields.title",
        "'title' would be kept in the column of 'name'.",
        "Take another code, or another 'renamed_from'.",
    ),
    "a stage field that is also a field": (
        "object: lead\nfields: {name: text, stage: text}\nstages: {pipelines: {p: {stages: {a: {}}}}}\n",
        "metadata/a.yaml:2:22  lead.fields.stage",
        "'stage' is made from 'stages' and cannot be a field as well.",
        "Take one of the two out, or name the stage field with 'stages: {field: ...}'.",
    ),
    "an unknown field after which to stand": (
        "object: lead\nfields: {name: text, b: {type: text, after: nmae}}\n",
        "metadata/a.yaml:2:45  lead.fields.b.after",
        "there is no 'nmae' here to stand after.",
        "Name one of its neighbours.",
    ),
    "fields in a file without an object": (
        "fields: {name: text}\n",
        "metadata/a.yaml:1:1  fields",
        "there is no key 'fields' at the top of a file.",
        "Begin the file with 'object: CODE', or name the file under 'include' of its object.",
    ),
    "an unknown object in the navigation": (
        "nav: {g: {items: [leed]}}\n",
        "metadata/a.yaml:1:19  nav.g.items[1]",
        "there is no object 'leed'.",
        "Use one of: user.",
    ),
    "a calendar with impossible hours": (
        'calendars: {c: {hours: {mon: ["09:00-25:00"]}}}\n',
        "metadata/a.yaml:1:16  calendars.c",
        None,
        "Correct the hours, the zone, the country or the days of this calendar.",
    ),
    "a calendar with an unknown weekday": (
        'calendars: {c: {hours: {monday: ["09:00-12:00"]}}}\n',
        "metadata/a.yaml:1:25  calendars.c.hours.monday",
        "'monday' cannot be a key here.",
        "Write mon, tue, wed, thu, fri, sat, sun, or a span such as mon-fri.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_told(case):
    text, path, message, cure = CASES[case]
    problems = problems_of(text)

    assert path in [problem.path for problem in problems], problems
    problem = next(problem for problem in problems if problem.path == path)
    assert message is None or problem.message == message
    assert cure is None or problem.cure == cure
    assert problem.message
    assert problem.cure


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_gives_one_message(case):
    problems = problems_of(CASES[case][0])

    assert len(problems) == 1, problems


def test_all_problems_are_told_at_once():
    problems = problems_of(
        "object: lead\nfields: {name: txt, mail: {type: email, requird: true}}\nsearch: [nme]\nviews: {all: {columns: [neme]}}",
        "object: deal\nfields: {name: {type: text, max_length: ten}}",
    )

    assert len(problems) == 5


def test_an_expression_over_a_wrong_field_is_not_blamed_for_it():
    problems = problems_of(
        'object: lead\nfields: {name: text, budget: curency}\nviews: {all: {filter: "budget > 5", columns: [budget]}}'
    )

    assert [problem.code for problem in problems] == ["unknown_type"]


def test_a_rule_of_an_unknown_kind_or_object_is_told():
    problems = problems_of(
        LEAD, "rules:\n  a: {kind: asignment, object: lead}\n  b: {object: lead}\n  c: 5\n"
    )

    assert [problem.path for problem in problems] == [
        "metadata/b.yaml:2:13  rules.a.kind",
        "metadata/b.yaml:3:6  rules.b",
        "metadata/b.yaml:4:6  rules.c",
    ]
    assert problems[0].message == "there is no kind of rule 'asignment'."


MANY = """\
object: lead
fields:
  name: {type: text, labl: Name, required_when: "namee == 'x'"}
  worth: {type: curency, requird: true}
  degree: {type: select, options: {a: {colour: red}, b: B}}
stages:
  pipelines:
    standard:
      stages:
        new: {probability: 500, needs: [nmae], guard: "worthh > 5"}
        done: {kind: wonn}
      moves: {new: [nowhere]}
views:
  mine: {kind: list, columns: [nme], sort: 5}
permissions:
  sales: {read: mine, fields: {nmae: read}}
roles: {sales: Sales}
"""


def test_what_is_wrong_beside_a_wrong_shape_is_told_in_the_same_run():
    lead, roles = MANY.split("roles:")
    told = {problem.path.split("  ")[1] for problem in problems_of(lead, "roles:" + roles)}

    assert told == {
        "lead.fields.name.labl",
        "lead.fields.name.required_when",
        "lead.fields.worth.type",
        "lead.fields.worth.requird",
        "lead.fields.degree.options.a.colour",
        "lead.stages.pipelines.standard.stages.new.probability",
        "lead.stages.pipelines.standard.stages.new.needs[1]",
        "lead.stages.pipelines.standard.stages.new.guard",
        "lead.stages.pipelines.standard.stages.done.kind",
        "lead.stages.pipelines.standard.moves.new[1]",
        "lead.views.mine.columns[1]",
        "lead.views.mine.sort",
        "lead.permissions.sales.read",
        "lead.permissions.sales.fields.nmae",
    }


NAMING_IT = """\
rules:
  must_be: {kind: validation, object: lead, that: "stage != 'done' or degree == 'a'"}
  done_task: {kind: automation, object: lead, when: "degree == 'a'", set: {degree: "'b'"}}
"""


@pytest.mark.parametrize(
    "wrong",
    [
        "degree: {type: select, options: {a: {colour: red}}}",
        "degree: {type: select, options: [a, b]}",
        "Degree: {type: select, options: {a: A, b: B}}\n  degree: {type: selct}",
    ],
)
def test_rules_that_name_something_wrong_say_nothing_of_their_own(wrong):
    lead = f"object: lead\nfields:\n  name: text\n  {wrong}\n"
    stages = (
        "stages: {pipelines: {standard: {stages: {new: {probability: 500}, done: {kind: won}}}}}\n"
    )

    told = problems_of(lead + stages, NAMING_IT)

    assert not [problem for problem in told if "rules." in problem.path], told


@pytest.mark.parametrize(
    ("setting", "cure"),
    [
        ("{type: select, options: {}}", "Write at least 1 entry here."),
        ('{type: autonumber, pattern: "L-{yyy}"}', "such as L-{yyyy}-{0000}."),
        ("{type: file, accept: [png]}", "such as image/png or image/*, or an ending such as .pdf."),
    ],
)
def test_a_cure_is_in_words_for_people(setting, cure):
    (problem,) = problems_of(f"object: lead\nfields: {{name: text, x: {setting}}}\n")

    assert problem.cure.endswith(cure)


def test_two_consequences_at_once_are_told_with_what_to_take_out():
    then = "{return_to: public_pool, reassign: true}"
    (problem,) = (
        one
        for one in problems_of(
            "object: lead\nownership: {pools: [public_pool]}\nfields: {name: text, due: datetime}\n",
            "rules:\n  public_pool: {kind: pool, object: lead, label: {en: Pool, zh: 公海}}\n"
            f"  late: {{kind: deadline, object: lead, label: {{en: Late, zh: 逾期}}, within: 1 day, then: {then}}}\n",
        )
        if one.code == "not_together"
    )

    assert problem.path.endswith("late.then")
    assert problem.cure == "Keep the one that you mean: take out 'reassign' or 'return_to'."
    assert in_language(problem, "zh").message == "“return_to”与“reassign”不能同时填写。"
