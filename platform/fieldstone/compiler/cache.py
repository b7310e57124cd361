"""Keeps compiled models by the content they were made from; safe to delete at any time."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import fieldstone
from fieldstone.base.lasting import garbage_waits
from fieldstone.model.site_model import Model

KEPT = 5  # models of earlier contents; the oldest go first
FORMAT = "1"


def key(digest: str, words: Sequence[object]) -> str:
    """Return the name of a model: its texts, the code that compiles them and the words that plugins add."""
    whole = sha256(f"{FORMAT} {sys.version} {digest}".encode())
    package = Path(fieldstone.__file__).parent
    modules = {_module_file(word) for word in words}
    for file in sorted({*package.rglob("*.py"), *(file for file in modules if file)}):
        status = file.stat()
        whole.update(f"{file} {status.st_mtime_ns} {status.st_size}\n".encode())
    return whole.hexdigest()


def _module_file(word: object) -> Path | None:
    """Return the file of the module that made a field type or a rule kind."""
    maker = getattr(word, "make", None) or getattr(word, "compile", None)
    found = import_module(maker.__module__).__file__ if maker is not None else None
    return Path(found) if found else None


def read(folder: Path, name: str) -> Model | None:
    """Return the kept model, None when there is none or it cannot be trusted or read."""
    file = folder / f"{name}.model"
    try:
        status = file.stat()
        # Whoever can write this file can run code as us: only our own is read.
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
            return None
        found = _loaded(file.read_bytes())
    except (
        OSError,
        EOFError,
        pickle.UnpicklingError,
        AttributeError,
        ImportError,
        IndexError,
        TypeError,
        ValueError,
    ):
        return None
    return found if isinstance(found, Model) else None


def _loaded(content: bytes) -> object:
    with garbage_waits():
        return pickle.loads(content)  # noqa: S301 - a file of our own, see `read`


def write(folder: Path, name: str, model: Model) -> None:
    """Keep a model; a folder that cannot be written to only costs time at the next start."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = folder / f"{name}.{os.getpid()}.part"
        partial.write_bytes(pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL))
        partial.chmod(0o600)
        partial.replace(folder / f"{name}.model")
        _drop_old(folder)
    except OSError:
        return


def _drop_old(folder: Path) -> None:
    models = sorted(folder.glob("*.model"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in models[KEPT:]:
        file.unlink(missing_ok=True)
