"""The examples of docs/backfill.md are run: shards under xargs, GNU parallel, Slurm and Kubernetes; a Ray cluster."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backfill.archives import line_of, result_bytes, run, write_lines
from tests.invented import corpus

yaml = pytest.importorskip("yaml")  # Ray brings it
pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[2] / "docs" / "backfill.md"
PATIENCE = 300.0  # seconds for the shards to end on a loaded machine
AS_OF = "--as-of 2026-11-01"


def example(heading: str) -> str:
    """The first indented block below a line of the page."""
    below = DOCS.read_text(encoding="utf-8").partition(f"\n{heading}")[2].splitlines()
    first = next(at for at, line in enumerate(below) if line.startswith("    "))
    block = []
    for line in below[first:]:
        if line and not line.startswith("    "):
            break
        block.append(line[4:])
    return "\n".join(block).strip()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an archive, in which `cuttings` can be called."""
    (tmp_path / "warc").mkdir()
    write_lines(tmp_path / "warc" / "a.jsonl", map(line_of, corpus(8, seed=2)))
    program = tmp_path / "bin" / "cuttings"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pipelines "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def in_shell(command: str, place: Path, **variables: str) -> subprocess.Popen[bytes]:
    """Start a command as the page gives it, on the small archive."""
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    command = command.replace("--out", f"{AS_OF} --out")
    return subprocess.Popen(["sh", "-c", command], cwd=place, env={**os.environ, "PATH": path, **variables})


def check(place: Path) -> None:
    """The result of the shards is that of one process."""
    run(place / "once", place / "warc" / "a.jsonl", slice_articles=2000)
    assert result_bytes(place / "archive") == result_bytes(place / "once")


@pytest.mark.parametrize("tool", ["xargs", "parallel"])
def test_shards_of_one_machine(tool: str, place: Path) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    command = example("With xargs, which" if tool == "xargs" else "With GNU parallel")
    two = (
        command.replace("seq 0 7", "seq 0 1")
        .replace("-P 8", "-P 2")
        .replace("-j 8", "-j 2")
        .replace("}/8", "}/2")
    )
    assert two.count("2") >= 2
    assert in_shell(f"{two} --db desk.db", place).wait(PATIENCE) == 0
    check(place)
    with sqlite3.connect(place / "desk.db") as database:
        (articles,) = database.execute("SELECT count(*) FROM articles WHERE story_id IS NOT NULL").fetchone()
    database.close()
    assert articles > 20


@pytest.mark.parametrize("scheduler", ["Slurm", "Kubernetes"])
def test_shards_of_a_scheduler(scheduler: str, place: Path) -> None:
    if scheduler == "Slurm":
        variable, command = "SLURM_ARRAY_TASK_ID", f'srun() {{ "$@"; }}\n{example("With Slurm")}'
    else:
        job = yaml.safe_load(example("With Kubernetes"))
        variable = "JOB_COMPLETION_INDEX"
        container = job["spec"]["template"]["spec"]["containers"][0]
        assert container["command"] == ["sh", "-c"]
        (command,) = container["args"]
    command = re.sub(r"(_ID|_INDEX)/\d+", r"\1/2", command).replace("--workers 2", "--workers 1")
    command = re.sub(r"backfill \S+ --out \S+", "backfill warc/ --out archive", command)
    shards = [in_shell(command, place, **{variable: str(index)}) for index in range(2)]
    assert [shard.wait(PATIENCE) for shard in shards] == [0, 0]
    check(place)


def test_the_cluster_of_ray_is_one() -> None:
    providers = pytest.importorskip("ray.autoscaler._private.util")
    cluster = {
        "cluster_synced_files": [],
        **yaml.safe_load(example("A cluster that grows")),
    }  # `ray up` adds it
    providers.validate_config(cluster)  # by the schema that `ray up` uses
    with pytest.raises(Exception, match="max_worker"):
        providers.validate_config({"max_worker": 1, **cluster})
