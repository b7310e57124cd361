"""The records for which a claim rule charged an account: what was claimed, kept or opened of a quota."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.reads.assigned import seen_among
from fieldstone.reads.sight import Sight
from fieldstone.rules.claim import claim_rule
from fieldstone.rules.claim_body import Claim, allowance_of, till_of, zone_of_policy
from fieldstone.rules.claim_quota import Allowance, Quota
from fieldstone.rules.contract import Rule
from fieldstone.storage.claim_ledger import ClaimLedger
from fieldstone.storage.facts import FactsReader


@dataclass(frozen=True)
class Account:
    """One account of a pool's claim rule: what it counts, over which period, and whose it is.

    `subject` is a person's id, or a group's or the pool's where the quota is one together.
    """

    counts: str
    period: str
    subject: str


@dataclass(frozen=True)
class Counted:
    """How many a number counts, and the ids of the records behind it that the reader may open."""

    count: int
    ids: tuple[str, ...]


def charged(sight: Sight, object_name: str, pool: str, account: Account) -> Counted | None:
    """Return what was charged to an account in its present period, the latest first; None for one that is not there."""
    rule = claim_rule(sight.model.rules_of(object_name), pool)
    quota = _quota(sight, rule, pool, account) if rule is not None else None
    if rule is None or quota is None or not isinstance(rule.body, Claim):
        return None
    facts = _facts(sight)
    since = quota.since(facts.now, zone_of_policy(rule, rule.body, facts))
    asked = (rule.code, quota.counts, account.subject, since)
    ids = ClaimLedger(sight.reader.connection, sight.reader.dialect).records(*asked)
    return Counted(facts.spent(*asked), tuple(seen_among(sight, object_name, ids)))


def together(sight: Sight, object_name: str, pool: str) -> tuple[tuple[str, Allowance], ...]:
    """Return the quotas that groups, or all who take from a pool, have in sum, each with its account."""
    rule = claim_rule(sight.model.rules_of(object_name), pool)
    if rule is None or not isinstance(rule.body, Claim):
        return ()
    facts = _facts(sight)
    zone = zone_of_policy(rule, rule.body, facts)
    shared = [one for one in rule.body.quotas if one.together]
    return tuple(
        (one.subject("", pool), allowance_of(rule, one, one.subject("", pool), zone, facts))
        for one in shared
    )


def _quota(sight: Sight, rule: Rule, pool: str, account: Account) -> Quota | None:
    """Return the quota by which an account is limited."""
    body, person = rule.body, account.subject
    quotas = body.quotas if isinstance(body, Claim) else ()
    shared = [one for one in quotas if one.together and one.subject("", pool) == person]
    if not shared:
        shared = [
            one.quota
            for one in till_of(rule, pool, person, _facts(sight)).allowances
            if not one.quota.together
        ]
    wanted = (account.counts, account.period)
    return next((one for one in shared if (one.counts, one.period) == wanted), None)


def _facts(sight: Sight) -> FactsReader:
    return FactsReader(sight.reader.connection, sight.tables, sight.ctx)
