"""Guesses which field each column of a file fills: by its name in either language, and by what stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from fieldstone.access.access import Access
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model

NOT_FROM_CELLS: Final = frozenset(
    {"rows", "file", "image", "json", "secret", "geolocation", "address", "multi_lookup"}
)
LOOKUPS: Final = frozenset({"lookup", "user"})
ALIKE: Final = 0.84
SHORTEST_PART: Final = 2
# What people head columns with, by field code, besides its labels.
ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("full name", "contact name", "customer name", "姓名", "名字", "客户姓名", "联系人", "名称"),
    "mobile": ("phone", "cell", "mobile phone", "mobile number", "手机", "手机号", "手机号码", "联系电话"),
    "phone": ("tel", "telephone", "phone number", "电话", "座机", "联系电话"),
    "email": ("mail", "e-mail address", "email address", "邮箱", "电子邮件", "邮件"),
    "company": ("company name", "organisation", "organization", "account", "公司", "公司名称", "单位", "企业名称"),
    "need": ("requirement", "requirements", "message", "inquiry", "需求", "咨询内容", "留言"),
    "wechat": ("weixin", "微信", "微信号"),
    "owner": ("assigned to", "salesperson", "sales rep", "负责人", "销售", "跟进人", "归属人"),
    "source": ("lead source", "来源", "线索来源"),
    "channel": ("source", "lead source", "channel name", "来源", "渠道", "渠道来源"),
    "remark": ("notes", "comment", "remarks", "备注"),
    "description": ("notes", "comment", "remarks", "备注", "描述"),
    "budget": ("预算", "预算金额"),
    "website": ("url", "homepage", "官网", "网址"),
}  # fmt: skip
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE: Final = re.compile(r"\+?[\d\s()-]{7,20}")
EMPTY: Final = ("Select", "N/A", "n/a", "NULL", "-", "无")
LOOKED_UP_BY: Final = ("email", "code")


def fillable(spec: ObjectType, access: Access) -> list[Field]:
    """Return the fields that a cell may fill and the actor may write, in the order of the object."""
    writable = access.writable_anywhere()
    return [
        field
        for code, field in spec.fields.items()
        if code in writable
        and not field.derived
        and not field.archived
        and not (field.read_only or (field.system and code != "owner"))
        and field.type.name not in NOT_FROM_CELLS
    ]


def guessed(
    fields: Sequence[Field], headings: Sequence[str], samples: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return field codes by column, for the columns that can be told; no field is filled twice."""
    scored = [
        (score, -at, column, field.code)
        for at, column in enumerate(headings)
        if column
        for field in fields
        if (score := _score(column, field)) >= ALIKE
    ]
    found: dict[str, str] = {}
    for _, _, column, code in sorted(scored, reverse=True):
        if column not in found and code not in found.values():
            found[column] = code
    for pattern, kind in ((EMAIL, "email"), (PHONE, "phone")):
        free = [f.code for f in fields if f.type.name == kind and f.code not in found.values()]
        looks = (c for c in headings if c and c not in found and _all_like(pattern, samples.get(c)))
        found.update(dict(zip(looks, free, strict=False)))
    return found


def _all_like(pattern: re.Pattern[str], cells: Sequence[str] | None) -> bool:
    filled = [cell for cell in cells or () if cell]
    return bool(filled) and all(pattern.fullmatch(cell) for cell in filled)


def _score(column: str, field: Field) -> float:
    """Return how well a heading names a field: 1 for its code or a label, less for what looks like it."""
    head = _plain(column)
    names = [_plain(field.code), _plain(field.label.en), _plain(field.label.zh)]
    if head in names:
        return 1.0
    also = [_plain(name) for name in ALSO_CALLED.get(field.code, ())]
    if head in also:
        return 0.97 - also.index(head) / 100
    best = max(SequenceMatcher(None, head, name).ratio() for name in names if name)
    chinese = [name for name in names if name and not name.isascii() and len(name) >= SHORTEST_PART]
    if any(head.endswith(name) or head.startswith(name) for name in chinese):
        best = max(best, 0.93)
    elif len(head) >= SHORTEST_PART and any(name.endswith(head) for name in chinese):
        best = max(best, 0.9)
    return best * 0.95


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.split("(")[0].split("（")[0].casefold())


def mapping_text(
    spec: ObjectType,
    model: Model,
    columns: Mapping[str, str],
    samples: Mapping[str, Sequence[str]],
    *,
    key: str = "",
    existing: str = "update",
) -> str:
    """Return a mapping, as `read_mapping` takes it, that fills fields from columns; lookups by name or e-mail."""
    fields = {
        code: _source(spec.fields[code], model, column, samples.get(column))
        for column, code in columns.items()
    }
    made: dict[str, Any] = {"object": spec.code, "empty": list(EMPTY), "fields": fields}
    if key in fields:
        made |= {"key": key, "existing": existing}
    return json.dumps(made, ensure_ascii=False, indent=1)


def _source(field: Field, model: Model, column: str, samples: Sequence[str] | None) -> object:
    if field.type.name not in LOOKUPS:
        return column
    target = model.objects[field.type.expression_type.of]
    mailed = "email" in target.fields and _all_like(EMAIL, samples)
    return {"from": column, "lookup": {"by": "email" if mailed else looked_up_by(target)}}


def columns_of(mapping: str) -> dict[str, str]:
    """Return field codes by column of a mapping that `mapping_text` made; {} for any other."""
    try:
        fields = json.loads(mapping)["fields"] if mapping else {}
    except ValueError:
        return {}
    found = {one if isinstance(one, str) else one.get("from"): c for c, one in fields.items()}
    return {column: code for column, code in found.items() if column}


def looked_up_by(target: ObjectType) -> str:
    """Return the field by which a cell names a record: its title, else what is unique."""
    title = target.fields.get(target.title)
    if title is not None and title.formula is None:
        return title.code
    unique = [code for code in LOOKED_UP_BY if code in target.fields]
    return unique[0] if unique else "id"
