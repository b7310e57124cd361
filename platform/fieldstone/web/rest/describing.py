"""What the API tells about itself: the model, OpenAPI and a page to read."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
from flask import Blueprint, Response, request

from fieldstone.access.rights import Held
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages.drawing import go, page
from fieldstone.web.rest.meta import meta_of_object, meta_of_site
from fieldstone.web.rest.objects import no_object, object_of, objects_seen
from fieldstone.web.rest.openapi import Offer, openapi_bytes
from fieldstone.web.rest.reading_json import known_parameters
from fieldstone.web.rest.reference import chapters_of

blueprint = Blueprint("describing", __name__)


@blueprint.get("/api/v1/meta")
def meta() -> Response:
    """Return the objects of the site as this caller sees them."""
    asked = the_call()
    _ = asked.ctx
    known_parameters()
    return _tagged(orjson.dumps({"data": meta_of_site(asked)}))


@blueprint.get("/api/v1/meta/<object_name>")
def meta_object(object_name: str) -> Response:
    """Return one object with its fields, stages, views, pools and actions."""
    asked = the_call()
    spec = object_of(asked, object_name)
    known_parameters()
    if not any(one is spec for one, _ in objects_seen(asked.model, asked.ctx.actor)):
        raise no_object(asked, object_name)
    return _tagged(orjson.dumps({"data": meta_of_object(asked, spec)}))


@blueprint.get("/api/v1/openapi.json")
def openapi() -> Response:
    """Return OpenAPI 3.1 of exactly this site, as far as this caller may use it."""
    asked = the_call()
    known_parameters()
    return _tagged(openapi_bytes(_offer(asked)))


def _offer(asked: Asked) -> Offer:
    actor = asked.ctx.actor
    actions = tuple(asked.site.vocabulary.actions.values())
    return Offer(Held(asked.model), actor.roles, actor.grants, actions, asked.site.settings.company)


@blueprint.get("/api/docs")
def reference() -> Response:
    """Show every call of this site on a page, with its fields and an example."""
    asked = the_call()
    if asked.actor is None:
        return go(asked, "/login?back=/api/docs")
    known_parameters()
    objects = (spec for spec, _ in objects_seen(asked.model, asked.ctx.actor))
    names = {spec.plural.en: spec.plural.text(asked.language) for spec in objects}
    said = speech(asked.language)
    chapters = [
        replace(one, title=names.get(one.title) or said.t(one.title))
        for one in chapters_of(orjson.loads(openapi_bytes(_offer(asked))))
    ]
    return page(asked, "api_docs", {"chapters": chapters, "base": request.host_url.rstrip("/")})


def _tagged(body: bytes) -> Response:
    """Return JSON that the caller may keep as long as its ETag stands."""
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
