"""The public pools: what lies in them, how much the reader may still take, and one click to claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call
from fieldstone.actions.running import run
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.claiming import Claiming
from fieldstone.reads.query import COUNTED_IN_COLUMN, Query, Record, sort_from
from fieldstone.rules.pool_body import Pool
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.amounts import counted, short_time
from fieldstone.web.pages.cards import BEST_SCORE
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.pool_quota import quota_line
from fieldstone.web.pages.subjects import is_company, not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told

PAGE = Blueprint("pool", __name__)
ROWS: Final = 30
MOST_CHIPS: Final = 4
CLAIM: Final = "claim"
Row = dict[str, Any]


@dataclass(frozen=True)
class PoolPage:
    """One pool for one reader."""

    asked: Asked
    spec: ObjectType
    code: str

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    @cached_property
    def body(self) -> Pool | None:
        """Return what the pool's rule says."""
        rule = self.asked.model.rules.get(self.code)
        return rule.body if rule is not None and isinstance(rule.body, Pool) else None

    @property
    def label(self) -> str:
        """Return the pool's name."""
        rule = self.asked.model.rules.get(self.code)
        return rule.label.text(self.asked.language) if rule else self.code

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """Return the fields shown as chips: the pool's columns without title and score."""
        columns = self.body.columns if self.body else ()
        return tuple(c for c in columns if c not in (self.spec.title, "score"))

    def claiming(self, ids: Sequence[str] = ()) -> Claiming:
        """Return what the reader may still take."""
        asked = self.asked
        return asked.site.reads.claiming(asked.ctx, asked.model, self.code, self.spec.code, ids)

    def quota(self, claiming: Claiming) -> dict[str, object]:
        """Return the line above the list."""
        return quota_line(self.asked, self.speech, claiming)

    def query(self, **more: Any) -> Query:
        """Return the question for what lies in the pool."""
        return Query(pool=self.code, titles=True, **more)

    def row(self, record: Record, refused: Mapping[str, Problem]) -> Row:
        """Return one record as parts/pool.html draws it."""
        look, title = Look(self.asked), Look(self.asked).title(record)
        cells = [look.cell(record, code) for code in self.shown]
        chips = [{"text": c["text"], "tone": c.get("tone", "gray")} for c in cells if c["text"]]
        row: Row = {
            "id": record.id,
            "title": title,
            "who": {"initials": initials(title), "tone": tone(title), "org": is_company(self.spec)},
            "chips": chips[:MOST_CHIPS],
            "came": self._came(record),
            "claim_url": f"/pools/{self.code}/claim/{record.id}",
        }
        if isinstance(score := record.values.get("score"), int):
            row["score"] = max(0, min(BEST_SCORE, score))
        if isinstance(times := record.values.get("returns"), int) and times:
            row["back"] = {"text": self.speech.tn("returned once", "returned {n} times", times)}
        if record.id in refused:
            row["why"] = told(refused[record.id], self.asked.language)
        return row

    def _came(self, record: Record) -> str:
        made = record.values.get("created_at")
        if not isinstance(made, datetime):
            return ""
        ago = short_time(self.speech, self.asked.ctx.now - made)
        return self.speech.t("created {time} ago", time=ago)

    def rows(self, cursor: str, sort: str) -> tuple[list[Row], str, Claiming]:
        """Return the rows from `cursor` on, where the next ones come from, and the quota."""
        asked = self.asked
        page = asked.site.reads.list(
            asked.ctx,
            asked.model,
            self.spec.code,
            self.query(limit=ROWS, cursor=cursor, sort=sort_from(sort)),
        )
        claiming = self.claiming([record.id for record in page.rows])
        refused = claiming.refused
        if not claiming.may_claim:
            text = "Your roles do not let you claim from public pools."
            problem = Problem("forbidden", "claim", text, "Ask a manager to assign it.")
            refused = {record.id: problem for record in page.rows}
        more = f"&sort={sort}" if sort else ""
        after = page.next_cursor
        url = f"/pools/{self.code}?after={after}{more}" if after else ""
        return [self.row(record, refused) for record in page.rows], url, claiming

    def counting(self) -> Query:
        """Return the question how many lie here, as far as a page counts."""
        return Query(pool=self.code, count_up_to=COUNTED_IN_COLUMN + 1)

    def sorts(self, sort: str) -> list[dict[str, object]]:
        """Return the orders to choose from."""
        t = self.speech.t
        offered = [("", t("Best first"))] if self.body and self.body.sort else []
        offered += [("-created_at", t("Newest first")), ("created_at", t("Oldest first"))]
        base = f"/pools/{self.code}"
        return [
            {
                "label": label,
                "href": f"{base}?sort={code}" if code else base,
                "current": code == sort,
            }
            for code, label in offered
        ]


def all_pools(asked: Asked) -> list[PoolPage]:
    """Return the pools that the reader may look into."""
    reads, ctx, model = asked.site.reads, asked.ctx, asked.model
    return [
        PoolPage(asked, spec, pool)
        for code, spec in model.objects.items()
        if spec.pools and access_to(model, ctx.actor, code).may_read
        for pool in reads.pools(ctx, model, code)
    ]


def pool_of(asked: Asked, code: str) -> PoolPage:
    """Return a pool by its code. Raises RefusedError (404) for one that is not there for this reader."""
    found = next((pool for pool in all_pools(asked) if pool.code == code), None)
    if found is None:
        raise not_there()
    return found


@PAGE.get("/pools")
def first_pool() -> Response:
    """Lead to the first pool."""
    asked = the_call()
    pools = all_pools(asked)
    if not pools:
        raise not_there()
    return drawing.go(asked, f"/pools/{pools[0].code}")


@PAGE.get("/pools/<code>")
def pool_page(code: str) -> Response:
    """Show a pool, or more of its records."""
    asked = the_call()
    pool, sort = pool_of(asked, code), request.args.get("sort", "")
    rows, more_url, claiming = pool.rows(request.args.get("after", ""), sort)
    if drawing.wanted_block() == "more":
        return drawing.page(asked, "pool", {"rows": rows, "more_url": more_url})
    reads, t = asked.site.reads, pool.speech.t
    listed = [
        {
            "label": one.label,
            "href": f"/pools/{one.code}",
            "count": reads.count(asked.ctx, asked.model, one.spec.code, one.counting()),
            "current": one.code == code,
        }
        for one in all_pools(asked)
    ]
    count = next(int(str(one["count"])) for one in listed if one["current"])
    for one in listed:
        one["count"] = counted(int(str(one["count"])), COUNTED_IN_COLUMN)
    context = {
        "pool": {"label": pool.label, "icon": "waves"},
        "pools": listed,
        "quota": pool.quota(claiming),
        "sorts": pool.sorts(sort),
        "filters": [],
        "rows": rows,
        "more_url": more_url,
        "total_text": pool.speech.t("One record in this pool")
        if count == 1
        else t("{n} records in this pool", n=counted(count, COUNTED_IN_COLUMN)),
        "empty": {
            "title": t("The pool is empty"),
            "text": t("Records that nobody owns appear here."),
        },
    }
    return drawing.page(asked, "pool", context)


@PAGE.post("/pools/<code>/claim/<record_id>")
def claim(code: str, record_id: str) -> Response:
    """Claim a record for the reader; the answer is its row, won or lost."""
    asked = the_call()
    pool, site = pool_of(asked, code), asked.site
    before = site.reads.get(asked.ctx, asked.model, pool.spec.code, record_id, pool.query())
    call = Call(asked.ctx, asked.model, pool.spec.code, record_id, {}, site.reads, site.writes)
    try:
        result = run(site.vocabulary.actions, CLAIM, call)
    except RefusedError as error:
        if before is None and error.status == 404:  # noqa: PLR2004 - not found
            raise
        return _lost(pool, record_id, before, error)
    badges.forget(asked)
    return _won(pool, record_id, result.message.text(asked.language))


def _won(pool: PoolPage, record_id: str, message: str) -> Response:
    asked = pool.asked
    query = Query(titles=True)
    record = asked.site.reads.get(asked.ctx, asked.model, pool.spec.code, record_id, query)
    if record is None:
        # Claimed, yet not to be seen with this person's scope: say so without showing it.
        return drawing.done({"toast": {"text": message}})
    href = f"/o/{pool.spec.code}/{record.id}"
    row = pool.row(record, {}) | {"taken": message, "mine": True, "href": href}
    phones = [code for code, field in pool.spec.fields.items() if field.type.name == "phone"]
    number = next((record.values[code] for code in phones if record.values.get(code)), None)
    if isinstance(number, str):
        row["call_url"] = f"tel:{number}"
    toast = {"text": message, "href": href, "label": pool.speech.t("Open")}
    context = {"row": row, "quota": pool.quota(pool.claiming())}
    return drawing.fragment(asked, "pool_row", context, told={"toast": toast})


def _lost(pool: PoolPage, record_id: str, before: Record | None, error: RefusedError) -> Response:
    asked = pool.asked
    text = " ".join(told(problem, asked.language) for problem in error.problems)
    toast = {"toast": {"text": text, "tone": "warn"}}
    if before is None:
        title = pool.speech.t("Not in this pool any more")
        row: Row = {"id": record_id, "title": title, "who": {"initials": "·", "tone": "gray"}}
        row |= {"chips": [], "came": "", "claim_url": "", "taken": text}
    elif any(problem.code == "already_claimed" for problem in error.problems):
        row = pool.row(before, {}) | {"taken": text}
    else:
        row = pool.row(before, {record_id: error.problems[0]})
    context = {"row": row, "quota": pool.quota(pool.claiming())}
    return drawing.fragment(asked, "pool_row", context, told=toast)
