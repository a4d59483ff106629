"""Shows a job folder as /opt/ml to this process alone, by a private mount namespace (Linux); and other namespaces."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
CONTAINER_ROOT = "/opt/ml"
_HOSTS = Path("/etc/hosts")
_NOBODY: Mapping[str, str] = MappingProxyType({})


class NamespaceRefused(OSError):
    """The system does not let this process have its own mounts."""


def enter(folder: Path, addresses: Mapping[str, str] = _NOBODY) -> None:
    """Make `folder` appear at /opt/ml, everything else in /opt stay. Call in a single-threaded process of its own.

    Nothing is created on the host: /opt becomes an empty file system that only this process and its children
    see, and each of its former entries is bound back in. `addresses` (name -> IP) join /etc/hosts in the same way.
    Raises NamespaceRefused.
    """
    if not sys.platform.startswith("linux") or not Path("/opt").is_dir():
        raise NamespaceRefused("private mounts need Linux and a folder /opt")
    _unshare(_CLONE_NEWNS)
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # Opened now: what another mount namespace opened cannot be bound.
    job = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    opt = os.open("/opt", os.O_RDONLY | os.O_DIRECTORY)
    entries = [entry for entry in os.scandir(opt) if entry.name != "ml"]
    _mount("none", "/opt", "tmpfs", 0)
    if addresses:
        _name_hosts(addresses)
    for entry in entries:
        _bind_back(opt, entry)
    Path(CONTAINER_ROOT).mkdir()
    _mount(f"/proc/self/fd/{job}", CONTAINER_ROOT, None, _MS_BIND | _MS_REC)
    os.close(job)
    os.close(opt)


def leave_network() -> None:
    """Put this single-threaded process into an empty network of its own. Raises NamespaceRefused."""
    if not sys.platform.startswith("linux"):
        raise NamespaceRefused("private networks need Linux")
    _unshare(_CLONE_NEWNET)


def join(file: int) -> None:
    """Enter the namespace that an open file of /proc stands for. Raises NamespaceRefused."""
    _check(_libc().setns(file, 0), "setns")


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel for this signal when the parent ends; elsewhere than on Linux, do nothing."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends; elsewhere than on Linux, do nothing."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@functools.cache
def available() -> bool:
    """Whether `enter` works here, found out in a child process. Call in a single-threaded process."""
    child = os.fork()
    if child == 0:
        try:
            enter(Path("/"))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _name_hosts(addresses: Mapping[str, str]) -> None:
    """Show /etc/hosts with more lines; a system without the file resolves names in its own way."""
    if not _HOSTS.is_file():
        return
    lines = "".join(f"\n{address}\t{name}" for name, address in addresses.items())
    extended = Path("/opt/hosts")
    extended.write_bytes(_HOSTS.read_bytes() + f"{lines}\n".encode())
    _mount(str(extended), str(_HOSTS), None, _MS_BIND)
    extended.unlink()  # the mount keeps it


def _bind_back(opt: int, entry: os.DirEntry[str]) -> None:
    source = f"/proc/self/fd/{opt}/{entry.name}"
    target = Path("/opt", entry.name)
    if entry.is_symlink():
        target.symlink_to(Path(source).readlink())
        return
    if entry.is_dir():
        target.mkdir()
    else:
        target.touch()
    _mount(source, str(target), None, _MS_BIND | _MS_REC)


def _unshare(kind: int) -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0 and _libc().unshare(kind) == 0:
        return
    _check(_libc().unshare(kind | _CLONE_NEWUSER), "unshare")
    # Without these maps every file would seem to belong to nobody.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    arguments = [text.encode() if text is not None else None for text in (source, target, kind)]
    _check(_libc().mount(*arguments, ctypes.c_ulong(flags), None), f"mount {target}")


def _check(result: int, action: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise NamespaceRefused(number, f"{action}: {os.strerror(number)}")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
