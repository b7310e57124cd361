"""The addresses of public pools in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.model.objects import ObjectType
from fieldstone.web.rest.openapi_parts import (
    ID,
    TEXT,
    WHOLE,
    YES_NO,
    Json,
    answers,
    many,
    of,
    parameter,
    ref,
)

LONGEST_PERIOD: Final = 365
MOST_IDS: Final = 200
PERHAPS: Final[Json] = {"type": ["integer", "null"]}
IDS: Final[Json] = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": MOST_IDS}
CLAIM_BODY: Final[Json] = {
    "type": "object",
    "required": ["ids"],
    "additionalProperties": False,
    "properties": {"ids": IDS, "atomic": {**YES_NO, "description": "All of them or none."}},
}
MOVE_BODY: Final[Json] = {
    "type": "object",
    "required": ["ids", "to"],
    "additionalProperties": False,
    "properties": {
        "ids": IDS,
        "to": {**TEXT, "description": "The other pool."},
        "reason": {
            **TEXT,
            "maxLength": 150,
            "description": "A reason of the other pool, which may want one, or your own words.",
        },
    },
}
QUOTA: Final = of(
    counts={"enum": ["claims", "net", "views"]},
    period=TEXT,
    together={"type": ["string", "null"]},
    used=WHOLE,
    most=WHOLE,
    left=WHOLE,
    frees_at={"type": ["string", "null"], "format": "date-time"},
)
LIMITS: Final = of(
    may_claim=YES_NO,
    left=PERHAPS,
    views_left=PERHAPS,
    held=WHOLE,
    holding=PERHAPS,
    quotas=many(QUOTA),
    obstacles=many(ref("Problem")),
)
POOLS: Final = many(
    of(
        pool=TEXT,
        object=TEXT,
        label=TEXT,
        visibility={"enum": ["preview", "blind", "hidden"]},
        administers=YES_NO,
    )
)
COUNTS: Final[Json] = {"type": "object", "additionalProperties": WHOLE}
TRAFFIC: Final = of(
    days=WHOLE,
    came=COUNTS,
    left=COUNTS,
    lying=WHOLE,
    never_claimed=WHOLE,
    ages=many(WHOLE),
    median_wait_seconds=PERHAPS,
    by_day=many(of(day=TEXT, came=WHOLE, claimed=WHOLE)),
    people=many(
        of(person=ID, claimed=WHOLE, assigned=WHOLE, returned=WHOLE, recalled=WHOLE, kept=WHOLE)
    ),
)
MEMBERS: Final = many(
    of(
        person=ID,
        name=TEXT,
        groups=many(TEXT),
        administers=YES_NO,
        visibility=TEXT,
        held=WHOLE,
        holding=PERHAPS,
        quotas=many(QUOTA),
    )
)
ANSWERS: Final[Json] = many(
    {
        "type": "object",
        "required": ["id", "status"],
        "properties": {"id": TEXT, "status": WHOLE, "problems": many(ref("Problem"))},
    }
)


@dataclass(frozen=True)
class _Verbs:
    """The operations of one object's pools."""

    one: ObjectType
    pool: Json

    def get(self, name: str, summary: str, data: Json, *more: Json) -> Json:
        """Return what is read at an address."""
        return {"get": self._operation(name, summary, data, more)}

    def post(
        self, name: str, summary: str, data: Json, *more: Json, given: Json | None = None
    ) -> Json:
        """Return what is done at an address; `given` is the shape of the body."""
        found = self._operation(name, summary, data, more)
        if given is not None:
            content = {"application/json": {"schema": given}}
            found["requestBody"] = {"required": True, "content": content}
        return {"post": found}

    def _operation(
        self, name: str, summary: str, data: Json, more: Sequence[Json]
    ) -> dict[str, Any]:
        return {
            "operationId": f"pool_{name}_{self.one.code}",
            "tags": [self.one.plural.en],
            "summary": summary,
            "parameters": [self.pool, *more],
            "responses": answers("200", data, "Done."),
        }


def pool_paths(one: ObjectType, record: str, pools: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Yield the addresses below a pool of an object; `record` names the schema of its records."""
    base, things = f"/api/v1/pools/{{pool}}/{one.code}", one.plural.en.lower()
    pool = parameter("pool", {"type": "string", "enum": list(pools)}, "The pool.", "path")
    record_id = parameter("id", ID, "The record.", "path")
    days = parameter("days", {**WHOLE, "minimum": 1, "maximum": LONGEST_PERIOD}, "The period.")
    seen, verbs = of(data=ref(record), views_left=PERHAPS), _Verbs(one, pool)
    limits = f"Read how many {things} you may still claim"
    yield f"{base}/limits", verbs.get("limits", limits, of(data=LIMITS))
    claimed = verbs.post("claim", f"Claim {things}", of(data=ANSWERS), given=CLAIM_BODY)
    yield f"{base}/claim", claimed
    opening = f"Open one of the {things} of a pool"
    yield f"{base}/{{id}}/open", verbs.post("open", opening, seen, record_id)
    moving = f"Move {things} to another pool"
    yield f"{base}/move", verbs.post("move", moving, of(data=ANSWERS), given=MOVE_BODY)
    traffic = "Read what went in and out of a pool"
    yield f"{base}/traffic", verbs.get("traffic", traffic, of(data=TRAFFIC), days)
    yield f"{base}/members", verbs.get("members", "Read who works with a pool", of(data=MEMBERS))
