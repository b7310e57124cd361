"""Objects, fields and stages as the compiler leaves them; everything is frozen and compares by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fieldstone.base.label import Label
from fieldstone.base.origin import SYSTEM, Origin
from fieldstone.expressions.expression import Expression
from fieldstone.fieldtypes.contract import FieldType


@dataclass(frozen=True)
class Rollup:
    """An aggregate over related rows, kept true by every write: function(relation, value, when)."""

    relation: str
    function: str  # count, sum, min, max, avg
    value: str = ""  # the child's field; "" for count
    when: Expression | None = None


@dataclass(frozen=True)
class Field:
    """One field of one object. `column` is its physical, ASCII name; "" when no column keeps it."""

    code: str
    label: Label
    type: FieldType
    origin: Origin = SYSTEM
    column: str = ""
    required: bool = False
    unique: bool = False
    indexed: bool = False
    read_only: bool = False
    archived: bool = False
    system: bool = False
    default: object = None  # parsed literal
    default_expression: Expression | None = None
    required_when: Expression | None = None
    visible_when: Expression | None = None
    read_only_when: Expression | None = None
    formula: Expression | None = None  # stored when `column`, else computed on reading
    rollup: Rollup | None = None
    depends_on: str = ""
    help: Label | None = None
    sensitive: bool = False  # reading it is audited; logs and history mask it
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day (ISO) on which programs may use them; "" for ever
    once: tuple[str, ...] = field(default=(), compare=False)  # codes of renames that were undone

    @property
    def derived(self) -> bool:
        """Tell whether the platform alone gives it its value (formula, rollup, autonumber)."""
        return self.formula is not None or self.rollup is not None or self.type.name == "autonumber"


@dataclass(frozen=True)
class Relation:
    """Rows of another object that point here: `lead.activities` = activity rows whose `field` is the lead."""

    name: str
    object_name: str
    field: str
    label: Label
    owned: bool = False  # child rows (line items) live and die with their parent


@dataclass(frozen=True)
class StageAction:
    """What entering a stage does: `set` a field from an expression, `create` a task, `notify` someone, `webhook`."""

    kind: str
    settings: Mapping[str, object] = field(default_factory=dict)
    expressions: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One ordered state of a pipeline; `kind` is open, won or lost; `within` the usual time, as written."""

    code: str
    label: Label
    kind: str = "open"
    probability: int = 0
    color: str = "gray"
    needs: tuple[str, ...] = ()  # fields that must be filled to enter
    required: tuple[str, ...] = ()  # fields that must stay filled while in the stage
    guard: Expression | None = None
    guard_text: Label | None = None  # what to tell people when the guard refuses
    only_by: str = ""
    within: str = ""
    guidance: Label | None = None
    enter: tuple[StageAction, ...] = ()
    exit: tuple[StageAction, ...] = ()
    archived: bool = False
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first


@dataclass(frozen=True)
class Pipeline:
    """Ordered stages and the moves between them; `moves` gives the stages reachable from each."""

    code: str
    label: Label
    stages: Mapping[str, Stage]
    moves: Mapping[str, tuple[str, ...]]
    when: Expression | None = None  # which records take it when nothing is said
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day (ISO) on which addresses may use them; "" for ever

    @property
    def first(self) -> Stage:
        """Return the stage that a new record starts in."""
        return next(iter(self.stages.values()))


@dataclass(frozen=True)
class Pipelines:
    """The stage field of an object and its pipelines; `pipeline_field` is "" when there is only one."""

    field: str
    pipelines: Mapping[str, Pipeline]
    pipeline_field: str = ""

    def of(self, row: Mapping[str, object]) -> Pipeline:
        """Return the pipeline that `row` is in (the first one when it names none)."""
        code = row.get(self.pipeline_field) if self.pipeline_field else None
        chosen = self.pipelines.get(str(code)) if code else None
        return chosen or next(iter(self.pipelines.values()))


@dataclass(frozen=True)
class View:
    """A declared list, board or calendar. `sort` holds (field, descending)."""

    code: str
    label: Label
    kind: str = "list"
    filter: Expression | None = None
    columns: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    by: str = ""  # board: the select field of its columns
    card: Mapping[str, object] = field(default_factory=dict)  # title, subtitle, chips, sum
    date: str = ""  # calendar
    origin: Origin = SYSTEM
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day (ISO) on which addresses may use them; "" for ever


@dataclass(frozen=True)
class Section:
    """A part of a form."""

    code: str
    label: Label
    fields: tuple[str, ...]
    columns: int = 2
    visible_when: Expression | None = None
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first


@dataclass(frozen=True)
class RecordSection(Section):
    """A part of the page of a record, beside what happened or above it."""

    place: str = "side"  # side or main
    rest: bool = False  # whatever no other section names; shown where there is a value


@dataclass(frozen=True)
class RecordLayout:
    """What stands where on the page of a record; None is left to the form and to the page itself."""

    highlights: tuple[str, ...] = ()  # fields in the panel at the top; they stand nowhere else
    sections: tuple[RecordSection, ...] | None = None
    panels: tuple[str, ...] | None = None  # what stands beside the record, of PANELS, in its order
    related: tuple[str, ...] | None = None  # relations whose rows are listed, in their order

    @property
    def beside(self) -> tuple[str, ...]:
        """Return the panels that stand beside a record: all of them where nothing is said, none where none is named."""
        return PANELS if self.panels is None else self.panels


SHORT_FORM = 10
"""How many fields a dialog holds without scrolling."""
PANELS = ("details", "score", "deadlines", "grade", "owners", "merged", "provenance", "related")
"""What may stand beside a record, in the order of a page whose layout says nothing; details are the sections."""


@dataclass(frozen=True)
class FieldAccess:
    """What a role may do with one field: hidden, mask, read or write; `mask_when` limits the mask to some rows."""

    level: str
    mask_when: Expression | None = None


@dataclass(frozen=True)
class Permission:
    """What one role may do with one object. Scopes: none, own, team, department, all."""

    role: str
    read: str = "none"
    create: bool = False
    update: str = "none"
    delete: str = "none"
    assign: bool = False
    export: bool = False
    claim: bool = False
    when: Expression | None = None  # a further condition on every row
    actions: tuple[str, ...] = ()  # empty: all actions the other rights allow
    fields: Mapping[str, FieldAccess] = field(default_factory=dict)
    default_field: str = "write"  # the level of fields not named


def _is_typed(one: Field) -> bool:
    """Tell whether people type a value of a field when they make a record."""
    fixed = one.system or one.derived or one.archived or one.read_only
    return not fixed and one.type.name != "rows"


@dataclass(frozen=True)
class ObjectType:
    """One object of the site; `table` is its physical name; `parent` is set for child rows (object, field)."""

    code: str
    label: Label
    plural: Label
    icon: str
    title: str
    fields: Mapping[str, Field]
    table: str
    origin: Origin
    search: tuple[str, ...] = ()
    pipelines: Pipelines | None = None
    owned: str = "none"  # required, optional or none: does a record have an owner
    pools: tuple[str, ...] = ()
    relations: Mapping[str, Relation] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    form: tuple[Section, ...] = ()
    quick: tuple[str, ...] = ()
    layout: RecordLayout = RecordLayout()
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    parent: tuple[str, str] | None = None
    unique_together: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()  # columns, made from views, rules and reports
    help: Label | None = None
    timeline: bool = False  # activities are shown on its record page
    hidden: bool = False  # not in the navigation
    archived: bool = (
        False  # out of use: nobody reaches its records, what names it goes on compiling
    )
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day (ISO) on which programs may use them; "" for ever
    once: tuple[str, ...] = field(default=(), compare=False)  # codes of renames that were undone

    def present_code(self, code: str) -> str:
        """Return the code that a field has today, by any code that it had."""
        if code in self.fields:
            return code
        fields = self.fields.items()
        return next((one for one, f in fields if code in (*f.renamed_from, *f.once)), code)

    @property
    def usual_quick(self) -> tuple[str, ...]:
        """Return the quick form of an object that names none: all of a short form, else the title and what is required."""
        fields = self.fields
        typed = [
            code
            for section in self.form
            for code in section.fields
            if code in fields and _is_typed(fields[code])
        ]
        if not 0 < len(typed) <= SHORT_FORM:
            typed = [code for code, one in fields.items() if one.required and _is_typed(one)]
        return tuple(dict.fromkeys([self.title, *typed]))

    @property
    def stage_field(self) -> str:
        """Return the code of the stage field, or ""."""
        return self.pipelines.field if self.pipelines else ""
