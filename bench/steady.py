"""`python -m bench.steady`: one workspace graded many times; how many different verdicts?

Not a timing: there has to be one. The workspaces are a settled sidecar and the seeds' own exporter,
which is `nc` in a loop.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Series
from bench.workspace import ROOT, workspace
from grader.catalog import load_lab
from grader.judge.engine import judge
from grader.kube.collect import collect
from grader.kube.connection import Pool
from grader.kube.credentials import read_kubeconfig

if TYPE_CHECKING:
    from bench.workspace import Workspace
    from grader.judge.verdict import Verdict

CASES = {
    "sidecar-logging": ROOT / "bench" / "grade" / "settled.yaml",
    "exporter": ROOT
    / "labs"
    / "exporter"
    / "solutions"
    / "course-manifest"
    / "app-with-exporter.yaml",
}


def essence(verdict: Verdict) -> str:
    """What a learner would see decided: verdicts, codes and causes, not times and random names."""
    tasks = [
        (task.id, task.points, [(one.id, one.verdict, one.code) for one in task.checks])
        for task in verdict.tasks
    ]
    return str((verdict.score, tasks, [cause.code for cause in verdict.diagnoses]))


def grade_often(here: Workspace, slug: str, times: int) -> tuple[Counter[str], Series]:
    lab, target = load_lab(ROOT / "labs" / slug), read_kubeconfig(here.kubeconfig)
    pool, seen, series = Pool(target), Counter[str](), Series(slug)
    for _ in range(times):
        began = time.perf_counter()
        seen[essence(judge(lab, collect(lab, target, here.namespace, pool=pool)))] += 1
        series.seconds.append(time.perf_counter() - began)
    return seen, series


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.steady", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    different = 0
    for slug, manifests in CASES.items():
        with workspace(options.kubeconfig, manifests) as here:
            seen, series = grade_often(here, slug, options.times)
        print(series.row(series.median), f"{len(seen)} verdict(s) in {options.times} grades")
        for what, count in seen.most_common() if len(seen) > 1 else []:
            print(f"  {count:4} times {what}")
        different += len(seen) - 1
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
