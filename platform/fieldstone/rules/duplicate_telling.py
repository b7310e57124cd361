"""Who is told of a duplicate: the owner of the record found, its feed; and what whoever enters it may learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Change, Draft, Effect, Operation
from fieldstone.rules.contract import Facts, Found, Verdict
from fieldstone.rules.merge import Merge
from fieldstone.rules.notices import message
from fieldstone.rules.wording import language_for, masked

NAMES = ("masked", "shown", "hidden")
UNNAMED = "***"


@dataclass(frozen=True)
class Feed:
    """How the feed of the record found is told: an activity that points to it."""

    object_name: str
    links: Mapping[str, str]  # object found -> lookup field of the activity
    values: Mapping[str, object]
    subject: str
    owner: str = ""  # the field that makes the owner of the record found the owner of the activity


@dataclass(frozen=True)
class Telling:
    """What is told to whom. `names` is for people who may not see the record found."""

    notify_owner: bool = False
    names: str = "masked"
    show_owner: bool = False

    def name(self, found: Found) -> str:
        """Return the name of the record found, as whoever enters a duplicate may read it."""
        if self.names == "hidden":
            return UNNAMED
        return found.title if self.names == "shown" else masked(found.title)

    def told(
        self,
        verdicts: Mapping[int, Verdict],
        drafts: Sequence[Draft],
        known: Mapping[str, Found],
        feed: Feed | None,
        facts: Facts,
    ) -> dict[int, Verdict]:
        """Return the verdicts with messages to the owners and feeds of the records found, each owner once per batch.

        A feed is written in the language of whose record it belongs to.
        """
        told: set[str] = set()
        found: dict[int, Verdict] = {}
        for place, verdict in verdicts.items():
            matched = {c.id: c.because for c in verdict.candidates if c.id in known}
            hits = [known[one] for one in matched]
            owner = drafts[place].row.get("owner")
            effects = []
            for hit in hits if self.notify_owner else ():
                if hit.owner is not None and hit.owner not in told and hit.owner != owner:
                    told.add(hit.owner)
                    effects.append(_notice(hit, drafts[place]))
            follow = () if verdict.problems else tuple(_feed_entries(feed, hits, matched, facts))
            found[place] = replace(
                verdict, effects=tuple(effects), follow=(*verdict.follow, *follow)
            )
        return found


def _feed_entries(
    feed: Feed | None, hits: Iterable[Found], matched: Mapping[str, Label], facts: Facts
) -> Iterable[Change]:
    for found in hits if feed is not None else ():
        if feed is not None and found.object_name in feed.links:
            yield Change(
                feed.object_name,
                Operation.CREATE,
                {
                    **feed.values,
                    **(
                        {
                            feed.subject: _arrived(
                                matched[found.record_id], language_for(found.owner, facts)
                            )
                        }
                        if feed.subject
                        else {}
                    ),
                    **({feed.owner: found.owner} if feed.owner and found.owner else {}),
                    feed.links[found.object_name]: found.record_id,
                },
                trusted=True,
            )


def joined_change(
    draft: Draft, found: Found, row: Mapping[str, object], merge: Merge
) -> tuple[Change, ...]:
    """Return the change by which a stored record takes over what a new one knows better, () for nothing."""
    values: dict[str, object] = {}
    for code, sent in draft.change.values.items():
        if code not in draft.values or code in ("owner", "pool"):
            continue
        value = merge.value(code, row, draft.row)
        if value != row.get(code):
            own = value == draft.row.get(code)
            values[code] = sent if own else (list(value) if isinstance(value, tuple) else value)
    if not values:
        return ()
    change = Change(
        found.object_name,
        Operation.UPDATE,
        values,
        found.record_id,
        action="merge",
        trusted=True,
        reason="merged",
    )
    return (change,)


def _notice(found: Found, draft: Draft) -> Effect:
    payload = message(
        draft,
        Label(
            f"A new entry matches your record {found.title}.",
            f"新录入的数据与您的“{found.title}”重复。",
        ),
        found={"object": found.object_name, "id": found.record_id},
    )
    return Effect("in_page", str(found.owner), "duplicate", payload)


def _arrived(shared: Label, language: str) -> str:
    """Return what stands in the feed; `shared` says what is the same."""
    said = Label(f"A new entry matches: {shared.en}", f"新录入的数据与此重复：{shared.text('zh')}")
    return said.text(language)
