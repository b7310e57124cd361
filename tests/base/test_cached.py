"""Values worked out once, without making other threads wait."""

from threading import Barrier, Thread

from fieldstone.base.cached import cached_property


class Desk:
    def __init__(self, meeting: Barrier | None = None):
        self.meeting = meeting
        self.calls = 0

    @cached_property
    def turn(self) -> int:
        """Say whose turn it is."""
        self.calls += 1
        if self.meeting is not None:
            self.meeting.wait(timeout=60)
        return 7


def test_a_value_is_worked_out_once():
    desk = Desk()

    assert (desk.turn, desk.turn, desk.calls) == (7, 7, 1)
    assert Desk.turn.__doc__ == "Say whose turn it is."


def test_two_threads_may_work_out_theirs_at_the_same_time():
    meeting = Barrier(2)
    desks = [Desk(meeting), Desk(meeting)]
    threads = [Thread(target=lambda desk=desk: desk.turn) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not meeting.broken
    assert [desk.calls for desk in desks] == [1, 1]
