"""python -m pipelines.track EXECUTION: log an execution into the local MLflow store, once however often it is asked to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """\
`run` does it by itself in an environment with mlflow = "local" (SAGEMAKER_MLFLOW=local). Trainings and trials
are child runs with their metrics by round, artifacts are links, a registered model becomes a model version.

exit codes: 0 logged, or logged before; 1 it could not be; 2 wrong usage

examples:
  python -m pipelines.track house-price          its newest execution
  python -m pipelines.track abcdefghijkl
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_track, _parser().parse_args(argv))


def _track(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.output import print_document
    from pipelines.deploy.tracking.track_command import track_execution

    document = track_execution(environment, options.execution)
    if options.json:
        print_document(document)
        return DONE
    said = "Logged as" if document["new"] else "Logged before as"
    print(f"{said} run {document['run_id']}\nTo see it: {document['ui']}")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.track",
        description="Log a finished execution into the local MLflow store.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
