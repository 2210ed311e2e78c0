"""How the results are printed."""

from dataclasses import dataclass

from measure import Cost, rss_floor

WIDTHS = (46, 11, 11, 9, 10, 8)


@dataclass(frozen=True)
class Row:
    """One result.

    `ratio` is the peer's cost over ours, so that more is better for us, and
    `met` is None where there is no goal.
    """

    what: str
    ours: str
    peer: str = "-"
    ratio: float | None = None
    goal: str = "-"
    met: bool | None = None


def versus(what: str, ours: float, peer: float, least: float | None, show) -> Row:
    """Ours against a peer; the goal is a ratio of at least `least`."""
    ratio = peer / ours
    return Row(
        what, show(ours), show(peer), ratio,
        "-" if least is None else f">= {least:.4g}x",
        None if least is None else ratio >= least,
    )


def costs(what: str, ours: Cost, peer: Cost, least: float | None, goal_on: str = "wall") -> list[Row]:
    """Wall time, CPU time and memory; the goal is on one of the three."""
    return [
        versus(f"{what}: {label}", getattr(ours, field), getattr(peer, field),
               least if field == goal_on else None, show)
        for label, field, show in (
            ("wall", "wall", seconds), ("CPU", "cpu", seconds), ("peak RSS", "rss", memory),
        )
    ]


def seconds(value: float) -> str:
    return f"{value * 1000:.2f} ms" if value < 1 else f"{value:.3f} s"


def memory(value: float) -> str:
    # At the floor, only a bound is known.
    bound = "<= " if value <= rss_floor() else ""
    return f"{bound}{value / 2**20:.1f} MiB"


def line(*cells: str) -> str:
    first, *rest = zip(cells, WIDTHS, strict=True)
    return first[0].ljust(first[1]) + "".join(cell.rjust(width + 2) for cell, width in rest)


def header() -> str:
    cells = line("what", "ours", "peer", "ratio", "goal", "")
    return f"{cells}\n{'-' * len(cells)}"


def show(row: Row) -> str:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}x"
    verdict = {None: "", True: "met", False: "missed"}[row.met]
    return line(row.what, row.ours, row.peer, ratio, row.goal, verdict)
