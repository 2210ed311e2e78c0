"""Data: drift, leakage and the schema, against what people look at them with."""

import json
import sys
from pathlib import Path

from cases import Bench
from measure import Cost, Finished, Invalid, alternate, expect, run
from table import Row, costs, memory, seconds, versus

PEERS = Path(__file__).parent / "peers" / "data.py"
JUDGES = Path(__file__).parent.parent / "target" / "judges" / "bin" / "python"
DRIFTED = {"n0", "n1", "c0"}


def peer(bench: Bench, *words: object, python: str | Path = sys.executable) -> Finished:
    return expect(run([python, PEERS, *words], bench.work, bench.env()), f"the peer {words[0]}")


def made(bench: Bench, rows: int) -> list[Path]:
    """The reference and the current data, made once."""
    files = [bench.work / f"{name}-{rows}.csv" for name in ("reference", "current")]
    if not all(file.exists() for file in files):
        peer(bench, "make", rows, *files)
    return files


def drifted(bench: Bench, files: list[Path], *flags: str) -> Finished:
    words = ["data", "drift", *map(str, files), "--format", "json", *flags]
    return bench.modelgate(bench.work, *words)


def drift(bench: Bench) -> list[Row]:
    """The drift of 1,000,000 rows of 20 columns a side, out of CSV files of 174 MB each."""
    files = made(bench, 1_000_000)
    said = json.loads(expect(drifted(bench, files), "modelgate data drift").stdout)
    found = {column["column"] for column in said["columns"] if column["drifted"]}
    if found != DRIFTED:
        raise Invalid(f"{sorted(found)} have drifted, and not {sorted(DRIFTED)}")
    us, scipy = alternate(bench.runs, lambda: drifted(bench, files), lambda: peer(bench, "scipy", *files))
    [evidently] = alternate(1, lambda: peer(bench, "evidently", *files, python=JUDGES))
    rows = costs("drift, 1M x 20 a side, Evidently", us, evidently, 60, "cpu")
    rows += costs("drift, 1M x 20 a side, SciPy", us, scipy, 4, "cpu")
    return [*rows, Row("drift: peak RSS", memory(us.rss), goal="< 300 MB", met=us.rss < 300_000_000)]


def project(bench: Bench, name: str, data: str) -> Path:
    root = bench.project(f"data-{name}")
    (root / "modelgate.yml").write_text(f"""\
version: 1
model: bench
lint: {{ python: [] }}
data: {data}
evaluate: {{ run: "true", metrics: m.json }}
gate: {{ baseline: none, rules: {{ accuracy: {{ min: 0.5 }} }} }}
""")
    return root


def leakage(bench: Bench) -> list[Row]:
    """Which of 1,000,000 rows are among 1,000,000 others."""
    files = made(bench, 1_000_000)
    data = f"{{ sets: {{ train: {files[0]}, test: {files[1]} }}, leakage: {{ predicts: false }} }}"
    root = project(bench, "leakage", data)
    us, polars = alternate(
        bench.runs, lambda: expect(bench.modelgate(root, "data"), "modelgate data"),
        lambda: peer(bench, "leakage", *files),
    )
    rows = costs("leakage, 1M x 20 a side, polars", us, polars, 1, "cpu")
    rows[2] = versus(rows[2].what, us.rss, polars.rss, 4, memory)
    return rows


def schema(bench: Bench) -> list[Row]:
    """Ranges, values and nulls of 1,000,000 rows of 20 columns."""
    [file, _] = made(bench, 1_000_000)
    root = project(bench, "schema", f"{{ sets: {{ train: {file} }}, schema: data.schema.yml }}")
    numbers = "".join(f"  n{at}: {{ type: number, nulls: false, min: -100, max: 10000 }}\n" for at in range(15))
    plans = "[free, basic, pro, team, enterprise]"
    texts = "".join(f"  c{at}: {{ type: text, nulls: false, values: {plans} }}\n" for at in range(5))
    (root / "data.schema.yml").write_text(f"version: 1\ncolumns:\n{numbers}{texts}")
    us, pandera = alternate(
        bench.runs, lambda: expect(bench.modelgate(root, "data"), "modelgate data"),
        lambda: peer(bench, "pandera", file, python=JUDGES),
    )
    return costs("schema, 1M x 20, pandera", us, pandera, 1, "cpu")


def size(bench: Bench) -> list[Row]:
    """The drift of 1 and of 30 million rows a side, within the memory that it may take."""
    taken: dict[int, Cost] = {}
    for millions in (1, 30):
        files = made(bench, millions * 1_000_000)
        [taken[millions]] = alternate(1, lambda files=files: drifted(bench, files))
        if millions > 1:
            [file.unlink() for file in files]
    per_row = taken[30].cpu / 30 / taken[1].cpu
    least = 512_000_000 * 1.25
    return [
        Row("drift, 30M x 20 a side: CPU", seconds(taken[30].cpu)),
        Row("a row of 30M against one of 1M: CPU", f"{per_row:.2f}", goal="<= 1.5", met=per_row <= 1.5),
        Row("drift, 30M x 20 a side: peak RSS", memory(taken[30].rss), goal="budget", met=taken[30].rss <= least),
    ]


def threads(bench: Bench) -> list[Row]:
    """How much sooner the drift of 1,000,000 rows a side is known by two threads than by one."""
    files = made(bench, 1_000_000)
    words = [bench.binary, "data", "drift", *files, "--format", "json"]

    def by(count: int) -> Finished:
        env = bench.env(RAYON_NUM_THREADS=count)
        return expect(run(words, bench.work, env), "modelgate data drift", codes=(0, 11))

    one, two = alternate(bench.runs, lambda: by(1), lambda: by(2))
    sooner = one.wall / two.wall
    return [Row("drift, two threads against one: wall", f"{sooner:.2f}x", goal="1.7x", met=sooner >= 1.7)]


CASES = {"drift": drift, "leakage": leakage, "schema": schema, "threads": threads, "spill": size}
