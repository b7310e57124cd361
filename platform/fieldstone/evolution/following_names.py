"""What follows a rule, a role or a report that gets another code, counted from the data and told before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import DANGER, NOTE, STOP, Finding
from fieldstone.evolution.operations import Operation
from fieldstone.evolution.references import places_of
from fieldstone.model.site_model import Model
from fieldstone.storage.census import Census

KEPT: Final = {
    "fs_timer": ("running time", "个计时"),
    "fs_decision": ("decision", "条决定"),
    "fs_ledger": ("entry of points", "条计分", "entries of points"),
    "fs_grant": ("counted claim", "次计数的领取"),
    "fs_arrival": ("arrival", "条来件"),
    "fs_ranking": ("edition", "期榜单"),
    "fs_conversion": ("conversion", "次转化"),
    "fs_suspect": ("suspected pair", "对疑似重复"),
    "fs_rule_run": ("run", "次应用"),
}
"""What a rule leaves behind, by table: in English (the plural where it is no mere s) and in Chinese."""


def of_rule(before: Model, census: Census, one: Operation) -> Iterator[Finding]:
    """Yield what a renamed rule takes along; a code under which another rule's past stands is refused."""
    code, rule = one.path[0], before.rules[one.earlier]
    left = 0 if code in rule.renamed_from else sum(census.kept_by(code).values())
    if left:
        text = Label(
            f'Another rule was called "{code}", and {quantity(left, "entry", "entries")} of it {agreeing(left, "is", "are")} kept; they would become those of "{one.label.en}". Take another code.',
            f"曾有另一条规则使用代码“{code}”，它的 {left:,} 条记录仍在，会被算到“{one.label.text('zh')}”名下。请换一个代码。",
        )
        yield Finding(STOP, "code_of_another", one.path, text, left)
        return
    en, zh, count = _kept(census, one.earlier)
    lying = sum(
        census.holders(spec.code, "pool", one.earlier)
        for spec in before.objects.values()
        if one.earlier in spec.pools and census.knows(spec.code, "pool")
    )
    if lying:
        en, zh = [quantity(lying, "record in the pool", "records in the pool"), *en], [f"公海中的 {lying:,} 条记录", *zh]  # fmt: skip
    if count := count + lying:
        text = Label(
            f'"{one.label.en}" takes along {", ".join(en)}; nothing begins anew.',
            f"“{one.label.text('zh')}”的{'、'.join(zh)}将一并跟随，不会重新开始。",
        )
        yield Finding(NOTE, "rule_followed", one.path, text, count)
    yield from _named(before, one, "rule", "pool")


def left_by(census: Census, one: Operation) -> Iterator[Finding]:
    """Yield what a rule leaves behind that is taken away."""
    en, zh, count = _kept(census, one.path[0])
    if count:
        text = Label(
            f'"{one.label.en}" leaves behind {", ".join(en)}; {agreeing(count, "it is", "they are")} kept, and nothing goes by {agreeing(count, "it", "them")} any more.',
            f"“{one.label.text('zh')}”留下{'、'.join(zh)}；这些会保留，但不再起作用。",
        )
        yield Finding(DANGER, "rule_with_past", one.path, text, count)


def _kept(census: Census, rule: str) -> tuple[list[str], list[str], int]:
    """Return what is kept of a rule, in English and Chinese, and how much that is."""
    kept = census.kept_by(rule)
    said = {name: kept[name] for name in KEPT if kept.get(name)}
    en = [quantity(n, KEPT[name][0], *KEPT[name][2:]) for name, n in said.items()]
    return en, [f"{n:,} {KEPT[name][1]}" for name, n in said.items()], sum(said.values())


def of_role(before: Model, census: Census, one: Operation) -> Iterator[Finding]:
    """Yield who carries a renamed role, and what names it."""
    counted = census.people(one.earlier)
    if counted.count:
        text = Label(
            f'{quantity(counted.count, "person", "people")} {agreeing(counted.count, "carries", "carry")} the role "{one.label.en}" and {agreeing(counted.count, "keeps", "keep")} it.',
            f"{counted.count:,} 人拥有角色“{one.label.text('zh')}”，将继续拥有。",
        )
        yield Finding(NOTE, "role_followed", one.path, text, counted.count, counted.samples)
    yield from _named(before, one, "role")


def of_report(before: Model, one: Operation) -> Iterator[Finding]:
    """Yield what leads to a renamed report."""
    yield from _named(before, one, "report")


def _named(before: Model, one: Operation, *kinds: str) -> Iterator[Finding]:
    found = (place for what in kinds for place in places_of(before, what, (one.earlier,)))
    places = list(dict.fromkeys(found))
    if places:
        count = len(places)
        text = Label(
            f'"{one.label.en}" is named in {quantity(count, "place")}, which {agreeing(count, "follows", "follow")}.',
            f"“{one.label.text('zh')}”在 {count} 处被引用，将自动跟随。",
        )
        named = tuple(place.text for place in places)
        yield Finding(NOTE, "names_follow", one.path, text, count, named=named)
