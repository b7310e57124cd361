"""Some people come twice: leads that look like others, two that were merged, a customer under another name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from fieldstone.actions.demo.leads import Lead
from fieldstone.actions.demo.teller import Chapter, Teller
from fieldstone.actions.merging.folding import Folding, stored_pair
from fieldstone.base.errors import RefusedError

SOUNDS_LIKE = dict(
    zip("伟芳娜敏静丽强磊艳勇萱文曦涛洋", "玮方那闽婧莉蔷蕾燕咏轩雯熙滔阳", strict=True)
)
TWINS = 9
MERGED = 2
KEPT = ("name", "mobile", "email", "company", "region", "city", "industry", "channel")


def meet_twins(teller: Teller, leads: Sequence[tuple[str, Lead]], customers: Sequence[str]) -> None:
    """Let some people of the last weeks arrive once more, written a little differently."""
    recent = [one for one in reversed(leads) if one[1].stage in ("new", "contacted", "qualified")]
    chosen = [one for one in recent if one[1].values.get("mobile") and one[1].values.get("company")]
    chosen = chosen[: TWINS + MERGED]
    chapters = [
        Chapter(dict(_twin(lead.values, number)), live=True)
        for number, (_, lead) in enumerate(chosen)
    ]
    ids = teller.tell("lead", chapters)
    pairs = [(first, second) for (first, _), second in zip(chosen, ids, strict=True)]
    merged = (pair for pair in reversed(pairs) if _merge(teller, *pair))
    list(islice(merged, MERGED))
    _second_name(teller, customers)


def _twin(values: Mapping[str, object], number: int) -> Iterator[tuple[str, object]]:
    """Yield the values of somebody who comes again: by the same phone, at the same company, or by the same mail."""
    ways = (("mobile", "company"), ("company",), ("mobile",))
    known = ways[number % len(ways)]
    for code in KEPT:
        value = values.get(code)
        if code == "name":
            yield code, _respelled(str(value))
        elif code == "company":
            if code in known:
                yield code, _other_form(str(value))
        elif code in ("mobile", "email"):
            if code in known:
                yield code, value
        elif value is not None:
            yield code, value
    yield "urgency", "normal"


def _respelled(name: str) -> str:
    return "".join(SOUNDS_LIKE.get(sign, sign) for sign in name)


def _other_form(company: str) -> str:
    for form in ("股份有限公司", "有限责任公司", "有限公司"):
        if company.endswith(form):
            return company.removesuffix(form)
    return f"{company}有限公司"


def _merge(teller: Teller, first: str, second: str) -> bool:
    """Merge two, unless a rule refuses it: a lead may have come to somebody who must wait for the other one."""
    try:
        with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
            Folding(unit).merge(stored_pair(unit, "lead", first, second))
    except RefusedError:
        return False
    return True


def _second_name(teller: Teller, customers: Sequence[str]) -> None:
    """Enter a customer anew who is there under the full name."""
    with teller.site.writes.unit(teller.context(), teller.site.model) as unit:
        rows = unit.transaction.rows("customer", customers[-2:])
    chapters = [
        Chapter(
            {"name": _other_form(str(row["name"])), "phone": row["phone"], "owner": row["owner"]},
            live=True,
        )
        for row in rows.values()
    ]
    teller.tell("customer", chapters)
