"""Records what a composition reads of the machine while it composes: files, folders, process environment variables.

Not recorded are the project's own packages, Python, installed packages and the system's folders: the synth cache
knows those by their content or version.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipelines.deploy.offline import LEAKS
from pipelines.deploy.synth_cache import PACKAGES, ROOT

_STDLIB = sysconfig.get_path("stdlib")
_INSTALLED = (
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
    _STDLIB,
    sys.prefix,
    sys.base_prefix,
)
# Python's own modules, and what the machine says of itself.
_FOREIGN = (*_INSTALLED, "/proc/", "/dev/", "/sys/", "/usr/")
_IMPORTERS = ("<frozen importlib", f"{_STDLIB}/importlib/", f"{_STDLIB}/pkgutil.py")
_OWN = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)
# One for the process, like the hook: what a module reads when it is imported counts for every pipeline that
# finds it imported already.
_read: set[str] = set()
_recording = False
_hooked = False


@contextmanager
def recorded_reads() -> Iterator[set[str]]:
    """Yield the set that fills with `file:PATH`, `folder:PATH` and `variable:NAME` during the block."""
    global _recording, _hooked
    if not _hooked:
        sys.addaudithook(_audit)  # cannot be taken away again, only be told to rest
        _hooked = True
    environ = type(os.environ)
    before = environ.__getitem__

    def getitem(self: os._Environ[str], name: str) -> str:
        _variable(name, sys._getframe(1))
        return before(self, name)

    environ.__getitem__ = getitem  # type: ignore[method-assign]
    _recording = True
    try:
        yield _read
    finally:
        _recording = False
        environ.__getitem__ = before  # type: ignore[method-assign]


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _recording or event not in ("open", "os.listdir", "os.scandir"):
        return
    if event != "open":
        if not _foreign(sys._getframe(1)):
            _path("folder", "." if arguments[0] is None else arguments[0])
    elif not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        _path("file", arguments[0])


def _path(kind: str, given: Any) -> None:
    if isinstance(given, int):
        return
    path = os.path.abspath(os.fsdecode(given))  # noqa: PTH100 - resolve() would follow links
    if path.startswith((*_FOREIGN, *_OWN)):
        return
    if path.endswith(".pyc"):  # the import system looks at the source's date and opens only this
        path = importlib.util.source_from_cache(path) if "__pycache__" in path else path
    _read.add(f"{kind}:{path}")


def _variable(name: str, frame: FrameType | None) -> None:
    while frame is not None and frame.f_code.co_filename.startswith("<frozen "):
        frame = frame.f_back  # os.getenv, Mapping.get
    if frame is None or name.startswith(LEAKS):
        return  # hidden from a composition: it cannot depend on them
    if not frame.f_code.co_filename.startswith(_INSTALLED):
        _read.add(f"variable:{name}")


def _foreign(frame: FrameType | None) -> bool:
    """Whether a package or the import system looks into a folder, not the composition by way of a library."""
    while frame is not None and frame.f_code.co_filename.startswith((_STDLIB, "<frozen ")):
        if frame.f_code.co_filename.startswith(_IMPORTERS):
            return True
        frame = frame.f_back
    return frame is None or frame.f_code.co_filename.startswith(_INSTALLED)
