"""Runs all benchmarks one after another.

python -m benchmarks.all [--quick]
"""

import subprocess
import sys

NAMES = (
    *(
        "cutout",
        "view",
        "poses",
        "glass",
        "sam",
        "studio",
        "embedded",
        "grounding",
        "compositing",
        "finishing",
        "truth",
    ),
    *(
        "assessment",
        "diffusion",
        "diffusers",
        "pipeline",
        "jobs",
        "recovery",
        "chaos",
        "bombs",
        "mixed",
    ),
    *("transport", "startup", "scaling", "waiting"),
)


def main() -> None:
    """Exits with status 1 if one of them could not run."""
    failed = [
        name
        for name in NAMES
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]).returncode
    ]
    sys.exit(f"could not run: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
