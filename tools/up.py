"""Runs processes of deploy/Procfile until Ctrl-C, or until one fails: python -m tools.up NAME ...

`cyclorama up` runs the services of an installation; this also runs doubles of foreign servers.
"""

import os
import sys

from honcho import environ

from cyclorama.cli.service_processes import run_processes
from tools import ROOT

PROCFILE = ROOT / "deploy" / "Procfile"


def main() -> None:
    """Runs the processes whose names are on the command line."""
    names = sys.argv[1:]
    commands = environ.parse_procfile(PROCFILE.read_text()).processes
    # The doubles say nothing.
    doubles = [name for name in names if "double" in name]
    run_processes({name: commands[name] for name in names}, os.environ, doubles)


if __name__ == "__main__":
    main()
