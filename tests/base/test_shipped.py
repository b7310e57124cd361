"""Where the shipped folders are found."""

from pathlib import Path

import pytest

from fieldstone.base.shipped import shipped


def test_a_checkout_reads_its_own_top_level_folders():
    assert shipped("metadata") == Path(__file__).parents[2] / "metadata"


def test_a_folder_that_is_not_shipped_is_a_programming_error():
    with pytest.raises(ValueError, match="tests"):
        shipped("tests")
