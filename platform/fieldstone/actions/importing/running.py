"""Runs an import through the write door, batch by batch; each batch and its log commit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice, starmap
from pathlib import Path

from fieldstone.actions.importing.converting import Converted, Converter, Wanted
from fieldstone.actions.importing.looking_up import Directory
from fieldstone.actions.importing.rejects import Rejects
from fieldstone.actions.importing.source import Row, SourceFile
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import new_id
from fieldstone.base.lasting import garbage_waits
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Change, Context, Operation, Outcome
from fieldstone.model.import_mapping import ImportMapping
from fieldstone.model.site_model import Model
from fieldstone.reads.door import Reads
from fieldstone.storage.import_log import ImportRow
from fieldstone.writes.pipeline import Writes
from fieldstone.writes.unit import Unit

Progress = Callable[[int, int], None]
Logged = Sequence[ImportRow]


@dataclass(frozen=True)
class Order:
    """What is to be imported, by whom, and how much at once."""

    ctx: Context
    model: Model
    mapping: ImportMapping
    source: SourceFile
    batch: int
    rejects: Path


@dataclass(frozen=True)
class Summary:
    """How an import ended; `id` names it for undo, "" for a dry run."""

    id: str
    rows: int
    created: int
    updated: int
    skipped: int
    unchanged: int
    attached: int
    rejected: int
    rejects: Path | None


@dataclass(frozen=True)
class Line:
    """One row on its way: its cells, what it says, and the record it is known to be."""

    cells: Row
    converted: Converted
    record_id: str | None = None
    problems: tuple[Problem, ...] = ()


class Reading(Iterator[list[Line]]):
    """The rows of a file, converted, by the batch; the next one is read when there is time for it, or at its turn."""

    def __init__(self, lines: Iterator[Line], size: int) -> None:
        """Read `size` lines at once."""
        self._lines = lines
        self._size = size
        self._coming: list[Line] | None = None
        self._failure: Exception | None = None

    def __next__(self) -> list[Line]:
        """Return the next batch; raises what was wrong with reading it."""
        self.look_ahead()
        batch, self._coming = self._coming, None
        if self._failure is not None:
            raise self._failure
        if not batch:
            raise StopIteration
        return batch

    def look_ahead(self) -> None:
        """Read the next batch now. What is wrong with it is told at its turn, when those before it are written."""
        if self._coming is not None or self._failure is not None:
            return
        try:
            with garbage_waits():
                self._coming = list(islice(self._lines, self._size))
        except (RefusedError, OSError, ValueError) as error:
            self._failure = error


class Import:
    """One import."""

    def __init__(self, order: Order, reads: Reads, writes: Writes) -> None:
        """Prepare; raises RefusedError when the file lacks columns that the mapping names."""
        self._order = order
        self._writes = writes
        self._directory = Directory(reads, order.ctx, order.model)
        self._converter = Converter(order.mapping, order.model, order.ctx.actor.zone)
        self._counts: Counter[str] = Counter()
        self._reading = Reading(iter(()), order.batch)
        _check_columns(order)

    def run(self, progress: Progress) -> Summary:
        """Import every row. A dry run does the same and leaves nothing."""
        order = self._order
        import_id = new_id()
        if not order.ctx.dry_run:
            with self._writes.unit(order.ctx, order.model) as unit:
                log = unit.transaction.imports
                name = order.source.path.name
                log.start(
                    import_id,
                    order.mapping.object_name,
                    order.ctx.actor.id,
                    order.ctx.now,
                    file=name,
                )
        done = 0
        with Rejects(order.rejects, order.source.headings) as rejects:
            for lines in self.batches(order.source.rows()):
                self._batch(import_id, lines, rejects)
                done += len(lines)
                progress(done, max(order.source.count, done))
        if not order.ctx.dry_run:
            with self._writes.unit(order.ctx, order.model) as unit:
                unit.transaction.imports.finish(import_id, "done", order.ctx.now, self._counts)
        return self._summary(import_id, done, rejects)

    def _summary(self, import_id: str, done: int, rejects: Rejects) -> Summary:
        count = self._counts
        return Summary(
            id="" if self._order.ctx.dry_run else import_id,
            rows=done,
            created=count["created"],
            updated=count["updated"],
            skipped=count["skipped"],
            unchanged=count["unchanged"],
            attached=count["attached"],
            rejected=count["rejected"],
            rejects=rejects.path if rejects.count else None,
        )

    def _batch(self, import_id: str, lines: Sequence[Line], rejects: Rejects) -> None:
        def log(unit: Unit, logged: Logged) -> None:
            if not self._order.ctx.dry_run:
                unit.transaction.imports.add(import_id, logged)

        cells = {line.converted.line: line.cells for line in lines}
        for entry in self.write(lines, log):
            self._counts[entry.outcome] += 1
            if entry.outcome == "rejected":
                problems = [Problem(**problem) for problem in entry.problems]
                rejects.add(entry.line, cells[entry.line], problems)

    def batches(self, rows: Iterator[tuple[int, Row]]) -> Reading:
        """Return the rows by the batch, as `write` takes them."""
        headings, convert = self._order.source.headings, self._converter.convert

        def read(number: int, cells: Row) -> Line:
            return Line(cells, convert(number, dict(zip(headings, cells, strict=False))))

        self._reading = Reading(starmap(read, rows), self._order.batch)
        return self._reading

    def write(self, lines: Sequence[Line], within: Callable[[Unit, Logged], None]) -> Logged:
        """Write rows in one transaction and return what became of each; `within` notes it in the same one."""
        with garbage_waits():
            return self._written(lines, within)

    def _written(self, lines: Sequence[Line], within: Callable[[Unit, Logged], None]) -> Logged:
        with self._writes.unit(self._order.ctx, self._order.model) as unit:
            unit.transaction.meanwhile(self._reading.look_ahead)
            lines = self._with_references(lines, unit)
            lines = self._known_again(lines)
            outcomes = self._write(lines, unit)
            logged = [_logged(line, outcome) for line, outcome in zip(lines, outcomes, strict=True)]
            within(unit, logged)
        return logged

    def _with_references(self, lines: Sequence[Line], unit: Unit) -> list[Line]:
        """Put record ids in place of what rows name; what cannot be found is a problem of the row."""
        wanted = [one for line in lines for one in _wanted(line.converted.values)]
        groups: dict[tuple[str, str], set[str]] = {}
        for one in wanted:
            groups.setdefault((one.object_name, one.by), set()).add(one.value)
        for (object_name, by), values in groups.items():
            self._directory.find(object_name, by, values)
        refused = self._directory.make_missing(wanted, unit)
        return [self._resolved(line, refused) for line in lines]

    def _resolved(self, line: Line, refused: Mapping[str, tuple[Problem, ...]]) -> Line:
        problems = list(line.converted.problems)

        def put(value: object) -> object:
            if isinstance(value, Wanted):
                found = self._directory.find(value.object_name, value.by, [value.value])
                if value.value in found:
                    return found[value.value]
                problems.extend(refused.get(value.value) or [_not_there(value)])
                return None
            if isinstance(value, list):
                return [put(one) for one in value]
            if isinstance(value, dict):
                return {name: put(one) for name, one in value.items()}
            return value

        values = {code: put(value) for code, value in line.converted.values.items()}
        return replace(
            line, converted=replace(line.converted, values=values), problems=tuple(problems)
        )

    def _known_again(self, lines: list[Line]) -> list[Line]:
        """Find the records that rows with a key have become before."""
        mapping = self._order.mapping
        if not mapping.key:
            return lines
        keys = [str(line.converted.values.get(mapping.key, "")) for line in lines]
        found = self._directory.find(mapping.object_name, mapping.key, {key for key in keys if key})
        return [
            replace(line, record_id=found.get(key)) for line, key in zip(lines, keys, strict=True)
        ]

    def _write(self, lines: Sequence[Line], unit: Unit) -> list[Outcome | None]:
        """Write the rows that have no problem yet; None stands for a row that was not written."""
        outcomes: list[Outcome | None] = [None] * len(lines)
        places, changes = [], []
        for place, line in enumerate(lines):
            skipped = line.record_id is not None and self._order.mapping.existing == "skip"
            if not line.problems and not skipped:
                places.append(place)
                changes.append(self._change(line))
        if changes:
            for place, outcome in zip(places, unit.submit(changes), strict=True):
                outcomes[place] = outcome
                key = lines[place].converted.values.get(self._order.mapping.key or "")
                if key and outcome.record_id and not outcome.refused:
                    mapping = self._order.mapping
                    self._directory.remember(
                        mapping.object_name, mapping.key, str(key), outcome.record_id
                    )
        return outcomes

    def _change(self, line: Line) -> Change:
        mapping, said = self._order.mapping, line.converted
        values = dict(said.values)
        if said.stages:
            values[self._order.model.objects[mapping.object_name].stage_field] = said.stages[-1][0]
        if line.record_id is not None:
            return Change(
                mapping.object_name,
                Operation.UPDATE,
                values,
                line.record_id,
                skip_rules=mapping.history,
                reason="import",
            )
        return Change(
            mapping.object_name,
            Operation.CREATE,
            values,
            as_of=said.created,
            stage_history=said.stages,
            skip_rules=mapping.history,
            reason="import",
        )


def _check_columns(order: Order) -> None:
    headings = order.source.headings
    problems = [
        Problem(
            "no_such_column",
            column,
            f"{order.source.path.name} has no column {column!r}.",
            did_you_mean(column, headings),
        )
        for column in sorted(order.mapping.columns - set(headings))
    ]
    if problems:
        raise RefusedError(problems)


def _wanted(value: object) -> Iterator[Wanted]:
    if isinstance(value, Wanted):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _wanted(one)
    elif isinstance(value, list):
        for one in value:
            yield from _wanted(one)


def _not_there(value: Wanted) -> Problem:
    text = f"There is no {value.object_name} whose {value.by} is {value.value[:60]!r}."
    return Problem(
        "no_such_record", value.path, text, "Import it first, or give the mapping 'create'."
    )


def _logged(line: Line, outcome: Outcome | None) -> ImportRow:
    number = line.converted.line
    if outcome is None:
        if not line.problems:
            return ImportRow(number, "skipped", line.record_id)
        return ImportRow(number, "rejected", None, problems=[asdict(p) for p in line.problems])
    if outcome.refused:
        return ImportRow(number, "rejected", None, problems=[asdict(p) for p in outcome.problems])
    if outcome.unchanged:
        return ImportRow(number, "unchanged", outcome.record_id, outcome.version)
    kind = "updated" if line.record_id else "created" if outcome.status == 201 else "attached"  # noqa: PLR2004 - Created
    return ImportRow(number, kind, outcome.record_id, outcome.version)
