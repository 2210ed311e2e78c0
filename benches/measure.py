"""What a command costs: wall time, CPU time and peak memory."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The kernel counts in KiB, and that of macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Invalid(Exception):
    """A measurement that did not measure what it says."""


@dataclass(frozen=True)
class Cost:
    """Seconds, seconds and bytes, with the descendants that were waited for.

    `rss` is the largest single process of them, not their sum.
    """

    wall: float
    cpu: float
    rss: int


@dataclass(frozen=True)
class Finished:
    """A command that ended, what it cost and what it said."""

    cost: Cost
    code: int
    stdout: str
    stderr: str


def run(command: Sequence[object], cwd: Path, env: Mapping[str, str]) -> Finished:
    """Run a command to its end."""
    # Files, not pipes: a full pipe would make the command wait for us.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Finished(
            Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT),
            process.returncode,
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
        )


def expect(finished: Finished, what: str, codes: Sequence[int] = (0,)) -> Finished:
    """The same command, if it ended with one of `codes`."""
    if finished.code not in codes:
        said = (finished.stderr.strip() or finished.stdout.strip())[-600:]
        raise Invalid(f"{what} ended with code {finished.code}: {said}")
    return finished


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each kind of cost."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        int(statistics.median(cost.rss for cost in costs)),
    )


def alternate(runs: int, *commands: Callable[[], Finished]) -> list[Cost]:
    """The median cost of each command.

    The commands take turns, so that a machine that slows down slows all of them.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    for _ in range(runs):
        for command, taken in zip(commands, costs, strict=True):
            taken.append(command().cost)
    return [median(taken) for taken in costs]


def rss_floor() -> int:
    """Our own peak memory: what a command uses below it cannot be seen.

    A child counts the memory of its parent until it has become the command.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
