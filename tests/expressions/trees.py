"""Random, well-typed expressions as text."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

Text = st.SearchStrategy[str]

NUMBERS = st.one_of(
    st.sampled_from(
        ["budget", "spent", "rate", "score", "visits", "channel.cost", "owner.limit", "user.limit"]
    ),
    st.sampled_from(
        ["0", "1", "3", "0.01", "100000", "2.5", "0.3333333333", "-7", "12345678901234567890"]
    ),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["name", "company", "channel.name", "owner.region", "owner.manager.region", "user.region"]
    ),
    st.sampled_from(["''", "'a'", "'李'", "'%'", "'_'", "'Z'", "'ß'", "'学校'", "'😀'", "'\\''"]),
)
DATES = st.sampled_from(["due_on", "born_on", "today()", "'2026-03-08'"])
PLAIN_DATES = st.sampled_from(["due_on", "born_on", "today()"])
MOMENTS = st.sampled_from(["created_at", "last_activity_at", "now()"])
RECORDS = st.sampled_from(["owner", "user", "owner.manager", "user.manager"])
RELATIONS = ["==", "!=", "<", "<=", ">", ">="]
RELATION = st.sampled_from(RELATIONS)
EQUAL = st.sampled_from(["==", "!="])


def _calls(template: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda found: template.format(*found))


def _nested(base: Text, grow: Callable[[Text], Text], leaves: int = 4) -> Text:
    return st.recursive(base, grow, max_leaves=leaves)


def numbers() -> Text:
    texts = st.deferred(texts_of)
    base = st.one_of(
        NUMBERS,
        NUMBERS,
        _calls("length({})", texts),
        st.sampled_from(
            ["length(tags)", "filled(name, budget, tags, due_on, extra)", "filled(vip)"]
        ),
        _calls("{}_since({})", st.sampled_from(["days", "hours", "minutes"]), MOMENTS),
        _calls("days_since({})", PLAIN_DATES),
        _calls("days_between({}, {})", MOMENTS, MOMENTS),
        _calls("days_between({}, {})", PLAIN_DATES, PLAIN_DATES),
        _calls(
            "{}({})",
            st.sampled_from(["year", "month", "day", "weekday"]),
            st.one_of(PLAIN_DATES, MOMENTS),
        ),
        _calls("hour({})", st.one_of(MOMENTS, st.just("calls_at"))),
        st.sampled_from(
            [
                "count(activities)",
                "count(activities, kind == 'call')",
                "count(activities, not (minutes_spent > 5))",
                "sum(activities, cost)",
                "sum(activities, cost * minutes_spent, kind == 'call')",
                "avg(activities, cost)",
                "avg(activities, minutes_spent, owner.region == '华东')",
                "min(activities, cost)",
                "max(activities, minutes_spent + 1)",
                "max(activities, cost, done_at > '2026-03-09')",
            ]
        ),
    )

    def grow(inner: Text) -> Text:
        return st.one_of(
            _calls("({} {} {})", inner, st.sampled_from(["+", "-", "*", "/"]), inner),
            _calls("-{}", inner),
            _calls("{}({})", st.sampled_from(["round", "floor", "ceil", "abs"]), inner),
            _calls("round({}, {})", inner, st.sampled_from(["0", "2", "10", "score"])),
            _calls("coalesce({}, {})", inner, inner),
            _calls("{}({}, {}, {})", st.sampled_from(["min", "max"]), inner, inner, inner),
            _calls("if_({}, {}, {})", st.deferred(simple_conditions), inner, inner),
        )

    return _nested(base, grow)


def texts_of() -> Text:
    def grow(inner: Text) -> Text:
        return st.one_of(
            _calls("({} + {})", inner, inner),
            _calls("{}({})", st.sampled_from(["lower", "upper", "trim"]), inner),
            _calls("left({}, {})", inner, st.sampled_from(["0", "1", "-1", "score", "2.9"])),
            _calls("coalesce({}, {})", inner, inner),
            _calls("{}({}, {})", st.sampled_from(["min", "max"]), inner, inner),
            _calls("if_({}, {}, {})", st.deferred(simple_conditions), inner, inner),
        )

    base = st.one_of(
        TEXTS,
        TEXTS,
        st.sampled_from(["min(activities, note)", "max(activities, note, kind == 'visit')"]),
    )
    return _nested(base, grow)


def dates() -> Text:
    def grow(inner: Text) -> Text:
        return st.one_of(
            _calls(
                "add_days({}, {})", inner, st.one_of(NUMBERS, st.sampled_from(["99999", "800000"]))
            ),
            _calls("coalesce({}, {})", inner, inner),
            _calls("max({}, {})", inner, inner),
        )

    return _nested(st.one_of(PLAIN_DATES, _calls("date_of({})", MOMENTS)), grow, 3)


def moments() -> Text:
    def grow(inner: Text) -> Text:
        return st.one_of(
            _calls("add_{}({}, {})", st.sampled_from(["days", "hours", "minutes"]), inner, NUMBERS),
            _calls("({} {} {})", inner, st.sampled_from(["+", "-"]), st.deferred(spans)),
            _calls("coalesce({}, {})", inner, inner),
            _calls("min({}, {})", inner, inner),
        )

    return _nested(st.one_of(MOMENTS, st.just("max(activities, done_at)")), grow, 3)


def spans() -> Text:
    def grow(inner: Text) -> Text:
        return _calls("({} {} {})", inner, st.sampled_from(["+", "-"]), inner)

    base = st.one_of(
        st.just("effort"),
        _calls("({} - {})", MOMENTS, MOMENTS),
        _calls("{}({})", st.sampled_from(["days", "hours", "minutes"]), NUMBERS),
    )
    return _nested(base, grow, 3)


def simple_conditions() -> Text:
    return st.one_of(
        st.sampled_from(
            ["vip", "agreed", "vip == true", "vip != agreed", "filled(name)", "user.role('sales')"]
        ),
        _calls("{} {} {}", NUMBERS, RELATION, NUMBERS),
        _calls("{} {} {}", TEXTS, RELATION, TEXTS),
        _calls(
            "{} {} null",
            st.sampled_from(["name", "budget", "owner", "tags", "extra", "due_on", "channel.kind"]),
            EQUAL,
        ),
        _calls(
            "is_empty({})",
            st.sampled_from(["name", "members", "extra", "calls_at", "channel.name", "vip"]),
        ),
        _calls("stage {} '{}'", EQUAL, st.sampled_from(["new", "won"])),
        _calls("stage {} ['new', 'lost']", st.sampled_from(["in", "not in"])),
        _calls("score {} [1, 2, 2.5, 3]", st.sampled_from(["in", "not in"])),
        _calls(
            "{} {} tags",
            st.one_of(st.sampled_from(["'vip'", "name", "'a,b'", "'\"'"])),
            st.sampled_from(["in", "not in"]),
        ),
        _calls("{} {} members", RECORDS, st.sampled_from(["in", "not in"])),
        _calls("{} {} {}", RECORDS, EQUAL, RECORDS),
    )


def tests() -> Text:
    number, text, date, moment = numbers(), texts_of(), dates(), moments()
    count = st.sampled_from(["3", "0", "-1", "2.5", "0.25", "400000000"])
    return st.one_of(
        simple_conditions(),
        simple_conditions(),
        _calls("{} {} {}", number, RELATION, number),
        _calls("{} {} [{}, {}]", number, st.sampled_from(["in", "not in"]), number, NUMBERS),
        _calls("{} {} {}", text, RELATION, text),
        _calls("{} {} {}", date, RELATION, st.one_of(date, DATES)),
        _calls("{} {} {}", moment, RELATION, st.one_of(moment, dates(), DATES)),
        _calls("{} {} {}", spans(), RELATION, spans()),
        _calls("calls_at {} '{}'", RELATION, st.sampled_from(["09:30", "00:00"])),
        _calls("days_since({}) {} {}", st.one_of(PLAIN_DATES, MOMENTS), RELATION, count),
        _calls("{} {} hours_since({})", count, RELATION, MOMENTS),
        _calls("{}({}, {})", st.sampled_from(["contains", "starts_with", "ends_with"]), text, text),
        _calls("{}(name, {})", st.sampled_from(["contains", "starts_with", "ends_with"]), TEXTS),
        _calls("is_empty({})", st.one_of(number, text, date, moment)),
        st.sampled_from(
            [
                "any(activities, kind == 'call')",
                "all(activities, minutes_spent > 5)",
                "any(activities, not (cost > 5) and owner == user)",
                "all(activities, contains(note, 'a') or owner.region == '华东')",
                "1 < score <= 5",
                "(score > 1) == vip",
                "coalesce(vip, agreed, false)",
                "if_(vip, agreed, true)",
            ]
        ),
    )


def conditions() -> Text:
    def grow(inner: Text) -> Text:
        return st.one_of(
            _calls("({} and {})", inner, inner),
            _calls("({} or {})", inner, inner),
            _calls("not ({})", inner),
        )

    return _nested(tests(), grow, 5)


def values() -> Text:
    return st.one_of(numbers(), texts_of(), dates(), moments(), spans())
