"""How a typed filter may go on: fields, then comparisons, then values; or a search for what is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.model.objects import Field
from fieldstone.web.pages.filters import COMPARISONS, Filter, comparisons_of
from fieldstone.web.pages.typed_filters import LONGEST, OR, Clause, TypedFilters, clauses_of

MOST: Final = 8  # choices shown of one kind
Word = dict[str, Any]


@dataclass(frozen=True)
class Going:
    """How what stands in the box may go on."""

    typed: TypedFilters

    def suggested(self, text: str) -> tuple[list[Word], str]:
        """Return how the text may go on, what is whole first, and what is wrong with it."""
        parts = clauses_of(text[:LONGEST])
        before, last = parts[:-1], parts[-1] if parts else ""
        head = text[: len(text) - len(last)] if last else text
        basis = self.typed.read(", ".join(before)) if any(before) else self.typed.arranged
        if basis is None:
            wrong = next(part for part in before if part and self.typed.read(part) is None)
            return self._search(text), self.typed.t(
                "“{what}” is no filter of this list.", what=wrong
            )
        forms = replace(self.typed.forms, arranged=basis)
        words, error = Going(replace(self.typed, forms=forms)).last(head, last)
        return [*words, *(self._search(text) if not any(before) else [])], error

    def last(self, head: str, text: str) -> tuple[list[Word], str]:
        """Return how a clause may go on behind `head`, and what is wrong with it."""
        clause = self.typed.clause(text) if text else None
        if clause is None:
            return self._fields(head, text), ""
        whole = [self._whole(clause.filter)] if clause.filter else []
        mine, others = self._comparisons(head, clause)
        return [*whole, *mine, *self._values_on(head, clause), *others], clause.error

    def _whole(self, made: Filter) -> Word:
        arranged = self.typed.arranged.adding(made)
        pill = replace(self.typed.forms, arranged=replace(arranged, filters=(made,))).pills()[0]
        label = " ".join(part for part in (pill["label"], pill["op"], pill["value"]) if part)
        return {"label": label, "icon": "list-filter", "url": arranged.url()}

    def _fields(self, head: str, text: str) -> list[Word]:
        folded = text.casefold()
        begun = [
            f
            for name, f in self.typed.names
            if any(w.startswith(folded) for w in (name, *name.split()))
        ]
        known = {field.code for field in begun}
        return [
            {**one, "text": f"{head}{one['label']} ", "form_url": one["url"], "url": ""}
            for one in self.typed.forms.fields()
            if one["code"] in known
        ][: None if not text else MOST]

    def _comparisons(self, head: str, clause: Clause) -> tuple[list[Word], list[Word]]:
        """Return the comparisons that the text may be the beginning of: "is me", and the others."""
        if clause.comparison:
            return [], []
        folded, field = clause.rest.casefold(), clause.field
        mine: list[Word] = []
        others: list[Word] = []
        for name in comparisons_of(field):
            if any(word.startswith(folded) for word in self.typed.words(name)):
                (mine if name == "me" else others).append(self._comparison(head, field, name))
        return mine, others

    def _comparison(self, head: str, field: Field, name: str) -> Word:
        if COMPARISONS[name].takes in ("", "period"):
            return self._whole(Filter(field.code, name))
        label, said = (
            field.label.text(self.typed.forms.asked.language),
            self.typed.t(COMPARISONS[name].label),
        )
        return {
            "label": f"{label} {said} …",
            "icon": "list-filter",
            "text": f"{head}{label} {said} ",
        }

    def _values_on(self, head: str, clause: Clause) -> list[Word]:
        """Return the values that the text may be the beginning of, behind those it holds already."""
        field, comparison = clause.field, clause.comparison or "in"
        takes = COMPARISONS[comparison].takes if comparison in comparisons_of(field) else ""
        if takes != "many" or not self.typed.chosen_from(field):
            return []
        parts = OR.split(clause.rest)
        held = [value for part in parts[:-1] if (value := self.typed.value(field, part))]
        folded, found = parts[-1].strip().casefold(), []
        for value, names in self.typed.choices(field, parts[-1].strip()):
            fits = any(folded in name for name in names)
            made = Filter(field.code, comparison, (*held, value))
            if fits and value not in held and (clause.filter is None or made != clause.filter):
                found.append(self._whole(made))
        return found[:MOST]

    def _search(self, text: str) -> list[Word]:
        plain = " ".join(text.split())
        if not plain:
            return []
        label = self.typed.t("Search for “{what}”", what=plain)
        return [{"label": label, "icon": "search", "url": self.typed.arranged.url(q=plain)}]
