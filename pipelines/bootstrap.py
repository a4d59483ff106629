"""python -m pipelines.bootstrap --env ENV: make, change or delete the infrastructure of one environment."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from params.environment import Environment
from pipelines.deploy import commands
from pipelines.deploy.bootstrap.inputs import variables
from pipelines.deploy.errors import UsageError

_EPILOG = """examples:
  python -m pipelines.bootstrap --env dev --plan    show what would be made
  python -m pipelines.bootstrap --env dev
  python -m pipelines.bootstrap --env dev --outputs    after somebody else has made it
  python -m pipelines.bootstrap --env dev --destroy
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed or declined, 2 usage."""
    return commands.run(_bootstrap, _parser().parse_args(argv))


def _bootstrap(options: argparse.Namespace) -> int:
    environment = commands.environment(options, variables=variables(options.env, os.environ))
    _refuse_local(environment)
    _check(options)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.bootstrap.bootstrapper import Options, bootstrap, destroy, fetch
    from pipelines.deploy.output import console, print_document

    work = destroy if options.destroy else fetch if options.outputs else bootstrap
    code, document = work(
        environment,
        Options(_confirmation(options), options.plan, options.delete_data),
        console(options),
    )
    if options.json:
        print_document(document)
    return code


def _check(options: argparse.Namespace) -> None:
    if options.delete_data and not options.destroy:
        raise UsageError("--delete-data deletes the bucket after its stack; add --destroy")
    if options.outputs and (options.destroy or options.plan):
        raise UsageError("--outputs changes nothing in AWS; leave --destroy and --plan out")
    if not (options.plan or options.outputs or options.yes) and (
        options.json or not sys.stdin.isatty()
    ):
        raise UsageError("there is nobody to ask; look with --plan, then add --yes")


def _refuse_local(environment: Environment) -> None:
    if environment.runtime is not None:
        raise UsageError(
            f"--env {environment.name}: it runs on this machine (`runtime` of its TOML is set) and "
            "has no infrastructure; name one that is in AWS"
        )


def _confirmation(options: argparse.Namespace) -> Callable[[str], bool]:
    def ask(question: str) -> bool:
        if options.yes:
            return True
        try:
            return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            return False

    return ask


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.bootstrap",
        description="Deploy the CloudFormation templates of infra/ for one environment, "
        "and write down what upsert needs to know of them.",
        epilog=_EPILOG,
    )
    parser.add_argument("--plan", action="store_true", help="show what would be done, and stop")
    parser.add_argument("--yes", action="store_true", help="run without asking")
    parser.add_argument(
        "--outputs", action="store_true", help="only write down what the stacks' outputs are"
    )
    parser.add_argument(
        "--destroy", action="store_true", help="delete the stacks; the bucket stays"
    )
    parser.add_argument(
        "--delete-data", action="store_true", help="with --destroy: the bucket with its data, too"
    )
    commands.add_common(parser, branches=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
