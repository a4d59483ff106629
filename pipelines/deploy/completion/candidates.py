"""What may follow on a command line, from the parser that will read it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence

# What an argument is called in `--help` -> the values it may have, given those that were typed before.
Values = Mapping[str, Callable[[Sequence[str]], Iterable[str]]]


def candidates(parser: argparse.ArgumentParser, words: Sequence[str], values: Values) -> list[str]:
    """How the last of `words` may go on, after the others; none where a file's name may stand."""
    *before, current = words
    option, equals, start = current.partition("=")
    if option.startswith("--") and equals:
        return [f"{option}={each}" for each in candidates(parser, [*before, option, start], values)]
    waiting, used, position = _read(parser, before)
    if waiting is not None and not current.startswith("-"):
        return _starting(current, _of(waiting, before, values))
    if current.startswith("-"):
        return _starting(current, _options(parser, used))
    return _starting(current, _of(_positional(parser, position), before, values))


def joined(words: Sequence[str]) -> list[str]:
    """Bash's words, which it cuts at `=`, as they were typed; of `--option=value` it stays two words."""
    whole: list[str] = []
    fresh = False  # the last word is the value of an option, and has just begun
    for word in words:
        if word == "=" and whole and whole[-1].startswith("--"):
            whole.append("")
            fresh = True
        elif fresh or (whole and (word == "=" or whole[-1].endswith("="))):
            whole[-1] += word
            fresh = False
        else:
            whole.append(word)
    return whole


def _read(
    parser: argparse.ArgumentParser, words: Sequence[str]
) -> tuple[argparse.Action | None, set[str], int]:
    """The option that waits for its value, the options that were given, how many positional words there were."""
    options = {name: action for action in parser._actions for name in action.option_strings}
    waiting, used, position = None, set[str](), 0
    for word in words:
        if word in options:
            action = options[word]
            used.add(action.dest)
            waiting = action if _takes_value(action) else None
        elif waiting is not None:
            # An option with many values goes on until the next one.
            waiting = waiting if waiting.nargs in ("+", "*") else None
        elif not word.startswith("-"):
            position += 1
    return waiting, used, position


def _takes_value(action: argparse.Action) -> bool:
    return action.nargs != 0


def _options(parser: argparse.ArgumentParser, used: set[str]) -> list[str]:
    """The options that can still be given, long ones only; hidden ones stay hidden."""
    return [
        name
        for action in parser._actions
        for name in action.option_strings
        if name.startswith("--")
        and action.help != argparse.SUPPRESS
        and (action.dest not in used or _repeats(action))
    ]


def _repeats(action: argparse.Action) -> bool:
    return isinstance(action, argparse._AppendAction | argparse._ExtendAction)


def _positional(parser: argparse.ArgumentParser, position: int) -> argparse.Action | None:
    positional = [action for action in parser._actions if not action.option_strings]
    if position < len(positional):
        return positional[position]
    # NAME ... takes all the rest.
    last = positional[-1] if positional else None
    return last if last is not None and last.nargs in ("*", "+") else None


def _of(action: argparse.Action | None, before: Sequence[str], values: Values) -> Iterable[str]:
    if action is None:
        return ()
    if action.choices is not None:
        return map(str, action.choices)
    found = values.get(action.metavar if isinstance(action.metavar, str) else "")
    return found(before) if found else ()


def _starting(start: str, found: Iterable[str]) -> list[str]:
    return [each for each in found if each.startswith(start)]
