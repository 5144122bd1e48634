"""Becomes the container of a pod: python -m tools.doubles.kubernetes.container POD.json."""

import json
import os
import sys
from pathlib import Path

from tools.doubles.kubernetes.namespaces import build_root, drop_privileges


def main() -> None:
    """Builds the root of the pod, enters it and runs the pod's command in place of this process."""
    description = json.loads(Path(sys.argv[1]).read_text())
    root = Path(description["folder"], "root")
    build_root(description, root)
    os.chroot(root)
    os.chdir("/")
    words = drop_privileges(description, description["command"])
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
