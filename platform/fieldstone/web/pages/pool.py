"""The public pools: what lies in them, how much the reader may still take, and one click to claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request

from fieldstone.access.access import access_to
from fieldstone.actions.contract import Call
from fieldstone.actions.move_to_pool import targets_of
from fieldstone.actions.running import run
from fieldstone.base.cached import cached_property
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.model.objects import ObjectType
from fieldstone.reads.claiming import Claiming
from fieldstone.reads.pool_desk import PoolDesk
from fieldstone.reads.pool_signs import Sign
from fieldstone.reads.pools import Inside
from fieldstone.reads.query import COUNTED_IN_COLUMN, Query, Record, sort_from
from fieldstone.rules.pool_body import Pool
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages import badges, drawing
from fieldstone.web.pages.amounts import counted, short_time
from fieldstone.web.pages.cards import BEST_SCORE
from fieldstone.web.pages.people import initials, tone
from fieldstone.web.pages.pool_quota import Meters
from fieldstone.web.pages.subjects import is_company, not_there
from fieldstone.web.pages.values import Look
from fieldstone.web.pages.wording import told

PAGE = Blueprint("pool", __name__)
ROWS: Final = 30
MOST_CHIPS: Final = 4
SOON: Final = timedelta(days=30)
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

    @cached_property
    def inside(self) -> Inside:
        """Return how the reader looks into the pool."""
        asked = self.asked
        return asked.site.reads.inside(asked.ctx, asked.model, self.code, self.spec.code)

    @cached_property
    def desk(self) -> PoolDesk:
        """Return what may be asked of the pool."""
        asked = self.asked
        return PoolDesk(asked.site.reads, asked.ctx, asked.model, self.spec.code, self.code)

    @property
    def meters(self) -> Meters:
        """Return what draws the limits of the pool."""
        return Meters(self.asked, self.code)

    def claiming(self, ids: Sequence[str] = ()) -> Claiming:
        """Return what the reader may still take."""
        asked = self.asked
        return asked.site.reads.claiming(asked.ctx, asked.model, self.code, self.spec.code, ids)

    def quota(self, claiming: Claiming) -> dict[str, object]:
        """Return the line above the list."""
        return self.meters.line(claiming, self.asked.ctx.actor.id)

    def answer(self, row: Row) -> Row:
        """Return what pages/pool_row.html needs: the row as it is now, and the quota."""
        claiming = self.claiming()
        return {"row": row, "quota": self.quota(claiming), "picks": bool(self.verbs(claiming))}

    def query(self, **more: Any) -> Query:
        """Return the question for what lies in the pool."""
        return Query(pool=self.code, titles=True, **more)

    def row(self, record: Record, refused: Mapping[str, Problem], sign: Sign | None = None) -> Row:
        """Return one record as parts/pool.html draws it."""
        look, t = Look(self.asked), self.speech.t
        named = self.spec.title in record.values
        title = look.title(record) if named else t("Name shown when opened")
        cells = [look.cell(record, code) for code in self.shown if code in record.values]
        chips = [{"text": c["text"], "tone": c.get("tone", "gray")} for c in cells if c["text"]]
        who = {"initials": initials(title), "tone": tone(title), "org": is_company(self.spec)}
        row: Row = {
            "id": record.id,
            "title": title,
            "blind": not named,
            "who": who if named else {"initials": "?", "tone": "gray"},
            "chips": chips[:MOST_CHIPS],
            "came": self._came(record, sign),
            "claim_url": f"/pools/{self.code}/claim/{record.id}",
            "open_url": f"/pools/{self.code}/open/{record.id}",
        }
        if isinstance(score := record.values.get("score"), int):
            row["score"] = max(0, min(BEST_SCORE, score))
        if sign is not None and sign.why is not None:
            row["back"] = {"text": sign.why.text(self.asked.language), "times": self._times(record)}
        if sign is not None and (leaves := self._leaves(sign)):
            row["leaves"] = leaves
        if record.id in refused:
            row["why"] = told(refused[record.id], self.asked.language)
        return row

    def _times(self, record: Record) -> str:
        times = record.values.get("returns")
        if not isinstance(times, int) or times < 1:
            return ""
        return self.speech.tn("returned once", "returned {n} times", times)

    def _came(self, record: Record, sign: Sign | None) -> str:
        since: object = sign.since if sign is not None else None
        said = "in the pool for {time}"
        if since is None:
            since, said = record.values.get("created_at"), "created {time} ago"
        if not isinstance(since, datetime):
            return ""
        return self.speech.t(said, time=short_time(self.speech, self.asked.ctx.now - since))

    def _leaves(self, sign: Sign) -> str:
        """Return when a record moves on because nobody claims it, when that is soon."""
        if sign.leaves_at is None or sign.leaves_for is None:
            return ""
        left = sign.leaves_at - self.asked.ctx.now
        if not timedelta() < left < SOON:
            return ""
        to, time = sign.leaves_for.text(self.asked.language), short_time(self.speech, left)
        return self.speech.t("to {pool} in {time}", pool=to, time=time)

    def rows(self, cursor: str, sort: str) -> tuple[list[Row], str, Claiming]:
        """Return the rows from `cursor` on, where the next ones come from, and the quota."""
        asked = self.asked
        page = asked.site.reads.list(
            asked.ctx,
            asked.model,
            self.spec.code,
            self.query(limit=ROWS, cursor=cursor, sort=sort_from(sort)),
        )
        ids = [record.id for record in page.rows]
        claiming, signs = self.claiming(ids), self.desk.signs(ids)
        refused = claiming.refused
        if not claiming.may_claim:
            text = "Your roles do not let you claim from public pools."
            problem = Problem("forbidden", "claim", text, "Ask a manager to assign it.")
            refused = {record.id: problem for record in page.rows}
        more = f"&sort={sort}" if sort else ""
        after = page.next_cursor
        url = f"/pools/{self.code}?after={after}{more}" if after else ""
        rows = [self.row(record, refused, signs.get(record.id)) for record in page.rows]
        return rows, url, claiming

    def verbs(self, claiming: Claiming) -> list[Row]:
        """Return what may be done with several records at once."""
        t, found = self.speech.t, []
        if claiming.may_claim and not claiming.is_full:
            found.append({"name": "claim", "label": t("Claim"), "icon": "hand"})
        if self.inside.administers:
            if access_to(self.asked.model, self.asked.actor, self.spec.code).may_assign:
                found.append({"name": "assign", "label": t("Assign"), "icon": "user-round-check"})
            if targets_of(self.asked.model, self.spec.code, self.code):
                label = t("Move to another pool")
                found.append({"name": "move", "label": label, "icon": "waves"})
        return found

    def tabs(self, current: str) -> list[Row]:
        """Return the pages of the pool for those who look after it."""
        if not self.inside.administers:
            return []
        base, t = f"/pools/{self.code}", self.speech.t
        pages = [
            ("", "list", t("Records")),
            ("traffic", "trending-up", t("Traffic")),
            ("members", "users-round", t("Members")),
        ]
        return [
            {
                "label": label,
                "icon": icon,
                "href": f"{base}/{name}".rstrip("/"),
                "current": name == current,
            }
            for name, icon, label in pages
        ]

    def head(self, current: str) -> Row:
        """Return what stands above each page of the pool: its name, the other pools, its own pages."""
        asked, reads = self.asked, self.asked.site.reads
        listed = [
            {
                "label": one.label,
                "href": f"/pools/{one.code}" + (f"/{current}" if current else ""),
                "count": reads.count(asked.ctx, asked.model, one.spec.code, one.counting()),
                "current": one.code == self.code,
            }
            for one in all_pools(asked)
            if not current or one.inside.administers
        ]
        count = next(int(str(one["count"])) for one in listed if one["current"])
        for one in listed:
            one["count"] = counted(int(str(one["count"])), COUNTED_IN_COLUMN)
        return {
            "pool": {"label": self.label, "icon": "waves"},
            "pools": listed,
            "count": count,
            "tabs": self.tabs(current),
        }

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
        return drawing.page(
            asked,
            "pool",
            {"rows": rows, "more_url": more_url, "bulk": {"verbs": pool.verbs(claiming)}},
        )
    t, head = pool.speech.t, pool.head("")
    context = {
        **head,
        "quota": pool.quota(claiming),
        "sorts": pool.sorts(sort),
        "filters": [],
        "rows": rows,
        "more_url": more_url,
        "total_text": pool.speech.t("One record in this pool")
        if head["count"] == 1
        else t("{n} records in this pool", n=counted(head["count"], COUNTED_IN_COLUMN)),
        "bulk": {"action": f"/pools/{code}/bulk", "verbs": pool.verbs(claiming)},
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
    row.pop("open_url")
    phones = [code for code, field in pool.spec.fields.items() if field.type.name == "phone"]
    number = next((record.values[code] for code in phones if record.values.get(code)), None)
    if isinstance(number, str):
        row["call_url"] = f"tel:{number}"
    toast = {"text": message, "href": href, "label": pool.speech.t("Open")}
    context = pool.answer(row)
    return drawing.fragment(asked, "pool_row", context, told={"toast": toast, "dialog-close": True})


def _lost(pool: PoolPage, record_id: str, before: Record | None, error: RefusedError) -> Response:
    asked = pool.asked
    text = " ".join(told(problem, asked.language) for problem in error.problems)
    toast = {"toast": {"text": text, "tone": "warn"}, "dialog-close": True}
    if before is None:
        title = pool.speech.t("Not in this pool any more")
        row: Row = {"id": record_id, "title": title, "who": {"initials": "·", "tone": "gray"}}
        row |= {"chips": [], "came": "", "claim_url": "", "taken": text}
    elif any(problem.code == "already_claimed" for problem in error.problems):
        row = pool.row(before, {}) | {"taken": text}
    else:
        row = pool.row(before, {record_id: error.problems[0]})
    context = pool.answer(row)
    return drawing.fragment(asked, "pool_row", context, told=toast)
