"""The JSON Schema of a source: what a form of the studio and an editor offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.named import keyed, named, several
from fieldstone.rules.capture_body import CLASSES, COSTS, TRACKED, VIAS
from fieldstone.rules.kind import (
    A_POOL,
    BOTH_LANGUAGES,
    COUNT,
    FIELD,
    FIELDS,
    OBJECT,
    OWN_FIELD,
    TEXT,
)


def _closed(needed: tuple[str, ...] = (), /, **properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


def _said(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


YES: Final = {"type": "boolean"}
ANY: Final = {"type": ["string", "number", "boolean", "null"]}
FIELD_MAP: Final = {
    "type": "object",
    "propertyNames": FIELD,
    "minProperties": 1,
    "description": "Field: the dotted path of what arrives, or from, template, translate, default",
    "additionalProperties": {
        "oneOf": [
            TEXT,
            {
                "type": "object",
                "properties": {
                    "from": _said({**TEXT, "title": "Path"}, "The dotted path of what arrives"),
                    "template": _said(TEXT, "A text with {paths} in it"),
                    "translate": _said(
                        {"type": "object", "additionalProperties": ANY},
                        "Text that arrives: value kept",
                    ),
                    "default": _said(ANY, "Kept when nothing arrives"),
                },
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
    },
}
SET: Final = {
    "type": "object",
    "propertyNames": named("link"),
    "minProperties": 1,
    "description": "What every record gets; a lookup by the first field named, made with all of them where there is none: channel: {code: website}",
    "additionalProperties": {
        "oneOf": [
            ANY,
            keyed(FIELD, ANY, minProperties=1, title="a record found by its fields"),
        ]
    },
}
FORM_FIELD: Final = {
    "oneOf": [
        FIELD,
        _closed(("field",), field=FIELD, required=YES, label=BOTH_LANGUAGES, help=BOTH_LANGUAGES),
    ]
}
FORM: Final = _closed(
    ("fields",),
    title=_said(BOTH_LANGUAGES, "What stands on top of the form"),
    intro=_said(BOTH_LANGUAGES, "A sentence below the title"),
    fields={
        "type": "array",
        "items": FORM_FIELD,
        "minItems": 1,
        "description": "The fields that are asked, in order",
    },
    submit=_said(BOTH_LANGUAGES, "What the button says"),
    thanks=_said(BOTH_LANGUAGES, "What is said afterwards"),
    redirect=_said(TEXT, "A page to go to afterwards"),
    origins={
        "type": "array",
        "items": TEXT,
        "description": "Sites that may embed the form or post to it",
    },
    hue={"type": "integer", "minimum": 0, "maximum": 360, "description": "The colour, 0 to 360"},
)
CONSENT: Final = _closed(
    ("text", "version"),
    text=_said(BOTH_LANGUAGES, "What people agree to; kept word for word with each arrival"),
    version=_said(TEXT, "The name of this text; a new text gets a new one"),
    required=_said(YES, "Whether nothing is taken without it"),
    link=_said(TEXT, "Where the whole policy stands"),
)
CAPTCHA: Final = _closed(
    honeypot=_said(YES, "A field that only programs fill in"),
    seconds={
        "type": "integer",
        "minimum": 0,
        "maximum": 60,
        "description": "Nobody fills a form in faster",
    },
    proof_of_work={
        "type": "integer",
        "minimum": 0,
        "maximum": 24,
        "description": "Bits a browser must find; needs scripts",
    },
    token={
        "enum": ["required", "optional"],
        "description": "Whether a post must carry the form's signed time",
    },
)
RATE_LIMIT: Final = _closed(
    per_minute=_said(COUNT, "From all, in a minute"),
    per_day=_said(COUNT, "From all, in a day"),
    per_address=_said(COUNT, "From one address, in an hour"),
)
MAILBOX: Final = _closed(
    ("host", "user", "password_env"),
    host=TEXT,
    port={"type": "integer", "minimum": 1, "maximum": 65535},
    user=TEXT,
    password_env=_said(
        TEXT, "The environment variable FIELDSTONE_MAILBOX_... that holds the password"
    ),
    security={"enum": ["tls", "starttls", "none"]},
    folder=TEXT,
    every_minutes={"type": "integer", "minimum": 1, "maximum": 1440},
)
PROPERTIES: Final[Mapping[str, Any]] = {
    "via": {"enum": list(VIAS), "description": "How records arrive"},
    "channel_class": {"enum": list(CLASSES), "description": "Own, paid, free or other"},
    "field_map": FIELD_MAP,
    "set": SET,
    "utm": _said(
        _closed(source=TEXT, medium=TEXT, campaign=TEXT), "What is noted where the arrival carries none of its own"
    ),
    "tracking": {
        "type": "object",
        "properties": {what: _said(FIELD, "The field that keeps it") for what in TRACKED},
        "additionalProperties": False,
    },
    "campaign": _said(
        _closed(("field", "by"), field=_said(FIELD, "The lookup that keeps it"), by=_said(several(named("field_of", "field")), "Fields of a campaign that utm_campaign may name")),
        "The campaign of what arrives, found by its utm_campaign",
    ),
    "dedup_key": {"oneOf": [FIELD, FIELDS], "description": "Fields by which somebody is known again"},
    "counts": {
        "type": "array",
        "items": {"enum": ["open", "won", "lost", "pooled"]},
        "minItems": 1,
        "description": "Which known records take an arrival; others get a new record beside them",
    },
    "also_known": {
        **keyed(OBJECT, keyed(OWN_FIELD, FIELD, minProperties=1)),
        "description": "Other objects: our dedup_key: their field",
    },
    "fill_empty": _said(YES, "Whether an arrival fills what was empty in the record that is known"),
    "idempotency_key": _said(TEXT, "The path of what names one arrival; a repeat gets the first answer"),
    "rate_limit": RATE_LIMIT,
    "overflow": {"enum": ["queue", "reject"], "description": "What becomes of what comes above the limit"},
    "auth": {"enum": ["signature", "token", "none"], "description": "How a partner proves who it is"},
    "secret_version": _said(COUNT, "Count up to make the old secret worthless"),
    "captcha": CAPTCHA,
    "double_opt_in": _said(FIELD, "The e-mail field whose owner must confirm first"),
    "consent": CONSENT,
    "cost": _closed(
        ("model", "amount"),
        model={"enum": list(COSTS), "description": "flat: a sum a month; cpl: for each new record; cpc: for each opening of its form"},
        amount={"type": ["number", "string"]},
    ),
    "default": _closed(pool=_said(A_POOL, "Takes what no rule gave away"), team=_said(named("team"), "Whoever of it has least")),
    "retention": _said(TEXT, "How long what arrived is kept word for word: 180 days"),
    "touch": _said(OBJECT, "The object that keeps touch points"),
    "form": FORM,
    "mailbox": MAILBOX,
}  # fmt: skip
SHAPE: Final[Mapping[str, Any]] = {"properties": PROPERTIES, "required": ["via", "channel_class"]}
