"""Runs a command with settings from files: python -m tools.environment_files FILES COMMAND ...

FILES are separated by commas; those that do not exist count as empty. The environment takes
precedence over all of them, and a file over those after it.
"""

import os
import sys
from pathlib import Path

from honcho import environ


def read_settings(files: list[Path]) -> dict[str, str]:
    """Returns the variables of files with lines NAME=VALUE, those of the first in precedence."""
    settings = {}
    for file in reversed(files):
        if file.is_file():
            settings |= environ.parse(file.read_text())
    return settings


def main() -> None:
    """Replaces this process by the command."""
    files, *command = sys.argv[1:]
    settings = read_settings([Path(file) for file in files.split(",")])
    os.execvpe(command[0], command, settings | os.environ)


if __name__ == "__main__":
    main()
