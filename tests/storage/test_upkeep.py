"""Files nobody needs any more are deleted."""

from __future__ import annotations

from datetime import timedelta

from fieldstone.base.ids import new_id
from fieldstone.storage.upkeep import clean_up
from fieldstone.storage.uploads import TO_IMPORT, StoredFile, Uploads
from tests.storage.builders import NOW, Site


def test_files_are_kept_as_long_as_somebody_may_need_them(site: Site) -> None:
    ages = {
        "leads.csv": (TO_IMPORT, new_id(), timedelta(days=31)),
        "fresh.csv": (TO_IMPORT, new_id(), timedelta(days=29)),
        "contract.pdf": ("contract", new_id(), timedelta(days=900)),
        "never-saved.pdf": ("contract", None, timedelta(days=3)),
        "being-typed.pdf": ("contract", None, timedelta(hours=3)),
    }
    with site.storage.connection() as connection:
        for name, (field, record, age) in ages.items():
            file = StoredFile(new_id(), "lead", record, field, name, "", 1, "", new_id(), NOW - age)
            Uploads(connection).add(file, b"x")

        gone = clean_up(connection, site.storage.dialect, NOW)

        left = connection.exec_driver_sql("SELECT name FROM fs_file").scalars().all()
    assert (gone["imported_files"], gone["orphaned_files"]) == (1, 1)
    assert sorted(left) == ["being-typed.pdf", "contract.pdf", "fresh.csv"]
