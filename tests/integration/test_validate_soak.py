"""A fuzzer that sees which branches it reaches looks for a text over which `validate` fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GOOD = HERE.parent / "cases" / "good"
SECONDS = 120


@pytest.mark.slow
def test_no_text_makes_validate_fail(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for file in GOOD.glob("*.json"):
        if file.stat().st_size < 20_000:
            (corpus / file.name).write_bytes(file.read_bytes())
    options = [
        f"-max_total_time={SECONDS}",
        "-timeout=10",
        "-max_len=65536",
        "-print_final_stats=1",
    ]
    command = [sys.executable, str(HERE / "fuzz_validate.py"), str(corpus), *options]

    ended = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    runs = [line for line in ended.stderr.splitlines() if "number_of_executed_units" in line]
    assert int(runs[0].split()[-1]) > 1000
