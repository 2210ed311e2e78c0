"""Measure modelgate against the tools that its users would otherwise use.

    make bench
    target/bench-venv/bin/python benches/bench.py --runs 3 lint size

Every figure is the median of several runs, in which modelgate and its peer take
turns. A ratio is the peer's cost over ours: 20x is a twentieth of the cost. A
missed goal does not fail the benchmark; a measurement that is invalid does. Other
programs at work disturb the figures, so the machine's load is printed with them.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import cases
import data
import predictions
from cases import Bench, usable_cores
from measure import Invalid
from table import header, show

CASES = cases.CASES | predictions.CASES | data.CASES

BINARY = Path(__file__).parent.parent / "target" / "release" / "modelgate"


def main() -> int:
    options = parse()
    print(f"{usable_cores()} cores, {platform.platform()}, Python {platform.python_version()}, "
          f"median of {options.runs} runs, load {os.getloadavg()[0]:.2f}")
    print(header(), flush=True)
    invalid = False
    with tempfile.TemporaryDirectory(prefix="modelgate-bench-") as work:
        bench = Bench(options.binary.resolve(), options.runs, Path(work).resolve())
        for name in options.case or CASES:
            try:
                rows = CASES[name](bench)
            except Invalid as why:
                invalid = True
                print(f"{name}: invalid: {why}", flush=True)
                continue
            print("\n".join(show(row) for row in rows), flush=True)
    return int(invalid)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure modelgate against its peers.")
    parser.add_argument("case", nargs="*", help=f"some of: {', '.join(CASES)} (default: all)")
    parser.add_argument("--binary", type=Path, default=BINARY)
    parser.add_argument("--runs", type=int, default=7, help="of each command (default: 7)")
    options = parser.parse_args()
    if unknown := [name for name in options.case if name not in CASES]:
        parser.error(f"no such case: {', '.join(unknown)}")
    if not options.binary.is_file():
        parser.error(f"{options.binary} does not exist: cargo build --release makes it")
    return options


if __name__ == "__main__":
    sys.exit(main())
