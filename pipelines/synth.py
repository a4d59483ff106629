"""python -m pipelines.synth [NAME ...] [--env ENV] [--out DIR]: write definitions and asset manifests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from params.environment import InvalidEnvironment, load
from pipelines.definition.document import canonical
from pipelines.deploy.errors import FAILED, DeployError
from pipelines.deploy.models import Asset, Synthesis
from pipelines.deploy.synth import composition_names, synthesise

ROOT = Path(__file__).parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    options = _parser().parse_args(argv)
    try:
        env = load(options.env)
        for name in options.names or composition_names():
            for path in _write(synthesise(name, env), options.out):
                print(path)
    except (DeployError, InvalidEnvironment, OSError) as error:
        if options.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, DeployError) else FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.synth", description="Write pipeline definitions, offline."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all when left out")
    parser.add_argument("--env", default="local", help="environment (default: local)")
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder (default: build)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _write(synthesis: Synthesis, out: Path) -> tuple[Path, Path]:
    folder = out / synthesis.name
    folder.mkdir(parents=True, exist_ok=True)
    definition, assets = folder / "definition.json", folder / "assets.json"
    definition.write_text(synthesis.definition, encoding="utf-8")
    assets.write_text(canonical([_entry(asset) for asset in synthesis.assets]), encoding="utf-8")
    return definition, assets


def _entry(asset: Asset) -> dict[str, str]:
    # Relative to the project: the manifest is the same in every checkout.
    inside = asset.path.is_relative_to(ROOT)
    file = asset.path.relative_to(ROOT).as_posix() if inside else asset.path.name
    return {"file": file, "uri": asset.uri}


if __name__ == "__main__":
    sys.exit(main())
