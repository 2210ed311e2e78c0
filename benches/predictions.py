"""The metrics of predictions, against what people compute them with."""

import json
import sys
from pathlib import Path

from cases import Bench
from measure import Cost, Finished, Invalid, alternate, expect, run
from table import Row, costs, memory, seconds, versus

PEERS = Path(__file__).parent / "peers" / "predictions.py"
FOUR = ("accuracy", "f1", "log_loss", "roc_auc")
RESAMPLES = 1000
# So many are enough to know what one of them costs.
PEER_RESAMPLES = {"resample": 10, "presorted": 100}


def peer(bench: Bench, *words: object) -> Finished:
    return expect(run([sys.executable, PEERS, *words], bench.work, bench.env()), f"the peer {words[0]}")


def made(bench: Bench, rows: int, *ends: str) -> list[Path]:
    """Files with the same predictions, made once."""
    files = [bench.work / f"predictions-{rows}.{end}" for end in ends]
    if missing := [file for file in files if not file.exists()]:
        peer(bench, "make", rows, *missing)
    return files


def project(bench: Bench, file: Path, more: str, ruled: str = "accuracy") -> Path:
    """A project that measures a file which lies in it, with a rule about one of the metrics."""
    root = bench.project(f"{file.name}-{len(list(bench.work.iterdir()))}")
    (root / file.name).hardlink_to(file)
    (root / "modelgate.yml").write_text(f"""\
version: 1
model: bench
lint: {{ python: [] }}
evaluate:
  predictions: {{ path: {file.name}, truth: y, predicted: y_hat, score: p, {more} }}
gate: {{ baseline: none, rules: {{ {ruled}: {{ min: 0.5 }} }} }}
""")
    return root


def evaluate(bench: Bench, root: Path) -> Finished:
    return expect(bench.modelgate(root, "evaluate", "--format", "json"), "modelgate evaluate")


def evidence(finished: Finished) -> dict:
    steps = json.loads(finished.stdout)["steps"]
    return next(step["evidence"] for step in steps if step["step"] == "evaluate")


def metrics(bench: Bench) -> list[Row]:
    """Four metrics of 10,000,000 rows, with intervals of all that have one, against scikit-learn."""
    files = made(bench, 10_000_000, "csv", "parquet")
    return [row for file in files for row in metrics_of(bench, file)]


def metrics_of(bench: Bench, file: Path) -> list[Row]:
    root = project(bench, file, f"metrics: [{', '.join(FOUR)}]")
    ours = evidence(evaluate(bench, root))["metrics"]
    theirs = json.loads(peer(bench, "pandas", file).stdout)
    for name in FOUR:
        if abs(ours[name] - theirs[name]) > 1e-12 * abs(theirs[name]):
            raise Invalid(f"{name} of {file.name}: {ours[name]} is not {theirs[name]}")
    us, pandas, polars = alternate(
        bench.runs, lambda: evaluate(bench, root), lambda: peer(bench, "pandas", file),
        lambda: peer(bench, "polars", file),
    )
    kind = file.suffix[1:]
    rows = costs(f"4 metrics, 10M rows, {kind}, pandas", us, pandas, 8, "cpu")
    if kind == "csv":
        rows[2] = versus(rows[2].what, us.rss, pandas.rss, 10, memory)
    return rows + costs(f"4 metrics, 10M rows, {kind}, polars", us, polars, None)


def bootstrap(bench: Bench) -> list[Row]:
    """1,000 resamples of the AUC of 1,000,000 rows, against scikit-learn and NumPy."""
    [file] = made(bench, 1_000_000, "parquet")
    asked = "metrics: [roc_auc]"
    more = [asked, f"{asked}, intervals: bootstrap, resamples: {RESAMPLES}"]
    roots = [project(bench, file, each, "roc_auc") for each in more]
    said = {
        name: json.loads(peer(bench, name, file, count).stdout) for name, count in PEER_RESAMPLES.items()
    }
    low, high = evidence(evaluate(bench, roots[1]))["predictions"]["estimates"]["roc_auc"]["interval"]
    wide = said["presorted"]["high"] - said["presorted"]["low"]
    if not 0.8 < (high - low) / wide < 1.25:
        raise Invalid(f"our interval is {high - low:.2e} wide, that of NumPy {wide:.2e}")
    without, with_it = alternate(bench.runs, *[lambda root=root: evaluate(bench, root) for root in roots])
    ours = max(with_it.wall - without.wall, 1e-9)
    goals = {"resample": ("scikit-learn", 100), "presorted": ("presorted NumPy", 10)}
    return [
        versus(f"{RESAMPLES} resamples of AUC, 1M rows, {whom}: wall", ours,
               said[name]["seconds"] * RESAMPLES, least, seconds)
        for name, (whom, least) in goals.items()
    ]


def growth(bench: Bench) -> list[Row]:
    """What streams, of 1, 10 and 50 million rows: linear in time, flat in memory."""
    taken: dict[int, Cost] = {}
    for millions in (1, 10, 50):
        [file] = made(bench, millions * 1_000_000, "csv")
        root = project(bench, file, "metrics: [accuracy, f1, log_loss]")
        [taken[millions]] = alternate(bench.runs, lambda root=root: evaluate(bench, root))
        file.unlink()
    ten, fifty = taken[10], taken[50]
    per_row = fifty.cpu / 5 / ten.cpu
    more = fifty.rss / ten.rss
    return [
        Row("3 streaming metrics, 50M rows: CPU", seconds(fifty.cpu)),
        Row("a row of 50M against one of 10M: CPU", f"{per_row:.2f}", goal="<= 1.15", met=per_row <= 1.15),
        Row("peak RSS of 1M rows", memory(taken[1].rss)),
        Row("peak RSS of 50M against 10M rows", f"{more:.2f}", goal="<= 1.15", met=more <= 1.15),
    ]


CASES = {"metrics": metrics, "bootstrap": bootstrap, "growth": growth}
