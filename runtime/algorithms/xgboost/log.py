"""What the container prints: log records with a time, and the reason of an error."""

from __future__ import annotations

from datetime import datetime


def log(text: str, level: str = "INFO") -> None:
    """Print one log record in the container's form, at once: whoever follows the log sees it live."""
    moment = datetime.now().astimezone().strftime("%Y-%m-%d:%H:%M:%S")
    print(f"[{moment}:{level}] {text}", flush=True)


def reason(error: Exception) -> str:
    """The error's text without the library's own stack trace, which says nothing about the user's data."""
    return str(error).partition("\nStack trace:")[0].strip()
