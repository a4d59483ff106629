"""Which image families this machine can serve, and which images its user mapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import runtime.images
from pipelines.definition.algorithms._base import split_image
from pipelines.definition.discovery import by_key, find
from runtime.api import ApiError
from runtime.images._base import Image
from runtime.user_images import UserImage, read_user_images


class MappedImage(Image):
    """An image that the user mapped to a command; it takes entry points too, as any container does."""

    name = "a command of images.toml"
    repositories = ()
    runs_scripts = True


class Catalog:
    """Image families by the repository names in their URIs; the user's own patterns come first."""

    def __init__(self, families: Sequence[type[Image]], mapped: Sequence[UserImage] = ()) -> None:
        self._families = by_key(families, "repositories")
        self._by_name = by_key(families, "name")
        self.mapped = tuple(mapped)

    @classmethod
    def discover(cls, user_file: Path | None = None, *, required: bool = False) -> Catalog:
        """The families of `runtime.images` and the entries of a user's file. Raises ImagesFileInvalid."""
        families = find(runtime.images, Image)
        names = [family.name for family in families]
        if user_file is None:
            return cls(families)
        return cls(families, read_user_images(user_file, names, required=required))

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(sorted(self._families))

    @property
    def preload(self) -> tuple[str, ...]:
        """What the fork server imports, each module once."""
        modules = (name for family in self._families.values() for name in family.preload)
        return tuple(dict.fromkeys(modules))

    def known(self, uri: str) -> bool:
        return self._mapped(uri) is not None or split_image(uri)[0] in self._families

    def find(self, uri: str) -> type[Image]:
        """The family that serves an image. Raises ApiError that lists the families."""
        mapped = self._mapped(uri)
        if mapped is not None:
            return self._by_name[mapped.family] if mapped.family else MappedImage
        if not self.known(uri):
            raise ApiError("ValidationException", self.refusal([uri]))
        return self._families[split_image(uri)[0]]

    def command(self, uri: str) -> tuple[str, ...]:
        """The command that the user mapped an image to; empty when there is none."""
        mapped = self._mapped(uri)
        return mapped.command if mapped else ()

    def refusal(self, uris: list[str]) -> str:
        """Why these images cannot run here, and which can."""
        listed = ", ".join(f"'{uri}'" for uri in uris)
        return (
            f"The local runtime cannot run the image {listed}. It has these image families: "
            f"{', '.join(self.repositories) or 'none'}. To run it as one of them or as a command of "
            "yours, map it in images.toml (`python -m runtime images` shows how)."
        )

    def _mapped(self, uri: str) -> UserImage | None:
        return next((entry for entry in self.mapped if entry.fits(uri)), None)
