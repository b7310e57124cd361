"""When Python looks for garbage."""

import gc

import pytest

from fieldstone.base.lasting import garbage_waits


def test_garbage_waits_until_the_last_block_has_ended() -> None:
    with garbage_waits():
        with garbage_waits():
            within = gc.isenabled()
        between = gc.isenabled()

    assert (within, between, gc.isenabled()) == (False, False, True)


def test_a_block_that_fails_leaves_the_search_as_it_was() -> None:
    with pytest.raises(ValueError, match="bad row"), garbage_waits():
        raise ValueError("bad row")

    assert gc.isenabled()


def test_where_nobody_looks_for_garbage_a_block_does_not_begin_with_it() -> None:
    gc.disable()
    try:
        with garbage_waits():
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()
