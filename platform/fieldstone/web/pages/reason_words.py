"""Why an owner lost a record, in the reader's language: the engine's words, the rules behind it, and the reasons that pools ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fieldstone.actions.pool_reasons import reasons_of
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import Rule
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech

# The engine's own words for why an owner lost a record.
REASONS: Final = {
    "assigned": "Given to somebody else",
    "claimed": "Claimed from a pool",
    "returned": "Given back",
    "converted": "Converted",
    "no_follow_up": "Not followed up in time",
    "not_converted": "Not converted in time",
    "deadline": "Deadline passed",
    "judged_worthless": "Judged worthless",
    "cooled_down": "Cooled down",
    "left": "Owner left",
}
WAYS: Final = {
    "moved": "Moved to another pool",
    "aged": "Nobody claimed it in time",
    "pool_exit": "The pool sent it on",
    "overflow": "Over a holding limit",
    "import": "Import",
    "merged": "Merged",
}
"""How a record comes from one pool to another, or to nobody, and what the engine says of itself."""
BY_RULE: Final = "rule:"


def rule_behind(model: Model, reason: str) -> Rule | None:
    """Return the rule by whose code a write gave its reason, None where it gave another one."""
    return model.rules.get(reason.removeprefix(BY_RULE))


def ended_because(asked: Asked, object_name: str, reason: str, words: Mapping[str, str]) -> str:
    """Return a reason by `words`; what follows a known word ("returned: too_many") is a pool's reason, or typed."""
    t, language = speech(asked.language).t, asked.language
    known = {**WAYS, **words}
    code, colon, more = reason.partition(": ")
    if code not in known:
        rule = rule_behind(asked.model, reason)
        return rule.label.text(language) if rule is not None else reason
    if not colon:
        return t(known[code])
    pools = asked.model.objects[object_name].pools
    named = {one: label.text(language) for one, label in reasons_of(asked.model, pools)}
    return f"{t(known[code])}{'：' if language == 'zh' else ': '}{_said(more, named, language)}"


def reason_options(reasons: Iterable[tuple[str, Label]], language: str) -> list[dict[str, str]]:
    """Return the reasons to choose from, none of them chosen; nothing where there are none."""
    options = [{"value": code, "label": label.text(language)} for code, label in reasons]
    return [{"value": "", "label": ""}, *options] if options else []


def _said(more: str, named: Mapping[str, str], language: str) -> str:
    """Return a pool's reason, with the words that a person added to it."""
    code, colon, words = more.partition(":")
    if code not in named:
        return more
    between = "，" if language == "zh" else ", "
    return f"{named[code]}{between}{words.strip()}" if colon else named[code]
