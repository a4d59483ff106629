from __future__ import annotations

import pytest

from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.watching.execution import Job
from pipelines.deploy.watching.insight import Insight


class Answers:
    """Stands for both doors; `lines` may be an error to raise."""

    def __init__(self, lines=()):
        self.lines = lines
        self.asked = 0

    def last(self, kind, job, amount):
        self.asked += 1
        if isinstance(self.lines, Exception):
            raise self.lines
        return list(self.lines)

    def trials(self, job):
        self.asked += 1
        return []


@pytest.fixture
def looking(monkeypatch):
    def make(answers):
        for door in ("Executions", "Logs"):
            monkeypatch.setattr(f"pipelines.deploy.watching.insight.{door}", lambda _: answers)
        return Insight(None)

    return make


TRAINING = Job("TrainingJob", "arn:x/train")
TUNING = Job("TuningJob", "arn:x/tune")


def test_a_finished_training_job_needs_no_look_into_its_log(looking):
    answers = Answers(["[3]\ttrain-rmse:1.5"])
    insight = looking(answers)
    assert insight.words(TRAINING, {}, finished=False) == "round 3, train-rmse 1.50"
    assert insight.words(TRAINING, {}, finished=True) == ""
    assert answers.asked == 1


@pytest.mark.parametrize("error", [ServiceError("AccessDenied"), NoAnswer("unreachable")])
def test_a_source_that_refuses_or_is_away_is_asked_once(looking, error):
    answers = Answers(error)
    insight = looking(answers)
    assert [insight.words(TRAINING, {}, finished=False) for _ in range(3)] == ["", "", ""]
    assert answers.asked == 1
    insight.words(TUNING, {"TrainingJobStatusCounters": {"Completed": 2}}, finished=False)
    assert answers.asked == 2


def test_a_source_that_is_asked_too_often_is_asked_again_later(looking):
    answers = Answers(Throttled("slow down"))
    insight = looking(answers)
    assert insight.words(TRAINING, {}, finished=False) == ""
    answers.lines = ["[3]\ttrain-rmse:1.5"]
    assert insight.words(TRAINING, {}, finished=False) == "round 3, train-rmse 1.50"


def test_trials_are_asked_for_when_another_one_has_ended(looking):
    answers = Answers()
    insight = looking(answers)
    for done in (0, 1, 2, 2, 2, 3):
        insight.words(TUNING, {"TrainingJobStatusCounters": {"Completed": done}}, finished=False)
    assert answers.asked == 2
