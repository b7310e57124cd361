"""Filters as people type them: "owner me, created this month, score > 60".

A clause is a field, a comparison and a value, in the reader's language, in English or by code; a comma ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from fieldstone.base.cached import cached_property
from fieldstone.base.errors import RefusedError
from fieldstone.fieldtypes.options import offered_anywhere
from fieldstone.model.objects import Field
from fieldstone.reads.expanding import target_of
from fieldstone.web.i18n import speech
from fieldstone.web.pages.arranging import Arrangement
from fieldstone.web.pages.filter_forms import FilterForms
from fieldstone.web.pages.filters import COMPARISONS, Filter, comparisons_of
from fieldstone.web.pages.wording import told

LONGEST: Final = 400
MOST: Final = 8  # records looked up by their name
ENDS: Final = re.compile(r"\s*(?:[,;，；](?!\d)|(?<!\d)[,，](?=\d))\s*")  # not the comma in 10,000
OR: Final = re.compile(r"\s*(?:\||、|/|\s+or\s+|或)\s*")
SIGNS: Final = "=<>!~≥≤≠:："
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "contains": ("~", "has", "includes"),
    "is": ("=",),
    "in": ("=", "in", ":"),
    "not_in": ("!=", "≠", "not"),
    "has": ("~", "=", "contains", "has"),
    "gte": (">=", "≥"),
    "gt": (">", "over", "above"),
    "lte": ("<=", "≤"),
    "lt": ("<", "under", "below"),
    "eq": ("=", "is"),
    "since": (">=", "≥", ">", "since", "after"),
    "before": ("<", "until"),
    "from_time": (">=", "≥", "since", "after"),
    "before_time": ("<", "until"),
    "on": ("=", "is"),
    "me": ("me", "= me", "我"),
    "yes": ("= yes", "is yes", "true"),
    "no": ("= no", "is no", "false", "not"),
    "empty": ("empty", "none", "missing"),
    "filled": ("filled", "any"),
}
UNSAID: Final = (
    "contains",
    "in",
    "has",
    "eq",
    "on",
)  # what a value alone means, the first that the field has
DAYS: Final = {"today": 0, "今天": 0, "yesterday": -1, "昨天": -1, "tomorrow": 1, "明天": 1}


@dataclass(frozen=True)
class Clause:
    """One clause as far as it is understood: `rest` is what stands behind the field or the comparison."""

    field: Field
    comparison: str = ""
    rest: str = ""
    filter: Filter | None = None
    error: str = ""


@dataclass(frozen=True)
class TypedFilters:
    """The box of one list, board or calendar for one reader."""

    forms: FilterForms
    today: date

    @property
    def arranged(self) -> Arrangement:
        """Return the list that the filters narrow."""
        return self.forms.arranged

    def t(self, text: str, **values: object) -> str:
        """Return a text of the page in the reader's language."""
        return self.forms.speech.t(text, **values)

    @cached_property
    def names(self) -> list[tuple[str, Field]]:
        """Return every name of every field, the longest first."""
        language, found = self.forms.asked.language, []
        for field in self.forms.filterable():
            label, code = field.label, field.code
            said = (label.text(language), label.en, label.zh, code, code.replace("_", " "))
            found += [(name.casefold(), field) for name in dict.fromkeys(said) if name]
        return sorted(found, key=lambda one: -len(one[0]))

    def read(self, text: str) -> Arrangement | None:
        """Return the list with the filters that a text says, None when a clause of it is none."""
        arranged = self.arranged
        for part in filter(None, clauses_of(text)):
            clause = self.clause(part)
            if clause is None or clause.filter is None:
                return None
            arranged = arranged.adding(clause.filter)
        return arranged

    def clause(self, text: str) -> Clause | None:
        """Return a clause as far as it is understood, None when it begins with no field."""
        found = [self._understood(field, rest) for field, rest in self._fields(text)]
        whole = (one for one in found if one.filter is not None)
        begun = (one for one in found if one.comparison or self._may_go_on(one))
        return next(whole, None) or next(begun, found[0] if len(found) == 1 else None)

    def _understood(self, field: Field, rest: str) -> Clause:
        comparison, value = self._comparison(field, rest)
        return self._completed(Clause(field, comparison, value))

    def _may_go_on(self, clause: Clause) -> bool:
        words = (word for name in comparisons_of(clause.field) for word in self.words(name))
        return any(word.startswith(clause.rest.casefold()) for word in words)

    def _fields(self, text: str) -> list[tuple[Field, str]]:
        """Return the field that a text begins with, or those whose names its first word begins, with what follows."""
        folded = text.casefold()
        for name, field in self.names:
            if folded.startswith(name) and _ends_there(folded, len(name)):
                return [(field, text[len(name) :].strip())]
        word, _, rest = folded.partition(" ")
        begun = {field.code for name, field in self.names if rest and name.startswith(word)}
        after = text[len(word) :].strip()
        return [(field, after) for field in self.forms.filterable() if field.code in begun]

    def _comparison(self, field: Field, rest: str) -> tuple[str, str]:
        """Return the comparison that a text begins with, and what follows; "" for none."""
        folded = rest.casefold()
        words = [(word, name) for name in comparisons_of(field) for word in self.words(name)]
        for word, name in sorted(words, key=lambda one: -len(one[0])):
            if folded.startswith(word) and _ends_there(folded, len(word)):
                return name, rest[len(word) :].strip()
        return "", rest

    def words(self, comparison: str) -> Iterable[str]:
        """Yield what a comparison is called."""
        label = COMPARISONS[comparison].label
        yield from {label, self.t(label), speech("zh").t(label)}
        yield from WORDS.get(comparison, ())

    def _completed(self, clause: Clause) -> Clause:
        """Return the clause with its filter, when it is whole, or with what is wrong with it."""
        field = clause.field
        unsaid = next((one for one in UNSAID if one in comparisons_of(field)), "")
        comparison = clause.comparison or (unsaid if clause.rest else "")
        if not comparison:
            # The name of a switch alone means that it is on.
            comparison = "yes" if "yes" in comparisons_of(field) and not clause.rest else ""
        if not comparison:
            return clause
        takes = COMPARISONS[comparison].takes
        if takes in ("", "period"):
            return clause if clause.rest else self._judged(clause, Filter(field.code, comparison))
        values = self._values(field, takes, clause.rest)
        return self._judged(clause, Filter(field.code, comparison, values)) if values else clause

    def _judged(self, clause: Clause, made: Filter) -> Clause:
        try:
            made.expression(self.forms.spec, self.today)
        except RefusedError as refused:
            return replace(clause, error=told(refused.problems[0], self.forms.asked.language))
        return replace(clause, filter=made)

    def _values(self, field: Field, takes: str, text: str) -> tuple[str, ...]:
        """Return the values that a text names, () when one of them is not known."""
        plain = text.strip().strip("\"'“”「」").strip()
        if not plain:
            return ()
        if takes == "day":
            shift = DAYS.get(plain.casefold())
            return (plain if shift is None else (self.today + timedelta(days=shift)).isoformat(),)
        if takes != "many":
            return (plain,)
        found = [self.value(field, part) for part in OR.split(plain) if part]
        return tuple(found) if all(found) else ()

    def value(self, field: Field, text: str) -> str:
        """Return the value that a text names, "" when there is none of the name."""
        if not self.chosen_from(field):
            return text
        folded = text.casefold()
        return next((v for v, names in self.choices(field, text) if folded in names), "")

    def chosen_from(self, field: Field) -> bool:
        """Tell whether values have names: options and records."""
        return bool(getattr(field.type, "options", None) or target_of(field))

    def choices(self, field: Field, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return values with their names, that of the reader's language first; records by what was typed."""
        asked, language = self.forms.asked, self.forms.asked.language
        if options := getattr(field.type, "options", None):
            return [
                (one.code, tuple(x.casefold() for x in (one.label.text(language), one.label.en, one.label.zh or "", one.code)))
                for one in offered_anywhere(options)
            ]  # fmt: skip
        found = asked.site.reads.options(asked.ctx, asked.model, target_of(field), text, MOST)
        return [(one.id, (one.title.casefold(), one.title)) for one in found]


def clauses_of(text: str) -> Sequence[str]:
    """Return the parts between commas, the last one perhaps empty."""
    return ENDS.split(text.strip() if text.endswith((",", "，")) else text.lstrip())


def _ends_there(text: str, at: int) -> bool:
    """Tell whether a word ends at a place: Chinese needs no space, a sign none either."""
    if at == len(text) or not text[at - 1].isalnum() or text[at] in SIGNS or text[at].isspace():
        return True
    return not (text[at - 1].isascii() and text[at].isascii())
