"""Run every benchmark, each in a process of its own, and print one table.

``make bench`` does so; ``ARGS="--quick"`` to see that they work, ``ARGS="--write"`` to keep the
figures in ``results/``, ``ARGS="--only slider"`` for one of them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.common import ROOT, cpu_name, machine

NAMES = (
    "watching",
    "probing",
    "images_per_second",
    "first_paint",
    "first_point",
    "slider",
    "drawing",
    "gradients",
    "lesions",
    "study",
    "sweep",
    "deep",
)
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--write", action="store_true", help="keep the figures in results/")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    arguments = parser.parse_args()
    described = machine()
    commit = described.pop("commit")
    print(f"{described['cpu']}, {described['cores']} cores, {described['memory_gb']} GB")
    reports, failed = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            file = Path(folder) / f"{name}.json"
            command = [sys.executable, "-m", f"tests.benchmarks.{name}", "--json", str(file)]
            command += ["--quick"] if arguments.quick else []
            if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
                reports.append(json.loads(file.read_text()) | {"commit": commit})
            else:
                failed.append(name)
    claims = [row for one in reports for row in one["rows"] if row["met"] is not None]
    missed = [row["name"] for row in claims if not row["met"]]
    print(f"\n{len(claims) - len(missed)} of {len(claims)} claims hold here.", *missed, sep="\n  ")
    if arguments.write:
        date = datetime.now(UTC).date().isoformat()
        cpu = re.sub(r"[^a-z0-9]+", "-", cpu_name().lower()).strip("-")
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{date}-{cpu}.json"
        if path.exists():  # of the same day: what was not measured again stays
            before = json.loads(path.read_text())["benchmarks"]
            measured = {report["benchmark"] for report in reports}
            reports += [report for report in before if report["benchmark"] not in measured]
            reports.sort(key=lambda report: NAMES.index(report["benchmark"]))
        path.write_text(json.dumps({"machine": described, "benchmarks": reports}, indent=1) + "\n")
        print(f"Written: {path.relative_to(ROOT)}")
    if failed:
        sys.exit(f"Without a result: {', '.join(failed)}")


if __name__ == "__main__":
    main()
