"""The studio: what this site is made of, and the ways to change it while everybody works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.rights import is_administrator
from fieldstone.actions.long_work import LongWork
from fieldstone.base.names import is_code, plural
from fieldstone.compiler.shapes import SCOPES
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Role
from fieldstone.storage.undelivered import Undeliveries
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.entries import FOOT, Entry
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_lines import FIRST_STAGES, code_from
from fieldstone.web.pages.studio_plan import planned_page

Drawn = dict[str, Any]
OWN_GROUP: Final = "own"
NONE: Final = "none"
LIKE: Final = "customer"  # whoever may see and write these is likely to work with a new object, too
ICONS: Final = ("box", "package", "folder", "calendar", "graduation-cap", "shield-check", "wrench", "building-2", "users", "star")  # fmt: skip


def _may(asked: Asked) -> bool:
    return asked.actor is not None and is_administrator(asked.model, asked.actor)


PAGE = Blueprint("studio", __name__)
ENTRIES = (Entry("Studio", "blocks", "/studio", FOOT, 10, _may),)


@PAGE.get("/studio")
def studio_page() -> Response:
    """Show objects and where else to go."""
    return _overview(the_call(), {}, [])


@PAGE.post("/studio/objects")
def make_object() -> Response:
    """Plan a new object from its names: with a title field, an owner, a list, and rights for who was chosen."""
    asked, given = the_call(), request.form
    changing_of(asked)
    english, chinese = (" ".join(given.get(one, "").split()) for one in ("en", "zh"))
    label = {"en": english or chinese, "zh": chinese or english}
    code = given.get("code", "").strip() or code_from(label["en"], list(asked.model.objects))
    if errors := _wrong(asked, code, label["en"]):
        return _overview(asked, dict(given), errors)
    value = _first_object(asked, label, given.get("icon") or ICONS[0])
    if "staged" in given:
        value["stages"] = _path()
        value["views"]["board"] = {"kind": "board", "label": {"en": "Board", "zh": "看板"}, "by": "stage", "card": {"title": "name"}}  # fmt: skip
    value["permissions"] |= _rights_of(asked, given)
    edits = Edits().set(("objects", code), value).set(("rules", f"{code}_owner"), _owned(code))
    edits = _listed(asked, edits, code)
    return planned_page(asked, edits, f"/studio/o/{code}")


def _wrong(asked: Asked, code: str, name: str) -> list[Drawn]:
    """Return what is wrong with the names of a new object."""
    t = speech(asked.language).t
    errors = []
    if not is_code(code) or "__" in code:
        text = t("Write small letters, digits and single _, beginning with a letter.")
        errors.append({"name": "code", "text": text})
    elif code in asked.model.objects:
        errors.append({"name": "code", "text": t("There is an object of this code.")})
    if not name:
        errors.append({"name": "en", "text": t("Give it a name.")})
    return errors


def _owned(code: str) -> Drawn:
    """Return the rule that gives a record to whoever adds it; people change or remove it like any other."""
    label = {"en": "Whoever adds it looks after it", "zh": "创建人即负责人"}
    return {"kind": "automation", "object": code, "label": label, "on": "create", "when": "owner == null", "set": {"owner": "user"}}  # fmt: skip


def _path() -> Drawn:
    """Return the stages that a path begins with, and how they are called together."""
    named = {"en": "Standard", "zh": "标准流程"}
    path = {"label": named, "stages": FIRST_STAGES, "moves": "any"}
    return {"pipelines": {"standard": path}}


def _first_object(asked: Asked, label: dict[str, str], icon: str) -> Drawn:
    """Return what an object begins with; administrators may do everything with it."""
    name = {"type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True}
    roles = [role.code for role in asked.model.roles.values() if role.administrator]
    rights = {"read": "all", "create": True, "update": "all", "delete": "all", "export": True}
    several = plural(label["en"]) if label["en"].isascii() else label["en"]
    return {
        "label": label,
        "plural": {"en": several, "zh": label["zh"] if not label["zh"].isascii() else several},
        "timeline": True,
        "icon": icon,
        "title": "name",
        "search": ["name"],
        "fields": {"name": name},
        "ownership": {"owner": "optional"},
        "views": {"all": {"label": {"en": "All", "zh": "全部"}, "columns": ["name", "owner", "created_at"], "sort": "-created_at"}},
        "forms": {"default": {"main": {"label": label, "fields": ["name"]}}},
        "permissions": dict.fromkeys(roles, rights),
    }  # fmt: skip


def _rights_of(asked: Asked, given: Mapping[str, str]) -> dict[str, Drawn]:
    """Return what the form gives to each role; whoever may write sees at least as much."""
    found: dict[str, Drawn] = {}
    for role in _workers(asked):
        read, write = (_scope(given.get(f"{one}.{role.code}", "")) for one in ("read", "write"))
        read = max(read, write, key=SCOPES.index)
        if read != NONE:
            may_write = {"create": True, "update": write} if write != NONE else {}
            found[role.code] = {"read": read, **may_write}
    return found


def _workers(asked: Asked) -> list[Role]:
    return [one for one in asked.model.roles.values() if not one.administrator]


def _scope(text: str) -> str:
    return text if text in SCOPES else NONE


def _who(asked: Asked, given: Drawn) -> list[Drawn]:
    """Return what each role is given: as it was chosen, or to begin with what it may do with customers."""
    t, customer = speech(asked.language).t, asked.model.objects.get(LIKE)
    words = {NONE: t("Nothing"), "own": t("own only"), "team": t("team"), "department": t("department"), "all": t("all")}  # fmt: skip
    listed = []
    for role in _workers(asked):
        like = customer.permissions.get(role.code) if customer else None
        usual = {"read": like.read, "write": like.update if like.create else NONE} if like else {}
        rights = [
            {
                "name": f"{one}.{role.code}",
                "label": f"{role.label.text(asked.language)} · {label}",
                "options": _marked(words, given.get(f"{one}.{role.code}") or usual.get(one, NONE)),
            }
            for one, label in (("read", t("See")), ("write", t("Create and edit")))
        ]
        listed.append({"label": role.label.text(asked.language), "rights": rights})
    return listed


def _marked(words: Mapping[str, str], chosen: str) -> list[Drawn]:
    return [{"value": one, "label": word, "chosen": one == chosen} for one, word in words.items()]


def _listed(asked: Asked, edits: Edits, code: str) -> Edits:
    """Return the steps that put a new object into the side bar, among those that this site made itself."""
    items = effective_of(asked).value(("nav", OWN_GROUP, "items"))
    if items is not None:
        return edits.set(("nav", OWN_GROUP, "items"), [*items, code])
    first = next(iter(effective_of(asked).value(("nav",)) or ()), "")
    group = {"label": {"en": "Our own", "zh": "自有对象"}, "items": [code], "after": first}
    return edits.set(("nav", OWN_GROUP), group)


def _overview(asked: Asked, given: Drawn, errors: list[Drawn]) -> Response:
    changing = changing_of(asked)
    number, _ = changing.current(asked.ctx)
    model, served = asked.model, changing.live.found
    context = {
        "tabs": tabs(asked, "objects"),
        "objects": [
            _card(asked, one)
            for one in model.objects.values()
            if one.parent is None
        ],
        "layers": list(model.layers),
        "revision": number,
        "broken": [f"{one.path}: {one.message} {one.cure}" for one in served.problems],
        "stopped": LongWork(asked.site.storage, asked.site.queue, asked.ctx, model).failed_lately(),
        "dead": _dead(asked),
        "given": given,
        "errors": errors,
        "who": _who(asked, given),
        "icons": [
            {"value": one, "label": one, "chosen": one == given.get("icon", ICONS[0])}
            for one in ICONS
        ],
    }  # fmt: skip
    return drawing.page(asked, "studio", context, 422 if errors else 200)


def _dead(asked: Asked) -> int:
    """Return how many messages were given up and still stand so."""
    with asked.site.storage.looking() as connection:
        return Undeliveries(connection, asked.ctx.now).dead()


def _card(asked: Asked, spec: ObjectType) -> Drawn:
    rules = [rule for rule in asked.model.rules.values() if rule.object_name == spec.code]
    stages = (
        sum(len(one.stages) for one in spec.pipelines.pipelines.values()) if spec.pipelines else 0
    )
    return {
        "code": spec.code,
        "label": spec.label.text(asked.language),
        "icon": spec.icon,
        "href": f"/studio/o/{spec.code}",
        "layer": spec.origin.layer,
        "fields": sum(not one.system and not one.archived for one in spec.fields.values()),
        "stages": stages,
        "rules": len(rules),
        "retired": spec.archived,
    }


def tabs(asked: Asked, current: str) -> list[Drawn]:
    """Return the parts of the studio as links."""
    t = speech(asked.language).t
    named = (
        ("objects", t("Objects"), "/studio", "box"),
        ("rules", t("Rules"), "/studio/rules", "workflow"),
        ("permissions", t("Permissions"), "/studio/permissions", "shield-check"),
        ("reports", t("Reports"), "/studio/reports", "chart-no-axes-column"),
        ("templates", t("Templates"), "/studio/templates", "package"),
        ("revisions", t("Revisions"), "/studio/revisions", "history"),
        ("work", t("Long work"), "/studio/work", "hourglass"),
        ("messages", t("Not delivered"), "/studio/messages", "mail-x"),
        ("yaml", "YAML", "/studio/yaml", "file-code"),
    )
    return [
        {"label": label, "href": href, "icon": icon, "current": code == current}
        for code, label, href, icon in named
    ]
