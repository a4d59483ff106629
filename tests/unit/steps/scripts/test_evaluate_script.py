"""evaluate.py as a function: its metrics against scikit-learn's, its verdict, and what it refuses."""

from __future__ import annotations

import gzip
import io
import json
import math
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from steps.scripts import evaluate

ROWS = 120


@pytest.fixture(scope="module")
def booster() -> xgboost.Booster:
    features, label = _test_set()
    data = xgboost.DMatrix(features, label)
    return xgboost.train({"max_depth": 3, "nthread": 1, "base_score": 300.0}, data, 8)


def _test_set() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.RandomState(5)
    features = generator.normal(size=(ROWS, 3))
    return features, np.round(300 + 50 * features[:, 0] + 30 * features[:, 1] ** 2, 2)


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def artifact(booster: xgboost.Booster, name: str = "xgboost-model") -> bytes:
    return packed((tarfile.TarInfo(name), bytes(booster.save_raw("ubj"))))


class Job:
    """The folders of one processing job, good ones unless a test spoils them."""

    def __init__(self, root: Path, booster: xgboost.Booster) -> None:
        self.root = root
        self.features, self.label = _test_set()
        self.baseline = self.label + 20 * np.cos(np.arange(ROWS))
        self.tuned = booster.predict(xgboost.DMatrix(self.features)).astype(float)
        self.write("model/model.tar.gz", artifact(booster))
        rows = np.column_stack([self.label, self.features]).tolist()
        self.write("test/test.csv", "".join(",".join(map(repr, row)) + "\n" for row in rows))
        self.write("baseline/features.csv.out", self.scores())

    def scores(self) -> str:
        return "".join(json.dumps({"score": score}) + "\n" for score in self.baseline.tolist())

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def code(self, threshold: float = 1000.0, minimum: float = 0.0) -> int:
        arguments = [f"--{name}={self.root / name}" for name in ("model", "test", "baseline")]
        bars = [f"--rmse-threshold={threshold}", f"--minimum-improvement={minimum}"]
        return evaluate.main([*arguments, f"--output={self.root / 'evaluation'}", *bars])

    def report(self, threshold: float = 1000.0, minimum: float = 0.0) -> dict[str, Any]:
        assert self.code(threshold, minimum) == 0
        text = (self.root / "evaluation" / "evaluation.json").read_text()
        report: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
        return report


@pytest.fixture
def job(tmp_path: Path, booster: xgboost.Booster, message_file: Path) -> Job:
    return Job(tmp_path / "processing", booster)


@pytest.fixture
def refusal(job: Job, message_file: Path, capsys: Any) -> Callable[[], str]:
    """Run a job that must fail; give its sentence, the same on stderr and in the message file."""

    def refusal() -> str:
        assert job.code() == 1
        said = message_file.read_text(encoding="utf-8")
        assert capsys.readouterr().err == f"evaluate.py: {said}\n"
        assert "\n" not in said
        assert not (job.root / "evaluation").exists()
        return said

    return refusal


class TestReport:
    def test_both_models_get_scikit_learns_numbers(self, job: Job) -> None:
        report = job.report()
        for found, predictions in (
            (report["regression_metrics"], job.tuned),
            (report["baseline"]["regression_metrics"], job.baseline),
        ):
            expected = {
                "rmse": metrics.root_mean_squared_error(job.label, predictions),
                "mae": metrics.mean_absolute_error(job.label, predictions),
                "r2": metrics.r2_score(job.label, predictions),
                "mape": metrics.mean_absolute_percentage_error(job.label, predictions),
            }
            assert {name: one["value"] for name, one in found.items()} == pytest.approx(expected)

    def test_the_improvement_and_the_rows_are_told(self, job: Job) -> None:
        report = job.report()
        tuned, baseline = (
            part["regression_metrics"]["rmse"]["value"] for part in (report, report["baseline"])
        )
        assert report["improvement"] == 1 - tuned / baseline
        assert report["rows"] == ROWS
        assert report["rows_without_mape"] == 0

    def test_deviations_are_those_of_the_estimate(self, job: Job) -> None:
        """The mean absolute error's deviation has a formula: that of the errors over the root of n."""
        found = job.report()["baseline"]["regression_metrics"]["mae"]["standard_deviation"]
        errors = np.abs(job.baseline - job.label)
        assert found == pytest.approx(errors.std() / math.sqrt(ROWS), rel=0.2)

    def test_the_errors_are_told_from_low_to_high_labels(self, job: Job) -> None:
        report = job.report()
        for part, predictions in ((report, job.tuned), (report["baseline"], job.baseline)):
            errors = predictions - job.label
            assert part["error_percentiles"] == pytest.approx(
                np.percentile(errors, range(0, 101, 5))
            )
            tenths = part["error_by_decile"]
            assert [tenth["rows"] for tenth in tenths] == [ROWS // 10] * 10
            lowest = errors[np.argsort(job.label, kind="stable")[: ROWS // 10]]
            assert tenths[0]["mae"] == pytest.approx(np.abs(lowest).mean())
            assert tenths[0]["error_percentiles"][2] == pytest.approx(np.median(lowest))
            assert [tenths[0]["labels"][0], tenths[-1]["labels"][1]] == [
                job.label.min(),
                job.label.max(),
            ]

    def test_few_rows_make_fewer_tenths(self) -> None:
        label = np.array([3.0, 1.0, 2.0])
        tenths = evaluate.error_facts(label, label + 1)["error_by_decile"]
        assert [(tenth["rows"], tenth["labels"]) for tenth in tenths] == [
            (1, [1, 1]),
            (1, [2, 2]),
            (1, [3, 3]),
        ]

    def test_the_interval_of_the_improvement_is_about_pairs_of_errors(self, job: Job) -> None:
        report = job.report()
        low, high = report["improvement_interval"]
        assert low < report["improvement"] < high
        same = np.column_stack([job.baseline - job.label] * 2) ** 2
        assert evaluate.improvement_interval(same) == [0, 0]

    def test_importance_is_a_share_of_the_gain(self, job: Job) -> None:
        shares = job.report()["feature_importance"]
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["f0"] > shares["f1"] > shares.get("f2", 0)

    def test_a_linear_booster_has_no_importance(self, job: Job) -> None:
        data = xgboost.DMatrix(job.features, job.label)
        linear = xgboost.train({"booster": "gblinear", "nthread": 1}, data, 3)
        assert evaluate.importance(linear) == {}

    def test_the_same_inputs_give_the_same_bytes(self, job: Job) -> None:
        job.report()
        first = (job.root / "evaluation/evaluation.json").read_bytes()
        job.report()
        assert (job.root / "evaluation/evaluation.json").read_bytes() == first

    def test_rows_whose_label_is_0_have_no_percentage_error(self, job: Job) -> None:
        label = job.label.copy()
        label[:7] = 0
        rows = np.column_stack([label, job.features]).tolist()
        job.write("test/test.csv", "".join(",".join(map(repr, row)) + "\n" for row in rows))
        report = job.report()
        assert report["rows_without_mape"] == 7
        expected = metrics.mean_absolute_percentage_error(label[7:], job.tuned[7:])
        assert report["regression_metrics"]["mape"]["value"] == pytest.approx(expected)

    def test_equal_labels_leave_no_nan(self, job: Job) -> None:
        rows = np.column_stack([np.full(ROWS, 300.0), job.features]).tolist()
        job.write("test/test.csv", "".join(",".join(map(repr, row)) + "\n" for row in rows))
        assert job.report()["regression_metrics"]["r2"]["value"] == 0

    @pytest.mark.parametrize("form", ["json", "documents", "dots"])
    def test_a_baseline_in_json_or_an_archive_with_dots_is_read_too(
        self, form: str, job: Job, booster: xgboost.Booster
    ) -> None:
        expected = job.report()
        several = [{"score": score} for score in job.baseline.tolist()]
        documents = [{"predictions": several[:50]}, {"predictions": several[50:]}]
        if form == "json":
            job.write("baseline/features.csv.out", json.dumps({"predictions": several}, indent=1))
        elif form == "documents":
            job.write("baseline/features.csv.out", "".join(map(json.dumps, documents)))
        else:
            job.write("model/model.tar.gz", artifact(booster, "./xgboost-model"))
        assert job.report() == expected

    def test_a_table_is_printed(self, job: Job, capsys: pytest.CaptureFixture[str]) -> None:
        job.report()
        lines = capsys.readouterr().out.splitlines()
        first = [line.split()[0] for line in lines]
        assert first == ["120", "tuned", "rmse", "mae", "r2", "mape", "improvement"]


class TestVerdict:
    """`passed` is what the pipeline's condition finds; the message names the bars that were missed."""

    def verdict(self, rmse: float, baseline: float, threshold: float, minimum: float) -> Any:
        report = {
            "regression_metrics": {"rmse": {"value": rmse}},
            "baseline": {"regression_metrics": {"rmse": {"value": baseline}}},
            "improvement": 1 - rmse / baseline,
        }
        return evaluate.judge(report, threshold, minimum)

    @pytest.mark.parametrize(
        ("numbers", "passed", "message"),
        [
            (
                (47213.4, 71643, 60000, 0.05),
                True,
                "tuned RMSE 47,213 is below RmseThreshold 60,000 and 34.1 % better than the "
                "baseline's 71,643",
            ),
            (
                (47213.4, 71643, 10000, 0.05),
                False,
                "tuned RMSE 47,213 is not below RmseThreshold 10,000",
            ),
            (
                (67830, 70000, 90000, 0.05),
                False,
                "improvement 3.1 % over the baseline's RMSE 70,000 is not above MinimumImprovement 5.0 %",
            ),
            (
                (0.5, 0.4, 0.15, 0.05),
                False,
                "tuned RMSE 0.5 is not below RmseThreshold 0.15 and improvement -25.0 % over the "
                "baseline's RMSE 0.4 is not above MinimumImprovement 5.0 %",
            ),
            (
                (60000, 80000, 60000, 0.05),
                False,
                "tuned RMSE 60,000 is not below RmseThreshold 60,000",
            ),
            (
                (60000.2, 80000, 60000, 0.05),
                False,
                "tuned RMSE 60000.2 is not below RmseThreshold 60000",
            ),
        ],
    )
    def test_the_message_names_the_number_and_the_bar(
        self, numbers: tuple[float, ...], passed: bool, message: str
    ) -> None:
        assert self.verdict(*numbers) == {"passed": passed, "message": message}

    @given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(-1, 1))
    def test_it_agrees_with_the_condition(
        self, rmse: float, baseline: float, threshold: float, minimum: float
    ) -> None:
        improvement = 1 - rmse / baseline
        verdict = self.verdict(rmse, baseline, threshold, minimum)
        assert verdict["passed"] is (rmse < threshold and improvement > minimum)
        assert ("RmseThreshold" in verdict["message"]) is (rmse >= threshold or verdict["passed"])
        assert ("MinimumImprovement" in verdict["message"]) is (improvement <= minimum)

    def test_the_job_itself_succeeds_when_a_bar_is_missed(self, job: Job) -> None:
        """The condition step decides, so that the report is there to be read."""
        quality = job.report(threshold=0.001)["quality"]
        assert quality["passed"] is False
        assert "is not below RmseThreshold 0.001" in quality["message"]


class TestBadTestRows:
    @pytest.mark.parametrize(
        ("content", "parts"),
        [
            ("price,area\n1,2\n", ["test.csv, line 1", "'price'", "without a header"]),
            ("1,2,3,4\n1,2,3\n", ["test.csv, line 2", "3 fields", "4"]),
            ("1,2,nan,4\n", ["test.csv, line 1", "not finite"]),
            ("1,2,3,4\n\n", ["test.csv, line 2"]),
            ("1,2,3,4\n", ["1 rows of 4 fields", "2 rows"]),
            ("1\n2\n", ["2 rows of 1 fields"]),
            ("", ["0 rows"]),
            (b"\xff\xfe", ["test.csv", "UTF-8"]),
            ("0,1,2,3\n" * ROWS, ["every label is 0"]),
            ("1,2,3\n" * ROWS, ["the model takes 3 features, a row has 2"]),
        ],
    )
    def test_they_are_told(self, content: Any, parts: list[str], job: Job, refusal: Any) -> None:
        job.write("test/test.csv", content)
        said = refusal()
        assert [part for part in parts if part not in said] == []

    def test_a_folder_without_rows_is_told(self, job: Job, refusal: Any) -> None:
        (job.root / "test/test.csv").unlink()
        assert "holds no file *.csv" in refusal()


class TestBadBaseline:
    def test_too_few_predictions_are_counted(self, job: Job, refusal: Any) -> None:
        job.write("baseline/features.csv.out", "".join(job.scores().splitlines(keepends=True)[1:]))
        assert "119 predictions for 120 test rows" in refusal()

    @pytest.mark.parametrize(
        ("line", "parts"),
        [
            ("oops", ["line 3", "'oops", "no JSON"]),
            ("[" * 5000, ["line 3", "no JSON"]),
            ('{"predicted_label": 1}', ["prediction 3", "predicted_label", "score"]),
            ('{"score": [1, 2]}', ["prediction 3", "score"]),
            ('{"score": true}', ["prediction 3", "score"]),
            ('{"score": NaN}', ["prediction 3", "not finite"]),
            ('{"score": 1' + "0" * 400 + "}", ["prediction 3", "not finite"]),
            ("12.5", ["prediction 3", "score"]),
            ('{"predictions": 5}', ["prediction 3", "score"]),
        ],
    )
    def test_a_line_that_is_no_score_is_told(
        self, line: str, parts: list[str], job: Job, refusal: Any
    ) -> None:
        lines = job.scores().splitlines()
        job.write("baseline/features.csv.out", "\n".join([*lines[:2], line, *lines[3:]]))
        said = refusal()
        assert [part for part in parts if part not in said] == []

    def test_scores_too_large_to_square_are_told(self, job: Job, refusal: Any) -> None:
        job.write("baseline/features.csv.out", '{"score": 1e300}\n' * ROWS)
        assert "baseline: its errors are too large" in refusal()

    def test_a_perfect_baseline_is_told(self, job: Job, refusal: Any) -> None:
        job.baseline = job.label
        job.write("baseline/features.csv.out", job.scores())
        assert "copy of the label" in refusal()

    def test_no_output_is_told(self, job: Job, refusal: Any) -> None:
        (job.root / "baseline/features.csv.out").unlink()
        assert "holds no file *.out" in refusal()

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(alphabet='{}[]":,0159.eE- \nscorepdin', max_size=60))
    def test_any_text_gives_scores_or_one_sentence(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "x.out").write_text(text)
        try:
            scores = evaluate.read_scores(tmp_path)
        except evaluate.Unusable as problem:
            assert "x.out" in str(problem)
            return
        assert np.isfinite(scores).all()


def _link(kind: bytes, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo("xgboost-model")
    member.type, member.linkname = kind, target
    return member


class TestHostileArchives:
    @pytest.mark.parametrize(
        "archive",
        [
            packed((_link(tarfile.SYMTYPE, "/etc/passwd"), b"")),
            packed((_link(tarfile.LNKTYPE, "../../test/test.csv"), b"")),
            packed((_link(tarfile.FIFOTYPE, ""), b"")),
            packed((_link(tarfile.CHRTYPE, ""), b"")),
            packed((_link(tarfile.DIRTYPE, ""), b"")),
            packed((tarfile.TarInfo("../xgboost-model"), b"x")),
            packed((tarfile.TarInfo("/xgboost-model"), b"x")),
            packed((tarfile.TarInfo("folder/xgboost-model"), b"x")),
            packed(*[(tarfile.TarInfo("xgboost-model"), b"x") for _ in range(2)]),
            packed(),
        ],
        ids=["symlink", "hardlink", "fifo", "device", "folder", "above", "absolute", "below", "twice", "none"],
    )  # fmt: skip
    def test_only_one_regular_file_in_the_root_is_accepted(
        self, archive: bytes, job: Job, refusal: Any
    ) -> None:
        job.write("model/model.tar.gz", archive)
        assert "exactly one regular file 'xgboost-model'" in refusal()

    def test_a_member_beside_the_model_is_never_written(
        self, job: Job, booster: xgboost.Booster
    ) -> None:
        escape = tarfile.TarInfo("../../escaped")
        model = (tarfile.TarInfo("xgboost-model"), bytes(booster.save_raw("ubj")))
        job.write("model/model.tar.gz", packed((escape, b"x"), model))
        before = sorted(job.root.parent.rglob("*"))
        job.report()
        new = {path.name for path in job.root.parent.rglob("*") if path not in before}
        assert new == {"evaluation", "evaluation.json"}

    def test_a_gzip_bomb_is_refused_before_it_is_unpacked(
        self, job: Job, refusal: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(evaluate, "LARGEST_MODEL", 100_000)
        job.write("model/model.tar.gz", gzip.compress(bytes(200_000)))
        assert "more than 100,000 bytes" in refusal()

    @pytest.mark.parametrize("content", [b"", b"junk", gzip.compress(b"junk" * 300, mtime=0)])
    def test_what_is_no_archive_is_told(self, content: bytes, job: Job, refusal: Any) -> None:
        job.write("model/model.tar.gz", content)
        said = refusal()
        assert "model.tar.gz" in said
        assert "no whole .tar.gz" in said or "holds nothing" in said

    def test_a_cut_archive_is_told(self, job: Job, booster: xgboost.Booster, refusal: Any) -> None:
        job.write("model/model.tar.gz", artifact(booster)[:-30])
        assert "no whole .tar.gz" in refusal()

    @pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"{}", b"{L" * 9])
    def test_what_is_no_model_is_told_and_never_unpickled(
        self, content: bytes, job: Job, refusal: Any
    ) -> None:
        job.write("model/model.tar.gz", packed((tarfile.TarInfo("xgboost-model"), content)))
        assert "xgboost-model does not load in XGBoost" in refusal()

    def test_no_artifact_is_told(self, job: Job, refusal: Any) -> None:
        (job.root / "model/model.tar.gz").unlink()
        assert "there is no such file" in refusal()

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    @given(st.binary(max_size=700))
    def test_any_bytes_give_one_sentence(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "model.tar.gz").write_bytes(gzip.compress(content))
        with pytest.raises(evaluate.Unusable, match=r"model\.tar\.gz"):
            evaluate.read_model(tmp_path)


@pytest.mark.parametrize("option", ["--rmse-threshold=inf", "--minimum-improvement=x"])
def test_a_bar_that_is_no_number_is_a_usage_error(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        evaluate.main(["--rmse-threshold=1", "--minimum-improvement=0", option])
    assert stop.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err
