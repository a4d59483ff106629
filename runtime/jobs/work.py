"""What a job process does: train a built-in algorithm, or run an entry point as the container would."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from runtime.guard import sitecustomize
from runtime.images._base import AlgorithmFailure, ClientFailure, Image
from runtime.jobs.namespace import CONTAINER_ROOT
from runtime.jobs.python_environment import FOLDER as ENVIRONMENT
from runtime.jobs.python_environment import packages_of
from runtime.jobs.watch import Judge, Watch, WatchedOutput, stop_this_process

_PYTHONS = ("python", "python3")
# A script must find its own modules under these names, never ours.
_OWN_PACKAGES = ("runtime", "pipelines", "steps", "params")
_COMMAND_NOT_FOUND = 127
# How the training of an image family tells the job that the customer is at fault; a script's code means nothing.
CLIENT_ERROR = 2


def train(root: str, private: bool, image: str, watch: dict[str, Any] | None = None) -> int:
    """Run the training of an image family, named `module:class`; `watch` says when to stop it early."""
    if watch:
        stop = partial(stop_this_process, Path(root))
        sys.stdout = WatchedOutput(sys.stdout, Judge(Watch.read(watch)), stop)
    try:
        load_image(image).train(Path(root))
    except AlgorithmFailure as failure:
        print(failure, file=sys.stderr)
        write_failure(Path(root), str(failure))
        return CLIENT_ERROR if isinstance(failure, ClientFailure) else 1
    except Exception as error:
        # As the containers' own toolkit words it.
        write_failure(Path(root), f"framework error: \n{traceback.format_exc()}\n{error}")
        raise
    return 0


def run(root: str, private: bool, command: list[str]) -> int:
    """Run an entry point: a Python script in this warm process, anything else by exec."""
    if not private:
        command = [word.replace(CONTAINER_ROOT, root) for word in command]
        for name, value in os.environ.items():
            os.environ[name] = value.replace(CONTAINER_ROOT, root)
    home = Path(CONTAINER_ROOT if private else root)
    os.chdir(home / "code")
    if len(command) > 1 and Path(command[0]).name in _PYTHONS and not command[1].startswith("-"):
        sitecustomize.install()
        _enter_environment(home / ENVIRONMENT)
        return _run_script(command[1:])
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell: the service runs none either
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return _COMMAND_NOT_FOUND


def load_image(name: str) -> Image:
    module, _, class_name = name.partition(":")
    image: type[Image] = getattr(importlib.import_module(module), class_name)
    return image()


def image_name(image: type[Image]) -> str:
    """How a job process is told which family to load."""
    return f"{image.__module__}:{image.__qualname__}"


def write_failure(root: Path, text: str) -> None:
    """Leave the reason where the service looks for it."""
    output = root / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / "failure").write_text(text, encoding="utf-8")


def _run_script(argv: list[str]) -> int:
    script = Path(argv[0])
    _forget_own_packages(script)
    sys.argv = argv
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - as the interpreter treats what a script raises
        traceback.print_exception(_without_our_frames(error))
        return 1
    return 0


def _enter_environment(environment: Path) -> None:
    """Make this interpreter look like the one of the job's environment, for what it starts and what it installs."""
    sys.executable = str(environment / "bin" / "python")
    packages = str(packages_of(environment))
    shared = (at for at, path in enumerate(sys.path) if path.endswith("-packages"))
    sys.path.insert(next(shared, len(sys.path)), packages)


def _forget_own_packages(script: Path) -> None:
    own = str(Path(__file__).parents[2])
    sys.path[:] = [str(script.parent), *(path for path in sys.path if path not in ("", own))]
    for name in [name for name in sys.modules if name.partition(".")[0] in _OWN_PACKAGES]:
        del sys.modules[name]


def _without_our_frames(error: Exception) -> Exception:
    """The error with a traceback that begins in the script."""
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename in (__file__, runpy.__file__):
        frame = frame.tb_next
    while frame and frame.tb_frame.f_code.co_filename.startswith("<frozen"):
        frame = frame.tb_next
    return error.with_traceback(frame) if frame else error
