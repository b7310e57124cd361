"""The effective model as one caller sees it: objects, fields, stages, views, actions and pools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fieldstone.access.access import Access, access_to
from fieldstone.actions.contract import Action
from fieldstone.actions.running import offered
from fieldstone.base.label import Label
from fieldstone.fieldtypes.generated_schema import openapi_of
from fieldstone.model.objects import Field, ObjectType, Pipelines, View
from fieldstone.web.asking import Asked
from fieldstone.web.rest.objects import objects_seen

Json = dict[str, Any]


def both(label: Label) -> Json:
    """Return a label in both languages."""
    return {"en": label.text("en"), "zh": label.text("zh")}


def meta_of_site(asked: Asked) -> Json:
    """Return the objects in short, and what the site consists of."""
    model, actor = asked.model, asked.ctx.actor
    return {
        "revision": model.digest,
        "layers": list(model.layers),
        "company": asked.site.settings.company,
        "languages": list(asked.site.settings.languages),
        "objects": [_in_short(spec, access) for spec, access in objects_seen(model, actor)],
    }


def _in_short(spec: ObjectType, access: Access) -> Json:
    return {
        "object": spec.code,
        "label": both(spec.label),
        "plural": both(spec.plural),
        "icon": spec.icon,
        "title": spec.title,
        "may": {
            "read": access.may_read,
            "create": access.may_create,
            "update": bool(access.rights.update),
            "delete": bool(access.rights.delete),
            "assign": access.may_assign,
            "claim": access.may_claim,
            "export": access.may_export,
        },
    }


def meta_of_object(asked: Asked, spec: ObjectType) -> Json:
    """Return one object in full: only names that exist for this caller."""
    model, actor = asked.model, asked.ctx.actor
    access = access_to(model, actor, spec.code)
    known = access.readable_anywhere() | access.shown_anywhere()
    return {
        **_in_short(spec, access),
        "fields": [_field(f, access) for f in spec.fields.values() if f.code in known],
        "relations": [
            {"name": one.name, "object": one.object_name, "field": one.field}
            for one in spec.relations.values()
            if not one.owned and _leads_there(access_to(model, actor, one.object_name), one.field)
        ],
        "pipelines": _pipelines(spec.pipelines, known) if spec.stage_field in known else [],
        "views": list(_views(spec.views.values(), known)),
        "pools": list(spec.pools) if access.may_claim else [],
        "actions": _actions(asked.site.vocabulary.actions, asked, spec),
    }


def _field(field: Field, access: Access) -> Json:
    code = field.code
    options = getattr(field.type, "options", None)
    found: Json = {
        "code": code,
        "label": both(field.label),
        "type": field.type.name,
        "required": field.required,
        "unique": field.unique,
        "archived": field.archived,
        "system": field.system,
        "sortable": field.type.sortable,
        "may": {
            "read": access.field(code).known,
            "create": code in access.writable_on_create() and writable(field),
            "update": code in access.writable_anywhere() and writable(field),
        },
        "schema": openapi_of(field.type),
    }
    target = field.type.expression_type.of
    if target and field.type.name != "rows":
        found["to"] = target
    if isinstance(options, Mapping):
        found["options"] = [
            {
                "code": one.code,
                "label": both(one.label),
                "color": one.color,
                "archived": one.archived,
                "parents": list(one.parents),
            }
            for one in options.values()
        ]
    return found


def writable(field: Field) -> bool:
    """Tell whether anybody at all may send a value for the field."""
    return not (field.derived or field.read_only or field.archived)


def _leads_there(there: Access, field: str) -> bool:
    """Tell whether the caller may see the records of a relation, and what ties them."""
    return there.may_read and there.field(field).known


def _pipelines(pipelines: Pipelines | None, known: frozenset[str]) -> list[Json]:
    if pipelines is None:
        return []
    return [
        {
            "code": one.code,
            "label": both(one.label),
            "stages": [
                {
                    "code": stage.code,
                    "label": both(stage.label),
                    "kind": stage.kind,
                    "probability": stage.probability,
                    "needs": [code for code in stage.needs if code in known],
                    "moves_to": list(one.moves.get(stage.code, ())),
                    "only_by": stage.only_by,
                }
                for stage in one.stages.values()
            ],
        }
        for one in pipelines.pipelines.values()
    ]


def _views(views: Iterable[View], known: frozenset[str]) -> Iterator[Json]:
    for view in views:
        yield {
            "code": view.code,
            "kind": view.kind,
            "label": both(view.label),
            "filter": view.filter.text if view.filter else None,
            "columns": [name for name in view.columns if name.partition(".")[0] in known],
            "sort": ",".join(f"-{name}" if down else name for name, down in view.sort),
        }


def _actions(actions: Mapping[str, Action], asked: Asked, spec: ObjectType) -> list[Json]:
    allowed = offered(actions, asked.model, asked.ctx.actor, spec.code)
    return [
        {"name": name, "label": both(one.label), "icon": one.icon, "parameters": dict(one.schema)}
        for name, one in allowed.items()
    ]
