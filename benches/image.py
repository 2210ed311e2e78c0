"""Measure the build of an image against the docker client, on the same engine.

    DOCKER_HOST=unix:///var/run/docker.sock python3 benches/image.py --runs 5

Both build `COPY . /` of 20,000 small files (85 MB) and one of 500 MB beside 5,000
that are ignored. Each side has contents of its own, for the engine's cache goes by
contents; and a cold build has new ones each time. The client is docker 20.10 or
newer with BuildKit. Everything that is built carries the label modelgate-bench;
the engine's cache grows by some 600 MB a cold build and is left as it is.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Cost, Finished, Invalid, expect, median, run

BINARY = Path(__file__).parent.parent / "target" / "release" / "modelgate"
MIB = 2**20
# How much of the client's time ours may take; the memory in bytes.
GOALS = {"cold": 1.1, "unchanged": 1.0, "touched": 0.2, "one changed": 1.0}
MOST_MEMORY = 40 * MIB
CONFIG = """\
version: 1
model: bench
train: { run: "true", outputs: [Dockerfile] }
evaluate: { run: "true", metrics: metrics.json }
gate: { baseline: none, rules: { accuracy: { min: 0.5 } } }
image: { labels: { modelgate-bench: "1" } }
"""


def context(folder: Path, seed: str) -> None:
    """Fill a folder with contents that no other seed has."""
    chance = random.Random(seed)
    for number in range(20_000):
        file = folder / "src" / f"{number % 100:02}" / f"{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(4250))
    for number in range(5_000):
        file = folder / "ignored" / f"{number % 50:02}" / str(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 4000)
    with (folder / "model.bin").open("wb") as file:
        for _ in range(500):
            file.write(chance.randbytes(MIB))
    (folder / ".dockerignore").write_text("ignored\n")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (folder / "modelgate.yml").write_text(CONFIG)


class Side:
    """One of the two, with a context of its own."""

    def __init__(self, name: str, work: Path, command: list[object]) -> None:
        self.name, self.command, self.number = name, command, 0
        self.folder = work / name
        self.env = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
        self.env |= {"HOME": str(work), "DOCKER_BUILDKIT": "1"}

    def build(self) -> Finished:
        return expect(run(self.command, self.folder, self.env), f"the build by {self.name}")

    def renew(self) -> None:
        self.number += 1
        shutil.rmtree(self.folder, ignore_errors=True)
        context(self.folder, f"{self.name} {self.number} {os.getpid()}")
        os.sync()

    def touch(self) -> None:
        for file in self.folder.rglob("*"):
            if file.is_file() and ".modelgate" not in file.parts:
                os.utime(file)

    def change(self) -> None:
        self.number += 1
        (self.folder / "src" / "07" / "107.py").write_text(f"{self.name} {self.number} {os.getpid()}")


def measure(case: str, before: Callable[[Side], None], runs: int, sides: list[Side]) -> None:
    """Let the sides take turns, and print what it came to."""
    if not runs:
        return
    taken: dict[str, list[Cost]] = {side.name: [] for side in sides}
    for _ in range(runs):
        for side in sides:
            before(side)
            taken[side.name].append(side.build().cost)
    ours, theirs = (median(taken[side.name]) for side in sides)
    share = ours.wall / theirs.wall
    is_met = share <= GOALS[case] and ours.rss < MOST_MEMORY
    print(f"{case:<12} {ours.wall:6.2f} s  {theirs.wall:6.2f} s  {share:5.2f} (goal {GOALS[case]})  "
          f"{ours.rss / MIB:4.0f} MiB  {theirs.rss / MIB:4.0f} MiB  {'met' if is_met else 'missed'}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure builds against the docker client.")
    parser.add_argument("--binary", type=Path, default=BINARY)
    parser.add_argument("--client", default="/usr/bin/docker")
    parser.add_argument("--runs", type=int, default=5, help="of each build (default: 5)")
    parser.add_argument("--only", choices=GOALS, help="this case, after one cold build")
    options = parser.parse_args()
    runs = {case: options.runs if options.only in (None, case) else 0 for case in GOALS}
    runs["cold"] = max(runs["cold"], 1)
    print(f"median of {options.runs}, load {os.getloadavg()[0]:.2f}: modelgate, docker, their share, memory")
    with tempfile.TemporaryDirectory(prefix="modelgate-bench-") as work:
        docker = [options.client, "build", "--quiet", "--label", "modelgate-bench=1", "."]
        sides = [
            Side("modelgate", Path(work), [options.binary.resolve(), "image"]),
            Side("docker", Path(work), docker),
        ]
        try:
            measure("cold", Side.renew, runs["cold"], sides)
            measure("unchanged", lambda side: None, runs["unchanged"], sides)
            measure("touched", Side.touch, runs["touched"], sides)
            measure("one changed", Side.change, runs["one changed"], sides)
        except Invalid as why:
            print(f"invalid: {why}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
