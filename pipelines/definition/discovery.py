"""Finds plugins: the concrete subclasses of a folder's base class, keyed by a class attribute."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


class DuplicatePlugin(Exception):
    """Two plugins claim one key."""


def find(package: ModuleType, base: type[T]) -> list[type[T]]:
    """Import every public module of `package` and return the concrete subclasses of `base` defined there, by name."""
    found: dict[str, type[T]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue  # the folder's contract and what its plugins share
        for candidate in vars(importlib.import_module(module.name)).values():
            if (
                (
                    inspect.isclass(candidate)
                    and issubclass(candidate, base)
                    and candidate.__module__ == module.name
                )
                and not inspect.isabstract(candidate)
                and candidate is not base
            ):
                found[candidate.__qualname__] = candidate
    return [found[name] for name in sorted(found)]


def by_key(plugins: Iterable[type[T]], attribute: str) -> dict[str, type[T]]:
    """Key plugins by a class attribute: a text, or a tuple of texts. Raises DuplicatePlugin."""
    keyed: dict[str, type[T]] = {}
    for plugin in plugins:
        keys = getattr(plugin, attribute)
        for key in (keys,) if isinstance(keys, str) else keys:
            if key in keyed:
                raise DuplicatePlugin(
                    f"'{key}' is claimed by {keyed[key].__module__} and {plugin.__module__}"
                )
            keyed[key] = plugin
    return keyed
