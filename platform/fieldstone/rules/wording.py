"""Sentences of rules in both languages: lists of labels, a person's language, a masked name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import Scope
from fieldstone.rules.contract import Facts

LANGUAGES = ("en", "zh")


def language_of(facts: Facts) -> str:
    """Return the language of the person who acts, in which problems are told; what is kept is `language_for` its reader."""
    return str((facts.env.user or {}).get("language") or "en")


def language_for(person: object, facts: Facts) -> str:
    """Return the language in which a text is kept for a person: their own, the site's for nobody and who chose none."""
    found = facts.persons([str(person)]).get(str(person)) if person else None
    chosen = found.facts.get("language") if found is not None else None
    return str(chosen or facts.language)


def field_label(scope: Scope, name: str) -> Label:
    """Return what people call a field."""
    return Label(scope.label(name, "en"), scope.label(name, "zh"))


def pool_label(scope: Scope, pool: str) -> Label:
    """Return what people call a pool; its label is that of the option of the system field `pool`."""
    return Label(scope.option_label("pool", pool, "en"), scope.option_label("pool", pool, "zh"))


def listed(labels: Iterable[Label]) -> Label:
    """Join labels: "Name, Mobile" and "姓名、手机"."""
    several = list(labels)
    return Label(
        ", ".join(label.text("en") for label in several),
        "、".join(label.text("zh") for label in several),
    )


def read_back(expression: Expression) -> Label:
    """Return a condition in plain words."""
    return Label(expression.read_back("en"), expression.read_back("zh"))


def joined(sentences: Sequence[Label]) -> Label:
    """Join sentences: with "; " in English and "；" in Chinese."""
    return Label(
        "; ".join(one.text("en") for one in sentences),
        "；".join(one.text("zh") for one in sentences),
    )


def masked(name: str) -> str:
    """Return a name of which only the first character is shown: "王**"."""
    return name[:1] + "**" if name else "**"
