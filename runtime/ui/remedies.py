"""What to do about a failed step, from how its reason is worded. Pure."""

from __future__ import annotations

import re

# The first that fits is taken: pattern of the reason -> advice. Reasons are this runtime's and SageMaker's own words.
_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"\b(AlgorithmError|ExitCode|exit code|non-zero)\b",
        "The job's own code ended with an error: its last lines are in the log below. Correct the script, "
        "deploy (python -m pipelines.upsert), then run from here: what succeeded is not repeated.",
    ),
    (
        r"\b(NoSuchKey|NoSuchBucket|does not exist|No S3 objects found|no objects?|not found)\b",
        "Something the step reads is not there. Compare its inputs below with what lies in S3: a wrong URI is a "
        "parameter to correct at the next start, a missing result belongs to the step before.",
    ),
    (
        r"\b(child steps failed)\b",
        "Look at the items that failed: each is a step of its own in the table of steps.",
    ),
    (
        r"\b(No space left|disk is full|InsufficientStorage|StorageFull)\b",
        "The disk is full. Free some room (the state directory keeps the objects of all executions), then retry.",
    ),
    (
        r"\b(MaxRuntime\w*|ran longer|timed? ?out|Timeout)\b",
        "It ran out of time. Raise the step's StoppingCondition, or give it less to do, and retry.",
    ),
    (
        r"\b(OutOfMemory|out of memory|MemoryError|signal 9|SIGKILL)\b",
        "It ran out of memory, or was killed. Give it less data at once or fewer jobs side by side, and retry.",
    ),
    (
        r"InternalServerError",
        "This is not your pipeline's doing: the runtime was interrupted or has a defect. Retry; when it comes "
        "again, the terminal of the runtime has the details.",
    ),
    (
        r"\b(ValidationException|validation error|Invalid|must be|not valid|Unexpected)\b",
        "The request was refused before anything ran: the reason names the member. Its value and where it came "
        "from are under Arguments.",
    ),
    (
        r"\b(nothing at|has no value|not produced|Unresolved|cannot be resolved)\b",
        "An expression has no value: the step it refers to did not produce it. See Arguments, and that step.",
    ),
)
_OTHERWISE = "Read the reason and the log below. After a change, deploy and run from here: what succeeded is not repeated."
_BY_TYPE = {
    "Fail": "The pipeline itself ended here: a Fail step is how it says that a condition was not met. "
    "Look at the condition before it; a new execution is needed.",
    "Condition": "A condition could not be decided: see under Arguments which of its values is missing.",
}


def remedy(step_type: str, reason: str) -> str:
    """One piece of advice."""
    if step_type in _BY_TYPE:
        return _BY_TYPE[step_type]
    found = (advice for pattern, advice in _REMEDIES if re.search(pattern, reason, re.IGNORECASE))
    return next(found, _OTHERWISE)
