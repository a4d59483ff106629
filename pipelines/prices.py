"""python -m pipelines.prices [--refresh]: the prices that a plan's cost ceiling is made of."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE, UsageError

_EPILOG = """examples:
  python -m pipelines.prices
  python -m pipelines.prices --refresh --region eu-west-1
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_prices, _parser().parse_args(argv))


def _prices(options: argparse.Namespace) -> int:
    if options.url and not options.refresh:
        raise UsageError("--url is where --refresh reads; add --refresh")
    region = commands.environment(options).region
    # Not at the top: --help needs no network library.
    from pipelines.deploy.planning import prices

    table = prices.refresh(region, options.url) if options.refresh else prices.load(region)
    for kind, price in table.usd_an_hour.items():
        print(f"{kind:<20} {price:>10.4f}")
    if table.region != region:
        print(f"There are none of {region}; --refresh --region {region} reads them. These are:")
    print(f"USD an hour in {table.region} as of {table.as_of}; {table.source}")
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.prices",
        description="Show the prices of instances, or read them anew from AWS's public price list.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--refresh", action="store_true", help="read the price list; needs the network, no account"
    )
    parser.add_argument("--url", metavar="URL", help="a copy of the region's offer file")
    commands.add_env(parser)
    commands.add_quiet(parser)
    commands.add_debug(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
