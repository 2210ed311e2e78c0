"""What is measured. Each case makes its own project, checks that both sides do
the work that they are measured on, and returns its rows."""

import json
import os
import shutil
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from measure import Finished, Invalid, alternate, expect, run
from table import Row, costs, memory, seconds, versus

MIB = 2**20
# Next to the Python that runs this: the virtual environment's.
BIN = Path(sys.executable).parent

GATE = """\
gate:
  baseline: none
  rules:
    accuracy: { min: 0.5 }
"""


@dataclass(frozen=True)
class Bench:
    """What every case needs."""

    binary: Path
    runs: int
    work: Path

    def project(self, name: str) -> Path:
        """An empty folder, outside every git repository."""
        path = self.work / name
        path.mkdir()
        return path

    def env(self, **more: object) -> dict[str, str]:
        """An environment without CI's variables, and with a home of its own."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return {
            **kept, "HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1",
            **{name: str(value) for name, value in more.items()},
        }

    def modelgate(self, cwd: Path, *words: object) -> Finished:
        return run([self.binary, *words], cwd, self.env())


def unchanged(bench: Bench) -> list[Row]:
    """A run in which nothing changed, over 10,000 inputs, against `dvc repro`."""
    dvc = peer_binary("dvc")
    ours, theirs = bench.project("unchanged-ours"), bench.project("unchanged-dvc")
    for root in (ours, theirs):
        write_small_files(root / "data", 10_000)
        (root / "scores.json").write_text('{"accuracy": 0.9}\n')

    (ours / "modelgate.yml").write_text(f"""\
version: 1
model: bench
train:
  run: cp data/00/0000.txt model.bin
  inputs: ["data/**"]
  outputs: [model.bin]
evaluate:
  run: cp scores.json metrics.json
  inputs: [scores.json]
  metrics: metrics.json
{GATE}""")
    (theirs / "dvc.yaml").write_text("""\
stages:
  train:
    cmd: cp data/00/0000.txt model.bin
    deps: [data]
    outs: [model.bin]
  evaluate:
    cmd: cp scores.json metrics.json
    deps: [scores.json, model.bin]
    metrics:
      - metrics.json:
          cache: false
""")
    # Neither may wait for the network, nor use what an earlier run left behind.
    env = bench.env(DVC_NO_ANALYTICS=1, DVC_SITE_CACHE_DIR=bench.work / "dvc-site")
    expect(run([dvc, "init", "--no-scm", "--quiet"], theirs, env), "dvc init")
    expect(run([dvc, "config", "core.check_update", "false"], theirs, env), "dvc config")

    def modelgate(outcome: str) -> Finished:
        finished = expect(bench.modelgate(ours, "run", "--format", "json"), "modelgate run")
        found = outcomes(finished)
        if found.get("train") != outcome:
            raise Invalid(f"train should be {outcome}: {found}")
        if outcome == "restored" and found.get("evaluate") != outcome:
            raise Invalid(f"evaluate should be {outcome}: {found}")
        return finished

    def repro(runs_train: bool) -> Finished:
        finished = expect(run([dvc, "repro"], theirs, env), "dvc repro")
        if ("Running stage 'train'" in finished.stdout) != runs_train:
            raise Invalid(f"dvc should{'' if runs_train else ' not'} have run train: {finished.stdout}")
        if not runs_train and "up to date" not in finished.stdout:
            raise Invalid(f"dvc did not say that it is up to date: {finished.stdout}")
        return finished

    modelgate("passed")
    repro(True)
    # Once more, unmeasured, so that both have every cache that they keep.
    modelgate("restored")
    repro(False)
    measured = alternate(bench.runs, lambda: modelgate("restored"), lambda: repro(False))
    # Skipping is worth nothing unless a change is seen.
    for root in (ours, theirs):
        (root / "data" / "42" / "4242.txt").write_text("changed\n")
    modelgate("passed")
    repro(True)
    return costs("10,000 unchanged inputs, dvc repro", *measured, least=20)


def lint(bench: Bench) -> list[Row]:
    """Syntax errors in some thousand real files, against ruff and compileall."""
    ruff, root = peer_binary("ruff"), bench.project("lint")
    tree, compiled_tree = root / "tree", bench.project("lint-compileall")
    # compileall gets a copy of its own, because it writes next to the sources. It
    # runs as it does by default, in one process; the CPU time tells how much of
    # the ratio is due to that.
    compile_all = [sys.executable, "-m", "compileall", "-f", "-q", compiled_tree]
    packages = Path(sysconfig.get_paths()["purelib"])
    copy_files(packages, sorted(packages.rglob("*.py")), compiled_tree)
    # Some packages carry broken files on purpose, as templates or for their
    # tests; what does not compile is left out for everyone.
    expect(run(compile_all, root, bench.env()), "compileall", (0, 1))
    for file in list(compiled_tree.rglob("*.py")):
        if not Path(cache_from_source(str(file))).exists():
            file.unlink()
    sources = sorted(compiled_tree.rglob("*.py"))
    copy_files(compiled_tree, sources, tree)
    count = len(sources)
    (root / "modelgate.yml").write_text(f"""\
version: 1
model: bench
lint:
  python: ["**/*.py"]
train:
  run: cp modelgate.yml model.bin
  outputs: [model.bin]
evaluate:
  run: cp scores.json metrics.json
  metrics: metrics.json
{GATE}""")
    # Without its exclusions, which leave out folders such as build and dist.
    ruff_check = [
        ruff, "check", "--select", "E9", "--no-cache", "--isolated",
        "--no-respect-gitignore", "--config", "exclude = []",
    ]

    def modelgate() -> Finished:
        return expect(bench.modelgate(root, "lint"), "modelgate lint")

    def check() -> Finished:
        return expect(run([*ruff_check, tree], root, bench.env()), "ruff check")

    def compile_() -> Finished:
        return expect(run(compile_all, root, bench.env()), "compileall")

    with planted(tree) as broken:
        found = modelgate_findings(
            expect(bench.modelgate(root, "lint", "--format", "json"), "modelgate lint", (11,)), root
        )
        if found != broken:
            raise Invalid(f"modelgate found {len(found)} broken files, not these {len(broken)}")
        finished = expect(
            run([*ruff_check, "--output-format", "json", tree], root, bench.env()), "ruff check", (1,)
        )
        found = {Path(item["filename"]).resolve() for item in json.loads(finished.stdout)}
        if found != broken:
            raise Invalid(f"ruff found {len(found)} broken files, not these {len(broken)}")

    # Not measured: the files are read from the disk once, and then from memory.
    modelgate()
    check()
    compile_()
    ours, by_ruff, by_python = alternate(bench.runs, modelgate, check, compile_)
    return [
        *costs(f"lint of {count:,} files, ruff", ours, by_ruff, least=1),
        *costs(f"lint of {count:,} files, compileall", ours, by_python, least=20),
    ]


def start(bench: Bench) -> list[Row]:
    """What it costs to start, as the CPU time of `--version`."""
    ruff, here = peer_binary("ruff"), bench.project("start")
    ours, peer = alternate(
        50,
        lambda: expect(bench.modelgate(here, "--version"), "modelgate --version"),
        lambda: expect(run([ruff, "--version"], here, bench.env()), "ruff --version"),
    )
    return [
        Row("--version, ruff: CPU", seconds(ours.cpu), seconds(peer.cpu), peer.cpu / ours.cpu,
            "< 5 ms", ours.cpu < 0.005),
        versus("--version, ruff: peak RSS", ours.rss, peer.rss, None, memory),
    ]


def hash_one(bench: Bench) -> list[Row]:
    """The digest of an input of 1 GiB, against openssl."""
    root = bench.project("hash-one")
    big = root / "big.bin"
    write_big_file(big, 1024)
    ours, peer = hashing(bench, root, [big])
    # Within 10 %: at most 1.1 times the peer's CPU time.
    return costs("SHA-256 of 1 GiB, openssl", ours, peer, least=1 / 1.1, goal_on="cpu")


def hash_many(bench: Bench) -> list[Row]:
    """The digests of 8 inputs of 128 MiB: are all cores at work?"""
    root = bench.project("hash-many")
    files = [root / f"big-{number}.bin" for number in range(8)]
    for file in files:
        write_big_file(file, 128)
    ours, peer = hashing(bench, root, files)
    busy, cores = ours.cpu / ours.wall, min(usable_cores(), len(files))
    # The rest is for starting, for the commands and for the other programs.
    least = 0.75 * cores if cores > 1 else 0.9
    return [
        *costs("SHA-256 of 8 x 128 MiB, openssl", ours, peer, least=None),
        Row(f"SHA-256 of 8 x 128 MiB: busy of {cores} cores", f"{busy:.2f}",
            goal=f">= {least:.4g}", met=busy >= least),
    ]


def size(bench: Bench) -> list[Row]:
    """The size of the release binary, next to that of ruff."""
    ours, peer = bench.binary.stat().st_size, peer_binary("ruff").stat().st_size
    return [versus("size of the binary, ruff", ours, peer, None, mebibytes)]


CASES = {
    "unchanged": unchanged,
    "lint": lint,
    "start": start,
    "hash-one": hash_one,
    "hash-many": hash_many,
    "size": size,
}


def hashing(bench: Bench, root: Path, files: list[Path]):
    """What modelgate and openssl pay for the digests of the same files."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Invalid("openssl is not installed")
    names = ", ".join(file.name for file in files)
    (root / "scores.json").write_text('{"accuracy": 0.9}\n')
    (root / "modelgate.yml").write_text(f"""\
version: 1
model: bench
train:
  run: cp scores.json model.bin
  inputs: [{names}]
  outputs: [model.bin]
evaluate:
  run: cp scores.json metrics.json
  inputs: [scores.json]
  metrics: metrics.json
{GATE}""")
    attempts = iter(range(10_000))

    def modelgate() -> Finished:
        # New times, a new folder for the run and a new home: no digest can be
        # remembered, neither by file nor by run.
        attempt = next(attempts)
        for file in files:
            os.utime(file)
        # What was written within the last two seconds is read again after the
        # commands, because its times cannot tell yet that it has not changed.
        time.sleep(2.5)
        env = bench.env(HOME=root / f"home-{attempt}")
        Path(env["HOME"]).mkdir()
        command = [bench.binary, "run", "--run", root / f"run-{attempt}"]
        return expect(run(command, root, env), "modelgate run")

    def dgst() -> Finished:
        return expect(run([openssl, "dgst", "-sha256", *files], root, bench.env()), "openssl dgst")

    modelgate()
    dgst()
    # The files were just written: let the disk finish before the cores are timed.
    os.sync()
    ours, peer = alternate(bench.runs, modelgate, dgst)
    if ours.cpu < peer.cpu / 2:
        raise Invalid(
            f"modelgate took {seconds(ours.cpu)} of CPU and openssl {seconds(peer.cpu)}: "
            "it cannot have read the files"
        )
    return ours, peer


def peer_binary(name: str) -> Path:
    path = BIN / name
    if not path.exists():
        raise Invalid(f"{name} is not installed next to {sys.executable}: run make bench")
    return path


def outcomes(finished: Finished) -> dict[str, str]:
    """The outcome of each step, from the record that modelgate printed."""
    return {step["step"]: step["outcome"] for step in json.loads(finished.stdout)["steps"]}


def modelgate_findings(finished: Finished, root: Path) -> set[Path]:
    """The files that have a finding, from the record that modelgate printed."""
    steps = json.loads(finished.stdout)["steps"]
    findings = [item for step in steps if step["step"] == "lint" for item in step["findings"]]
    return {(root / item["path"]).resolve() for item in findings}


class planted:
    """Broken files in 20 folders of a tree, for as long as the block runs.

    Who finds all of them has been in all corners of the tree.
    """

    def __init__(self, tree: Path):
        folders = sorted({file.parent for file in tree.rglob("*.py")})
        step = max(1, len(folders) // 20)
        self.files = {folder.resolve() / "planted_broken.py" for folder in folders[::step]}

    def __enter__(self) -> set[Path]:
        for file in self.files:
            file.write_text("def broken(:\n    pass\n")
        return self.files

    def __exit__(self, *_: object) -> None:
        for file in self.files:
            file.unlink()


def copy_files(root: Path, files: list[Path], target: Path) -> None:
    """Copy files to the same places below another folder."""
    for file in files:
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def write_small_files(folder: Path, count: int) -> None:
    """Files of one short line, in folders of a hundred."""
    for number in range(count):
        path = folder / f"{number // 100:02}" / f"{number:04}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"row {number}\n")


def write_big_file(path: Path, blocks: int) -> None:
    """Blocks of 1 MiB that do not compress, so that no file system stores less."""
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for _ in range(blocks):
            file.write(block)


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mebibytes(value: float) -> str:
    return f"{value / MIB:.1f} MiB"
