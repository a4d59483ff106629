"""python -m pipelines.synth [NAME ...]: write definitions and asset manifests, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.definition.document import canonical
from pipelines.deploy import commands
from pipelines.deploy.errors import DONE, DeployError
from pipelines.deploy.models import Asset, Synthesis
from pipelines.deploy.synth import check_names, composition_names, synthesise

ROOT = Path(__file__).parents[1]

_EPILOG = """examples:
  python -m pipelines.synth    every pipeline, into build/
  python -m pipelines.synth house-price --env local --out /tmp/definitions
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_synth, _parser().parse_args(argv))


def _synth(options: argparse.Namespace) -> int:
    environment = commands.environment(options)
    check_names(options.names)
    for name in dict.fromkeys(options.names or composition_names()):
        for path in _write(synthesise(name, environment), options.out):
            print(path)
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.synth",
        description="Write each pipeline's definition and the manifest of its assets; needs no network.",
        epilog=_EPILOG,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all when left out")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build"),
        metavar="DIR",
        help="directory to write to (default: build)",
    )
    commands.add_env(parser)
    commands.add_quiet(parser)
    commands.add_suffix(parser)
    commands.add_debug(parser)
    return parser


def _write(synthesis: Synthesis, out: Path) -> tuple[Path, Path]:
    folder = out / synthesis.name
    definition, assets = folder / "definition.json", folder / "assets.json"
    manifest = canonical([_entry(asset) for asset in synthesis.assets])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        definition.write_text(synthesis.definition, encoding="utf-8")
        assets.write_text(manifest, encoding="utf-8")
    except OSError as error:
        raise DeployError(
            f"--out {out}: cannot write {error.filename}: {error.strerror}; choose another directory"
        ) from error
    return definition, assets


def _entry(asset: Asset) -> dict[str, str]:
    # Relative to the project: the manifest is the same in every checkout.
    inside = asset.path.is_relative_to(ROOT)
    file = asset.path.relative_to(ROOT).as_posix() if inside else asset.path.name
    return {"file": file, "uri": asset.uri}


if __name__ == "__main__":
    sys.exit(main())
