"""Which image families this machine can serve."""

from __future__ import annotations

import runtime.images
from pipelines.definition.algorithms._base import split_image
from runtime.api import ApiError
from runtime.discovery import by_key, find
from runtime.images._base import Image


class Catalog:
    """Image families by the repository names in their URIs."""

    def __init__(self, families: dict[str, type[Image]]) -> None:
        self._families = families

    @classmethod
    def discover(cls) -> Catalog:
        return cls(by_key(find(runtime.images, Image), "repositories"))

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(sorted(self._families))

    @property
    def preload(self) -> tuple[str, ...]:
        """What the fork server imports, each module once."""
        modules = (name for family in self._families.values() for name in family.preload)
        return tuple(dict.fromkeys(modules))

    def known(self, uri: str) -> bool:
        return split_image(uri)[0] in self._families

    def find(self, uri: str) -> type[Image]:
        """The family that serves an image. Raises ApiError that lists the families."""
        if not self.known(uri):
            raise ApiError("ValidationException", self.refusal([uri]))
        return self._families[split_image(uri)[0]]

    def refusal(self, uris: list[str]) -> str:
        """Why these images cannot run here, and which can."""
        listed = ", ".join(f"'{uri}'" for uri in uris)
        return (
            f"The local runtime cannot run the image {listed}. It has these image families: "
            f"{', '.join(self.repositories) or 'none'}."
        )
