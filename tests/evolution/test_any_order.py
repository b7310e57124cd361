"""Whatever administrators do to a field, its records keep their values, and every revision can be gone back to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fieldstone.evolution.apply import Wish
from tests.evolution.world import Place, Process

OBJECT = ("objects", "memo")
TYPES: dict[str, Callable[[int], object]] = {"text": str, "integer": int, "decimal": Decimal}
NAMES = ("a", "b", "c")


class Fields(RuleBasedStateMachine):
    """A few fields of one object, changed in any order, beside what their records must show."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.place = Place(f"sqlite:///{folder / 'machine.db'}", folder)
        self.process: Process = self.place.process()
        self.process.apply((".".join(OBJECT), {"title": "subject", "fields": {"subject": "text"}}))
        self.record = self.process.write("memo", subject="A")
        # By present code: the code its column came from, its type, whether it is archived.
        self.fields: dict[str, tuple[str, str, bool]] = {}
        self.values: dict[str, int | None] = {}  # by the code that its column came from
        self.kept: dict[int, dict[str, tuple[str, str, bool]]] = {1: {}}
        self.number = 1

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.close()
            self.folder.cleanup()

    def _apply(self, documents: Any) -> None:
        planned = self.process.changing.plan(self.process.ctx, documents)
        assert not planned.problems, planned.problems
        wish = Wish("machine", second_word=True)
        self.number = self.process.changing.apply(self.process.ctx, planned, wish).revision.number
        self.kept[self.number] = dict(self.fields)

    def _row(self) -> Mapping[str, object]:
        """Return what is stored under present codes, archived fields too."""
        site = self.process.site
        with site.storage.reading(site.storage.use(site.model), self.process.ctx) as reader:
            return reader.rows("memo", [self.record])[self.record]

    def _number(self, code: str) -> int | None:
        value = self._row()[code]
        return None if value is None else int(str(value).partition(".")[0])

    def _path(self, code: str, *more: str) -> tuple[str, ...]:
        return (*OBJECT, "fields", code, *more)

    @rule(code=st.sampled_from(NAMES), kind=st.sampled_from(sorted(TYPES)))
    def add(self, code: str, kind: str) -> None:
        taken = {origin for origin, _, _ in self.fields.values()} | set(self.fields)
        if code in taken:
            return
        self.fields[code] = (code, kind, False)
        # A field that comes back with its type brings its values; with another type it may not.
        self._apply(self.process.documents.with_value(self._path(code), {"type": kind}))
        self.values[code] = self._number(code)

    @precondition(lambda self: self.fields)
    @rule(data=st.data(), number=st.one_of(st.none(), st.integers(-50, 50)))
    def write(self, data: st.DataObject, number: int | None) -> None:
        code = data.draw(st.sampled_from(sorted(self.fields)))
        origin, kind, archived = self.fields[code]
        if archived:
            return
        value = None if number is None else TYPES[kind](number)
        self.process.write("memo", self.record, **{code: value})
        self.values[origin] = number

    @precondition(lambda self: self.fields)
    @rule(data=st.data(), new=st.sampled_from(("x", "y", "z")))
    def rename(self, data: st.DataObject, new: str) -> None:
        code = data.draw(st.sampled_from(sorted(self.fields)))
        if new in self.fields:
            return
        self.fields = {new if one == code else one: what for one, what in self.fields.items()}
        self._apply(self.process.documents.renamed(self._path(code), new))

    @precondition(lambda self: self.fields)
    @rule(data=st.data(), kind=st.sampled_from(sorted(TYPES)))
    def retype(self, data: st.DataObject, kind: str) -> None:
        code = data.draw(st.sampled_from(sorted(self.fields)))
        origin, old, archived = self.fields[code]
        if old == kind:
            return
        self.fields[code] = (origin, kind, archived)
        self._apply(self.process.documents.with_value(self._path(code, "type"), kind))

    @precondition(lambda self: self.fields)
    @rule(data=st.data())
    def retire_or_restore(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(sorted(self.fields)))
        origin, kind, archived = self.fields[code]
        self.fields[code] = (origin, kind, not archived)
        self._apply(self.process.documents.with_value(self._path(code, "archived"), not archived))

    @precondition(lambda self: self.number > 1)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(sorted(self.kept)))
        lost = {origin for origin, _, _ in self.fields.values()}
        self.number = self.process.rollback(target, second_word=True).revision.number
        self.fields = dict(self.kept[target])
        self.kept[self.number] = dict(self.fields)
        for code, (origin, _, _) in self.fields.items():
            if origin not in lost:  # it was away: it comes back with what it had in this type
                self.values[origin] = self._number(code)

    @invariant()
    def every_value_is_there(self) -> None:
        if not hasattr(self, "process"):
            return
        row = self._row()
        for code, (origin, kind, _) in self.fields.items():
            number = self.values[origin]
            assert row[code] == (None if number is None else TYPES[kind](number)), code

    @invariant()
    def the_model_is_what_was_asked_for(self) -> None:
        if not hasattr(self, "process"):
            return
        fields = self.process.site.model.objects["memo"].fields
        own = {code: one for code, one in fields.items() if not one.system and code != "subject"}
        assert {code: (one.type.name, one.archived) for code, one in own.items()} == {
            code: (kind, archived) for code, (_, kind, archived) in self.fields.items()
        }


TestFields = Fields.TestCase
TestFields.settings = settings(
    max_examples=3,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
