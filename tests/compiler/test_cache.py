"""A compiled model is kept by the content it came from, and never trusted when that differs."""

import pickle
from dataclasses import replace

import pytest

from fieldstone.compiler import cache
from fieldstone.compiler.compile import compile_site
from tests.builders import USER, a_layer, field_types, rule_kinds

TEXT = 'object: lead\nfields: {name: text, n: {type: formula, returns: text, value: "lower(name)"}}'


def compiled(folder, text=TEXT, **more):
    return compile_site(
        [a_layer("core", USER, text)], field_types(), rule_kinds(), cache=folder, **more
    )


def kept(folder):
    return sorted(folder.glob("*.model"))


def test_the_second_start_reads_the_kept_model(tmp_path, monkeypatch):
    first = compiled(tmp_path / "cache")
    monkeypatch.setattr(
        "fieldstone.compiler.compile.load", lambda *_: pytest.fail("compiled again")
    )

    second = compiled(tmp_path / "cache")

    assert second == first
    assert second.digest == first.digest
    assert second.objects["lead"].fields["n"].formula.read_back("en")


def test_another_text_another_setting_or_other_code_is_another_model(tmp_path, monkeypatch):
    compiled(tmp_path)
    compiled(tmp_path, TEXT + "\nicon: star")
    compiled(tmp_path, defaults={"currency": "USD"})
    monkeypatch.setattr(cache, "FORMAT", "next")
    compiled(tmp_path)

    assert len(kept(tmp_path)) == 4


def test_a_damaged_file_is_compiled_anew(tmp_path):
    model = compiled(tmp_path)
    for damage in (b"", b"garbage", pickle.dumps("no model"), kept(tmp_path)[0].read_bytes()[:-20]):
        kept(tmp_path)[0].write_bytes(damage)

        assert compiled(tmp_path) == model


def test_a_file_that_others_may_write_to_is_not_read(tmp_path):
    model = compiled(tmp_path)
    file = kept(tmp_path)[0]
    file.write_bytes(pickle.dumps(replace(model, digest="planted")))
    file.chmod(0o666)

    assert compiled(tmp_path).digest == model.digest


def test_old_models_are_dropped(tmp_path):
    for number in range(8):
        compiled(tmp_path, TEXT + f"\nicon: star_{number}")

    assert len(kept(tmp_path)) == cache.KEPT


def test_a_folder_that_cannot_be_written_to_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("in the way")

    assert compiled(tmp_path / "file" / "cache").objects["lead"]
