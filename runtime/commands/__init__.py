"""What `python -m runtime` can do, one file a command.

A command's module has HELP (one line), `add_arguments(parser)` and `run(options)`, which returns the exit code.
"""
