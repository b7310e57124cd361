"""How the settings of an entry stand in its form: what one thinks of first, what belongs together, and the rest behind a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.compiler.shapes import FIELD_ENVELOPE
from fieldstone.compiler.site_shapes import RULE_ENVELOPE
from fieldstone.web.i18n import Speech

Drawn = dict[str, Any]
LABELS: Final = ("label.en", "label.zh")
# Settings of rules that are forms of their own.
GROUPED: Final = frozenset({"then", "extend", "cooldown"})
# Headings over one setting, or over the settings of one, in their order.
HEADS: Final[Mapping[str, str]] = {
    "set": "Fields that are set",
    "notify": "Messages",
    "remind": "Reminders",
    "steps": "Reminders",
    "then": "When nobody acted in time",
    "extend": "More time",
    "cooldown": "Who lost it must wait",
}
FOLDED: Final = frozenset({"extend", "cooldown"})
# Settings that few rules need.
RARE: Final = frozenset({"by", "hours_of", "ladder", "grace", "next", "counts"})
# What a setting takes, where the words of its schema are for those who write YAML.
HINTS: Final[Mapping[str, Mapping[str, str]]] = {
    "fields": {"options": "What people may choose; the code is made from the text."},
    "options": {"options": "What people may choose; the code is made from the text."},
    "rules": {
        "starts": "The moment from which the time counts.",
        "stops": "Leave it empty when nothing but another stage or owner ends it.",
        "within": "Such as 2 days, 4 working hours or 30 minutes.",
        "then.return_to": "A public pool of this object.",
        "then.notify": "Beside those who are reminded.",
        "set": "A value is an expression: 'high', today() + 7, budget * 2.",
    },
    "stages": {
        "kind": "Won and lost stages are the end of the path.",
        "probability": "In percent, for forecasts.",
        "archived": "No longer offered; records that are in it stay there.",
    },
}
# Settings whose own names say too little, by part.
CALLED: Final[Mapping[str, Mapping[str, str]]] = {
    "fields": {"to": "Links to the object", "of": "Rows of"},
    "rules": {
        "when": "Only records for which this holds",
        "exempt": "But not those for which this holds",
        "starts": "The clock starts with",
        "stops": "Done when this comes afterwards",
        "within": "Time allowed",
        "by": "Different times by",
        "then.return_to": "Back to the pool",
        "then.reassign": "To somebody else",
        "then.queue": "Away from its owner",
        "then.notify": "Who is told",
        "then.set": "Fields that are set",
        "extend.by": "How much each time",
        "extend.times": "How often",
        "extend.beyond": "More often for",
        "cooldown.for": "How long",
        "set": "Fields",
        "remind": "Steps",
    },
    "stages": {
        "kind": "What it means",
        "needs": "Filled before entering",
        "required": "Filled while it is here",
        "guard": "What must hold to enter",
        "guard_text": "What is said otherwise",
        "only_by": "Entered only through",
        "within": "Usual time",
        "enter": "Done on entering",
        "exit": "Done on leaving",
        "archived": "Retired",
    },
}
CONDITIONS: Final = ("required_when", "visible_when", "read_only_when", "default_expression")
SHOWN: Final[Mapping[str, Sequence[str]]] = {
    "fields": (*LABELS, "*", "default", "required", "help.en", "help.zh"),
    "rules": (*LABELS, "*"),
    "stages": (*LABELS, "kind", "color", "needs", "probability", "within"),
}


def grouped(part: str, fields: Sequence[Drawn], speech: Speech) -> list[Drawn]:
    """Return the controls of an entry in groups, by how often people need them; parts without order are one group."""
    by_name = {str(one["name"]): one for one in fields}
    if part not in SHOWN:
        return [_group("", list(by_name.values()), closed=False)]
    left = dict(by_name)
    inside = _headed(left) if part == "rules" else {}
    conditions = _conditions(part, left)
    found = [_group("", _first(part, left), closed=False)]
    t = speech.t
    found += [
        _group(t(HEADS[name]), several, closed=name in FOLDED and not _any(several))
        for name, several in inside.items()
    ]
    heading = t("Conditions") if part == "fields" else t("Which records")
    for name, several in ((heading, conditions), (t("More settings"), list(left.values()))):
        found.append(_group(name, several, closed=not _any(several)))
    return [one for one in found if one["fields"]]


def _headed(left: dict[str, Drawn]) -> dict[str, list[Drawn]]:
    """Return what stands under a heading of its own, taken out of what is left."""
    found: dict[str, list[Drawn]] = {}
    for name in list(left):
        head = name.partition(".")[0]
        if head in HEADS and (head in GROUPED or left[name]["type"] in ("rows", "entries")):
            found.setdefault(head, []).append(left.pop(name))
    return {head: found[head] for head in HEADS if head in found}


def _conditions(part: str, left: dict[str, Drawn]) -> list[Drawn]:
    names = CONDITIONS if part == "fields" else ("when", "exempt") if part == "rules" else ()
    return [left.pop(name) for name in names if name in left]


def _first(part: str, left: dict[str, Drawn]) -> list[Drawn]:
    """Return what comes first, taken out of what is left; "*" stands for the settings of one type or kind."""
    envelope = {"code", *(FIELD_ENVELOPE if part == "fields" else RULE_ENVELOPE)}
    own = [
        one
        for one in left
        if one.partition(".")[0] not in envelope | RARE and not one.startswith("related")
    ]
    names = [one for name in SHOWN[part] for one in (own if name == "*" else (name,))]
    return [left.pop(name) for name in names if name in left]


def _group(label: str, fields: list[Drawn], *, closed: bool) -> Drawn:
    return {"label": label, "fields": fields, "closed": closed}


def _any(fields: Sequence[Drawn]) -> bool:
    return any(_said(one) for one in fields)


def _said(control: Drawn) -> bool:
    if control.get("errors"):
        return True
    if control.get("code"):
        return False
    chosen = any(one["chosen"] for one in control.get("options", ()))
    inside = control.get("inside", {}).get("said") or control.get("entries", {}).get("lines")
    return bool(control.get("value") or chosen or control.get("chosen") or inside)
