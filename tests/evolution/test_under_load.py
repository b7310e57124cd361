"""A change comes while others read and write: none of them fails, and none waits long."""

from __future__ import annotations

from bench.live_change import measure


def test_a_field_is_added_under_load_without_a_failed_request(database_url: str) -> None:
    taken, longest, count, failed = measure(database_url, 3_000)

    assert failed == []
    assert count > 0
    # On a quiet machine half of the target; a test machine is shared, and the bench measures.
    assert taken < 10
    assert longest < 5
