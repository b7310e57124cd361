"""What follows from a change for the records, people and settings that are there, in words and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution import following_names
from fieldstone.evolution.archived_stages import of_stage
from fieldstone.evolution.converting import NEVER, converter
from fieldstone.evolution.finding import DANGER, NOTE, STOP, WARNING, Finding
from fieldstone.evolution.following_pipelines import of_pipeline
from fieldstone.evolution.gaining import gains_and_losses
from fieldstone.evolution.leaving_values import of_leaving
from fieldstone.evolution.operations import ADD, CHANGE, RENAME, RETIRE, Operation
from fieldstone.evolution.references import places_of
from fieldstone.evolution.relocation import Leaving, Removed
from fieldstone.evolution.running_times import times_that_run
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.platform_names import reads_field
from fieldstone.model.site_model import Model
from fieldstone.storage.census import Census, Counted


@dataclass(frozen=True)
class Compared:
    """The models before and after, and who counts the data of the one before."""

    before: Model
    after: Model
    census: Census

    def old_field(self, path: Sequence[str]) -> Field | None:
        """Return the field at a path as it is now."""
        spec = self.before.objects.get(path[0])
        return spec.fields.get(path[1]) if spec is not None else None

    def new_field(self, path: Sequence[str]) -> Field | None:
        """Return the field at a path as it will be."""
        spec = self.after.objects.get(path[0])
        return spec.fields.get(path[1]) if spec is not None else None


def findings(
    compared: Compared, operations: Sequence[Operation], leaving: Sequence[Leaving]
) -> tuple[Finding, ...]:
    """Return every consequence, the gravest first."""
    found: list[Finding] = []
    for one in operations:
        judge = JUDGES.get(one.what)
        if judge is not None:
            found += judge(compared, one)
    found += gains_and_losses(compared.before, compared.after, compared.census, operations)
    found += [of_leaving(compared.before, compared.after, left) for left in leaving]
    order = {STOP: 0, DANGER: 0, WARNING: 1, NOTE: 2}
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order[one.level]))


def _of_object(compared: Compared, one: Operation) -> Iterator[Finding]:
    code = one.path[0]
    if not compared.census.knows(code):
        return
    if one.verb == CHANGE and code in compared.after.objects:
        yield from _pools_left(compared, one)
    if one.verb != RETIRE:
        return
    count = compared.census.rows(code)
    spec = compared.before.objects[code]
    if count:
        text = Label(
            f"{_records(count, spec)} {agreeing(count, 'is', 'are')} no longer reached by anybody; "
            f"{agreeing(count, 'it is kept until it is purged', 'they are kept until they are purged')}.",
            f"{count:,} 条{spec.label.text('zh')}将无法访问；数据会保留到彻底删除为止。",
        )
        yield Finding(DANGER, "object_with_records", one.path, text, count)
    yield from _named_by(compared, one, "object", (code,))


def _pools_left(compared: Compared, one: Operation) -> Iterator[Finding]:
    """Yield the pools that go away while records lie in them: those are moved first, or nobody finds them."""
    before, after = compared.before.objects[one.path[0]], compared.after.objects[one.path[0]]
    changed = next((c for c in one.changes if c.name == "pools"), None)
    gone = [pool for pool in changed.before if pool not in after.pools] if changed else []
    for pool in gone if compared.census.knows(before.code, "pool") else ():
        count = compared.census.holders(before.code, "pool", pool)
        if count:
            text = Label(
                f'In the pool "{pool}", which goes away, there {agreeing(count, "is", "are")} {_records(count, before)}. Move {agreeing(count, "it", "them")} first: fieldstone pools move {pool} TO.',
                f"公海“{pool}”中还有 {count:,} 条{before.label.text('zh')}，移除前请先转移：fieldstone pools move {pool} TO。",
            )
            yield Finding(STOP, "pool_with_records", one.path, text, count)


def _of_field(compared: Compared, one: Operation) -> Iterator[Finding]:
    old, new = compared.old_field(one.path), compared.new_field(one.path)
    spec = compared.before.objects.get(one.path[0])
    if spec is None:
        return
    if one.verb == RETIRE and old is not None:
        yield from _retired(compared, one, spec, old)
        yield from _kept(compared, one, old.code, WARNING)
    elif one.verb == RENAME:
        yield from _kept(compared, one, one.earlier, NOTE)
    elif one.verb == ADD and new is not None:
        yield from _asked_of_all(compared, one, spec, new, None)
    elif one.verb == CHANGE and old is not None and new is not None:
        yield from _asked_of_all(compared, one, spec, new, old)
        yield from _values(compared, one, spec, old, new)
        if old.column != new.column and old.column and new.column:
            yield from _converted(compared, one, spec, old, new)


def _retired(
    compared: Compared, one: Operation, spec: ObjectType, field: Field
) -> Iterator[Finding]:
    if compared.census.knows(spec.code, field.code):
        count = compared.census.filled(spec.code, field.code)
        if count:
            text = Label(
                f'{_records(count, spec)} {agreeing(count, "has", "have")} a value in "{field.label.en}"; the values are kept until they are purged.',
                f"{count:,} 条{spec.label.text('zh')}的“{field.label.text('zh')}”有值；这些值会保留到彻底删除为止。",
            )
            yield Finding(DANGER, "field_with_values", one.path, text, count)
    if reads_field(spec.code, field.code):
        text = Label(
            f'The platform itself reads "{field.label.en}"; what it does with it ends.',
            f"平台本身要读取“{field.label.text('zh')}”，相关功能将失效。",
        )
        yield Finding(DANGER, "platform_field", one.path, text)
    yield from _named_by(compared, one, "field", one.path)


def _named_by(
    compared: Compared, one: Operation, what: str, target: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield what names something that goes away: with it, a part of each goes too."""
    places = places_of(compared.before, what, target)
    if places:
        said = f'"{one.label.en}" is named in {quantity(len(places), "place")}'
        said_zh = f"“{one.label.text('zh')}”在 {len(places)} 处被引用"
        text = Label(
            f"{said}, which {agreeing(len(places), 'loses', 'lose')} it.",
            f"{said_zh}，这些引用将失去它。",
        )
        if one.changes and what == "object":  # archived
            text = Label(f"{said}, which no longer reach it.", f"{said_zh}，这些引用将无法访问它。")
        elif one.changes:
            text = Label(
                f"{said}: lists and forms lose it, rules and formulas go on with what is kept.",
                f"{said_zh}：列表和表单不再显示，规则和公式继续使用保留的值。",
            )
        yield Finding(
            DANGER,
            "named_elsewhere",
            one.path,
            text,
            len(places),
            named=tuple(place.text for place in places),
        )


def _kept(compared: Compared, one: Operation, code: str, level: str) -> Iterator[Finding]:
    """Yield what people keep that names a field by its code: it follows a rename, and loses what goes away."""
    census, object_name = compared.census, one.path[0]
    for counted, noun, word, finding in (
        (census.kept_views(object_name, code), "saved view", "个保存的视图", "named_in_views"),
        (
            census.kept_imports(object_name, code),
            "waiting import",
            "个待执行的导入",
            "named_in_imports",
        ),
    ):
        if not counted.count:
            continue
        verb = agreeing(counted.count, "names", "name")
        follows, loses = (
            agreeing(counted.count, "follows", "follow"),
            agreeing(counted.count, "loses", "lose"),
        )
        said = f"and {follows}" if level == NOTE else f"and {loses} it"
        then = "并将自动跟随" if level == NOTE else "将失去该字段"
        text = Label(
            f'{quantity(counted.count, noun)} {verb} "{one.label.en}" {said}.',
            f"{counted.count} {word}引用“{one.label.text('zh')}”，{then}。",
        )
        yield Finding(level, finding, one.path, text, counted.count, counted.samples)


def _of_view(compared: Compared, one: Operation) -> Iterator[Finding]:
    """Yield the saved views that are made from a view: they follow a rename, and lose its condition when it goes."""
    if one.verb not in {RENAME, RETIRE}:
        return
    follows = one.verb == RENAME
    counted = compared.census.made_from(one.path[0], one.earlier if follows else one.path[1])
    if counted.count:
        verb = agreeing(counted.count, "is", "are")
        said, then = (
            (f"and {agreeing(counted.count, 'follows', 'follow')}", "并将自动跟随")
            if follows
            else (
                f"and {agreeing(counted.count, 'loses', 'lose')} its condition",
                "将失去其筛选条件",
            )
        )
        text = Label(
            f'{quantity(counted.count, "saved view")} {verb} made from "{one.label.en}" {said}.',
            f"{counted.count} 个保存的视图基于“{one.label.text('zh')}”，{then}。",
        )
        level = NOTE if follows else WARNING
        yield Finding(level, "view_in_use", one.path, text, counted.count, counted.samples)


def _asked_of_all(
    compared: Compared, one: Operation, spec: ObjectType, new: Field, old: Field | None
) -> Iterator[Finding]:
    """Yield who would not pass a field that becomes required or unique."""
    census = compared.census
    code = old.code if old is not None else new.code
    known = census.knows(spec.code, code)
    filled = new.default is not None or new.default_expression is not None
    if new.required and not (old is not None and old.required) and not (old is None and filled):
        counted = census.missing(spec.code, code) if known else Counted(census.rows(spec.code))
        if counted.count:
            text = Label(
                f'{_records(counted.count, spec)} {agreeing(counted.count, "has", "have")} no "{new.label.en}"; {agreeing(counted.count, "it", "they")} cannot be saved until it is filled.',
                f"{counted.count:,} 条{spec.label.text('zh')}没有填写“{new.label.text('zh')}”，填写之前无法保存。",
            )
            yield Finding(
                WARNING, "required_missing", one.path, text, counted.count, counted.samples
            )
    if new.unique and known and not (old is not None and old.unique):
        counted = census.doubled(spec.code, code)
        if counted.count:
            text = Label(
                f'{quantity(counted.count, "value")} of "{new.label.en}" {agreeing(counted.count, "is", "are")} there more than once; it cannot become unique before they differ.',
                f"“{new.label.text('zh')}”有 {counted.count:,} 个值重复，更正之前不能设为唯一。",
            )
            yield Finding(STOP, "not_unique", one.path, text, counted.count, counted.samples)


def _values(
    compared: Compared, one: Operation, spec: ObjectType, old: Field, new: Field
) -> Iterator[Finding]:
    """Yield the values that the field's new settings would refuse."""
    names = {changed.name for changed in one.changes}
    narrowed = any(name.startswith("type.") for name in names) and old.type.name == new.type.name
    if not narrowed or not old.column or not compared.census.knows(spec.code, old.code):
        return
    counted = compared.census.refused(spec.code, old.code, refusal_of(new.type))
    if counted.count:
        text = Label(
            f'{_records(counted.count, spec)} {agreeing(counted.count, "holds", "hold")} a "{new.label.en}" that would be refused today; each keeps it until somebody changes it.',
            f"{counted.count:,} 条{spec.label.text('zh')}的“{new.label.text('zh')}”不符合新的要求；在有人修改之前保持原值。",
        )
        yield Finding(WARNING, "values_refused", one.path, text, counted.count, counted.samples)


def _converted(
    compared: Compared, one: Operation, spec: ObjectType, old: Field, new: Field
) -> Iterator[Finding]:
    """Yield the values that have no counterpart in the field's new type."""
    if old.derived or new.derived or not compared.census.knows(spec.code, old.code):
        return
    if NEVER & {old.type.name, new.type.name}:
        text = Label(
            f'"{new.label.en}" cannot go from {old.type.name} to {new.type.name}.',
            f"“{new.label.text('zh')}”不能从 {old.type.name} 转换为 {new.type.name}。",
        )
        yield Finding(STOP, "cannot_convert", one.path, text)
        return
    convert = converter(old.type, new.type)

    def judge(value: object) -> str:
        return str(old.type.dump(value)) if convert(value) is None else ""

    counted = compared.census.refused(spec.code, old.code, judge)
    if counted.count:
        text = Label(
            f'{quantity(counted.count, "value")} of "{new.label.en}" cannot be read as {new.type.name} and will be empty; the old values are kept, and going back brings them back.',
            f"“{new.label.text('zh')}”有 {counted.count:,} 个值无法转换为 {new.type.name}，将显示为空；原值会保留，回退时恢复。",
        )
        yield Finding(DANGER, "not_convertible", one.path, text, counted.count, counted.samples)


def _records(count: int, spec: ObjectType) -> str:
    return quantity(count, spec.label.en.lower(), spec.plural.en.lower())


def refusal_of(kind: FieldType) -> Callable[[object], str]:
    """Return what a type has against a value, "" for nothing."""

    def said(value: object) -> str:
        held: Any = kind
        if hasattr(kind, "keeping"):
            held = held.keeping(value)
        try:
            held.parse(value)
        except InvalidValueError as error:
            return error.message
        return ""

    return said


def _of_rule(compared: Compared, one: Operation) -> Iterator[Finding]:
    if one.verb == RENAME:
        yield from following_names.of_rule(compared.before, compared.census, one)
        return
    if one.verb == RETIRE:
        yield from following_names.left_by(compared.census, one)
    yield from times_that_run(compared.before, compared.after, compared.census, one)
    rule = compared.after.rules.get(one.path[0])
    if rule is None or rule.kind != "validation" or not rule.enabled or one.verb == RETIRE:
        return
    that = getattr(rule.body, "that", None)
    before = compared.before.objects.get(rule.object_name)
    if that is None or before is None or not {*that.names} <= {*before.fields, "id"}:
        return
    if that.rows or that.paths:
        return  # what it reads elsewhere may be new itself
    counted = compared.census.breaking(rule.object_name, that, None if rule.when and (rule.when.paths or rule.when.rows) else rule.when)  # fmt: skip
    if counted.count:
        text = Label(
            f'{_records(counted.count, before)} {agreeing(counted.count, "breaks", "break")} the rule "{rule.label.en}" today; {agreeing(counted.count, "it stays as it is", "they stay as they are")} until what it reads is changed.',
            f"{counted.count:,} 条{before.label.text('zh')}目前不满足规则“{rule.label.text('zh')}”；在相关字段修改之前保持不变。",
        )
        yield Finding(WARNING, "rule_broken", one.path, text, counted.count, counted.samples)


def _of_role(compared: Compared, one: Operation) -> Iterator[Finding]:
    if one.verb == RENAME:
        yield from following_names.of_role(compared.before, compared.census, one)
        return
    counted = compared.census.people(one.path[0])
    if one.verb == RETIRE and counted.count:
        text = Label(
            f'{quantity(counted.count, "person", "people")} {agreeing(counted.count, "carries", "carry")} the role "{one.label.en}" and {agreeing(counted.count, "loses", "lose")} what it gives.',
            f"{counted.count:,} 人拥有角色“{one.label.text('zh')}”，将失去其权限。",
        )
        yield Finding(DANGER, "role_with_people", one.path, text, counted.count, counted.samples)
    if one.verb == RETIRE:
        yield from _named_by(compared, one, "role", one.path)


def _of_report(compared: Compared, one: Operation) -> Iterator[Finding]:
    if one.verb == RENAME:
        yield from following_names.of_report(compared.before, one)
    elif one.verb == RETIRE:
        yield from _named_by(compared, one, "report", one.path)


def leaving_of(census: Census, removed: Sequence[Removed]) -> Iterator[Leaving]:
    """Yield the removed stages and options that records hold."""
    for gone in removed:
        if census.knows(gone.object_name, gone.field):
            count = census.holders(*gone.path)
            if count:
                yield Leaving(gone, count)


Judge = Callable[[Compared, Operation], Iterator[Finding]]
JUDGES: Final[dict[str, Judge]] = {
    "object": _of_object,
    "field": _of_field,
    "pipeline": lambda compared, one: of_pipeline(
        compared.before, compared.after, compared.census, one
    ),
    "stage": lambda compared, one: of_stage(compared.before, compared.census, one),
    "view": _of_view,
    "rule": _of_rule,
    "role": _of_role,
    "report": _of_report,
}
