"""Runs one function of a user's file in a process of its own: `function_child.py FILE NAME RESULT`, the event on stdin.

Imports nothing of ours: it is started by its path, and the user's modules come first.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any


class Context:
    """What AWS Lambda's second argument tells, as far as it means something here."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"

    def __init__(self) -> None:
        self.invoked_function_arn = os.environ["SAGEMAKER_LOCAL_FUNCTION_ARN"]
        self.function_name = self.invoked_function_arn.rpartition(":")[2]
        self.aws_request_id = os.environ["SAGEMAKER_LOCAL_REQUEST_ID"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = self.aws_request_id
        self._end = time.monotonic() + float(os.environ["SAGEMAKER_LOCAL_SECONDS"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


def main(file: str, name: str, result: str) -> int:
    event = json.load(sys.stdin)
    try:
        value = _function(Path(file), name)(event, Context())
        answer = json.dumps({"value": value}, allow_nan=False)
    # Whatever the user's code raises is its answer, SystemExit too.
    except BaseException as error:  # noqa: BLE001
        traceback.print_exc()
        text = str(error)
        answer = json.dumps({"errorType": type(error).__name__, "errorMessage": text})
    Path(result).write_text(answer, encoding="utf-8")
    return 0


def _function(file: Path, name: str) -> Any:
    sys.path.insert(0, str(file.parent))
    specification = importlib.util.spec_from_file_location(file.stem, file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[file.stem] = module
    specification.loader.exec_module(module)
    return getattr(module, name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
