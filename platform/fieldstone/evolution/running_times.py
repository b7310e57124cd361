"""What becomes of the times that run, such as deadlines, when their rule is changed, switched off or taken away."""

from __future__ import annotations

from collections.abc import Iterator

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import NOTE, WARNING, Finding
from fieldstone.evolution.operations import ADD, Operation
from fieldstone.model.site_model import Model
from fieldstone.rules.deadline_body import Deadline
from fieldstone.storage.census import Census


def times_that_run(
    before: Model, after: Model, census: Census, one: Operation
) -> Iterator[Finding]:
    """Yield for how many records the time of a rule runs, and what a step on the rule means for them."""
    rule = before.rules.get(one.path[0])
    if rule is None or not isinstance(rule.body, Deadline):
        return  # points that fade have instants, too, but nobody waits for them
    count = census.waiting_for(rule.code) if one.verb != ADD else 0
    if not count:
        return
    spec = before.objects[rule.object_name]
    records = quantity(count, spec.label.en.lower(), spec.plural.en.lower())
    said = f'The time of "{rule.label.en}" runs for {records}'
    said_zh = f"规则“{rule.label.text('zh')}”正在为 {count:,} 条{spec.label.text('zh')}计时"
    now = after.rules.get(rule.code)
    if now is None:
        text = Label(
            f"{said}; nothing happens any more when it is over.", f"{said_zh}；到期后将不再处理。"
        )
        yield Finding(WARNING, "times_end", one.path, text, count)
    elif rule.enabled and not now.enabled:
        text = Label(
            f"{said}; {agreeing(count, 'it is', 'they are')} acted on after it is switched on again.",
            f"{said_zh}；重新启用后才会处理。",
        )
        yield Finding(WARNING, "times_rest", one.path, text, count)
    elif now.in_flight == "recompute":
        text = Label(
            f"{said}; each is worked out anew when it is over, and may get more time.",
            f"{said_zh}；到期时按新规则重新计算，只会延长。",
        )
        yield Finding(NOTE, "times_anew", one.path, text, count)
    else:
        text = Label(f"{said}; each keeps its end.", f"{said_zh}；已开始的计时保持原定到期时间。")
        yield Finding(NOTE, "times_kept", one.path, text, count)
