"""The addresses of the configuration in the OpenAPI document, and the shapes of what they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fieldstone.web.rest.openapi_parts import (
    ANYTHING,
    INSTANT,
    MAYBE_TEXT,
    NATURAL,
    TEXT,
    YES_NO,
    Json,
    answers,
    asks,
    many,
    of,
    parameter,
    ref,
)

PATH: Final[Json] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 80},
    "minItems": 2,
    "maxItems": 20,
    "description": 'Where a setting stands: ["objects", "lead", "fields", "budget", "required"].',
}
REASON: Final[Json] = {
    "type": "string",
    "maxLength": 500,
    "description": "Why; kept with the revision.",
}
SECOND_WORD: Final[Json] = {
    **YES_NO,
    "description": "True also does what takes something away, as the plan says.",
}
CHANGE: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "base": {
            **NATURAL,
            "description": "The revision you edited; another in between is refused.",
        },
        "documents": {
            "type": "object",
            "additionalProperties": MAYBE_TEXT,
            "description": "Whole YAML files of the site by path; null removes one.",
        },
        "set": many(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"path": PATH, "value": ANYTHING},
                "required": ["path", "value"],
            }
        ),
        "rename": {
            **many(
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "path": PATH,
                        "to": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
                    },
                    "required": ["path", "to"],
                }
            ),
            "description": "New codes of objects, fields, options, stages, pipelines, views, rules, roles and reports; records and references follow.",
        },
        "moves": many(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "path": {
                        **PATH,
                        "description": 'A removed stage or option: ["lead", "stage", "contacted"].',
                    },
                    "to": {**TEXT, "description": "Where its records go."},
                },
                "required": ["path", "to"],
            }
        ),
        "reset": {**many(PATH), "description": "Settings that fall back to the layer below."},
        "reason": REASON,
        "second_word": SECOND_WORD,
    },
}
ROLLBACK: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "revision": NATURAL,
        "reason": REASON,
        "second_word": SECOND_WORD,
        "plan": {**YES_NO, "description": "True only says what going back would do."},
    },
    "required": ["revision"],
}
PURGE: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {**TEXT, "description": "As the list of what is retired calls it."},
        "reason": REASON,
        "second_word": SECOND_WORD,
        "plan": {**YES_NO, "description": "True only says what it would do."},
    },
    "required": ["name"],
}
SIMULATE: Final[Json] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "rule": {**TEXT, "description": "The code of the rule."},
        "days": {"type": "integer", "minimum": 1, "maximum": 3660, "description": "How far back."},
        "set": CHANGE["properties"]["set"],
        "documents": CHANGE["properties"]["documents"],
    },
    "required": ["rule"],
}
LABEL: Final = of(en=TEXT, zh=TEXT)
STEP: Final = of(
    verb={"type": "string", "enum": ["add", "change", "rename", "retire", "restore", "purge"]},
    what=TEXT,
    path=many(TEXT),
    earlier=TEXT,
    label=LABEL,
    within=LABEL,
    sentence=LABEL,
    changes=many({"type": "object"}),
)
FINDING: Final = of(
    level={"type": "string", "enum": ["note", "warning", "danger"]},
    code=TEXT,
    path=many(TEXT),
    text=LABEL,
    count=NATURAL,
    samples=many(TEXT),
)
PLAN: Final = of(
    base=NATURAL,
    operations=many(STEP),
    findings=many(FINDING),
    needs_second_word=YES_NO,
    problems=many(ref("Problem")),
)
REVISION: Final = of(
    revision=NATURAL,
    at=INSTANT,
    author=TEXT,
    author_name=TEXT,
    reason=TEXT,
    kind=TEXT,
    base=NATURAL,
    target={"type": ["integer", "null"]},
    operations=many(STEP),
)
CONFIGURATION: Final = of(
    revision=NATURAL,
    served=NATURAL,
    problems=many(ref("Problem")),
    layers=many(TEXT),
    documents={"type": "object", "additionalProperties": TEXT},
)
RETIRED: Final = of(
    name=TEXT,
    what={"type": "string", "enum": ["object", "field", "option"]},
    path=many(TEXT),
    label=LABEL,
    values=NATURAL,
    archived=YES_NO,
)
SAID: Final = of(
    layers=many(of(layer=TEXT, value=ANYTHING)),
    named_in=many(of(object=TEXT, path=many(TEXT), text=LABEL)),
)
SIMULATION: Final = of(
    rule=TEXT,
    object=TEXT,
    since=INSTANT,
    looked_at=NATURAL,
    concerned=NATURAL,
    different=NATURAL,
    outcomes=many(of(text=LABEL, count=NATURAL)),
    acted=many(of(**{"from": TEXT}, count=NATURAL)),
    samples=many(of(id=TEXT, title=TEXT, would=LABEL, has=LABEL, because=LABEL, differs=YES_NO)),
)
NUMBER: Final = parameter("number", NATURAL, "The revision.", "path")


def _operation(verb: str, summary: str, responses: Json, *parameters: Json) -> Json:
    found = {
        "operationId": f"config_{verb}",
        "tags": ["Configuration"],
        "summary": summary,
        "responses": responses,
    }
    return {**found, "parameters": list(parameters)} if parameters else found


CONFIG_PATHS: Final[Mapping[str, Json]] = {
    "/api/v1/config": {
        "get": _operation(
            "read",
            "Read the site's own documents",
            answers("200", of(data=CONFIGURATION), "The configuration."),
            parameter("revision", NATURAL, "An earlier revision; the present one when left out."),
        )
    },
    "/api/v1/config/revisions": {
        "get": _operation(
            "revisions",
            "Read who changed the configuration, when and why",
            answers("200", of(data=many(REVISION)), "The newest first."),
            parameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": 200}, "How many to return."
            ),
            parameter("before", NATURAL, "Only those below this number."),
        )
    },
    "/api/v1/config/revisions/{number}": {
        "get": _operation(
            "revision",
            "Read one revision with its steps",
            answers("200", of(data=REVISION), "The revision."),
            NUMBER,
        )
    },
    "/api/v1/config/plan": {
        "post": {
            **_operation(
                "plan",
                "Say what a change would do, without doing it",
                answers("200", of(data=PLAN), "Steps and consequences."),
            ),
            "requestBody": asks(CHANGE),
        }
    },
    "/api/v1/config/simulate": {
        "post": {
            **_operation(
                "simulate",
                "Say what a rule would have done with past records, without writing",
                answers("200", of(data=SIMULATION), "Totals and samples."),
            ),
            "requestBody": asks(SIMULATE),
        }
    },
    "/api/v1/config/apply": {
        "post": {
            **_operation(
                "apply",
                "Put a change into force",
                answers("201", of(data=REVISION), "The new revision."),
            ),
            "requestBody": asks(CHANGE),
        }
    },
    "/api/v1/config/said": {
        "get": _operation(
            "said",
            "Read which layer says what about a setting, and what names it",
            answers("200", of(data=SAID), "Lowest layer first; the last one holds."),
            parameter("path", TEXT, "Such as objects.lead.fields.budget.label."),
        )
    },
    "/api/v1/config/retired": {
        "get": _operation(
            "retired",
            "Read what is kept of fields and objects that are no longer there",
            answers("200", of(data=many(RETIRED)), "What is kept."),
        )
    },
    "/api/v1/config/purge": {
        "post": {
            **_operation(
                "purge",
                "Delete retired values for good",
                answers("201", of(data=REVISION), "The revision that says so."),
            ),
            "requestBody": asks(PURGE),
        }
    },
    "/api/v1/config/rollback": {
        "post": {
            **_operation(
                "rollback",
                "Go back to an earlier revision, as a new one",
                answers("201", of(data=REVISION), "The new revision."),
            ),
            "requestBody": asks(ROLLBACK),
        }
    },
}
