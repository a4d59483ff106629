"""A Python environment of each job's own: what a job installs is gone with it, and never touches the runtime's.

It is a virtual environment made by hand (pip's own would take seconds): it begins empty, and sees every package of
the Python that runs the runtime.
"""

from __future__ import annotations

import re
import site
import sys
import sysconfig
from pathlib import Path

FOLDER = "env"
_PIP = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n'
# What pip says when an index does not have, or cannot be asked for, a requirement.
_UNMET = re.compile(r"^ERROR: No matching distribution found for (.+)$", re.MULTILINE)
_TAIL = 64 * 1024


def create_environment(root: Path) -> None:
    """Make it in `root`, the folder that stands for /opt/ml."""
    home = root / FOLDER
    interpreter = Path(sys.executable).resolve()
    (home / "bin").mkdir(parents=True)
    for name in ("python", "python3"):
        (home / "bin" / name).symlink_to(interpreter)
    for name in ("pip", "pip3"):
        (home / "bin" / name).write_text(_PIP)
        (home / "bin" / name).chmod(0o755)
    version = ".".join(str(part) for part in sys.version_info[:3])
    (home / "pyvenv.cfg").write_text(
        f"home = {interpreter.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    packages = packages_of(home)
    packages.mkdir(parents=True)
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "runtime.pth").write_text("\n".join(lines) + "\n")


def packages_of(environment: Path) -> Path:
    """Where an environment's own packages are."""
    return Path(sysconfig.get_path("purelib", "posix_prefix", {"base": environment.as_posix()}))


def unmet_requirement(log: Path) -> str:
    """A sentence about the requirement that pip could not get, from the end of a job's log; empty when there is none."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        found = _UNMET.findall(file.read().decode("utf-8", "replace"))
    if not found:
        return ""
    return (
        f"the requirement '{found[-1].strip()}' could not be installed: pip found it on no index that this machine's "
        "/etc/pip.conf or the job's own Environment (PIP_INDEX_URL) names. Packages that the runtime's Python has "
        "need no index"
    )
