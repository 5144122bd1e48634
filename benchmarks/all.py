"""Runs benchmarks one after another: all, or those that are named.

python -m benchmarks.all [--quick] [NAME ...]
"""

import argparse
import subprocess
import sys

from benchmarks.report import parse_arguments

NAMES = (
    *("cutout", "view", "poses", "glass", "sam", "studio", "embedded", "grounding"),
    *("compositing", "finishing", "truth", "assessment", "diffusion", "diffusers", "pipeline"),
    *("jobs", "recovery", "chaos", "bombs", "mixed", "transport", "startup", "scaling"),
    *("waiting", "balancing"),
)


def main() -> None:
    """Exits with status 1 if one of them could not run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only check that they run")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these benchmarks")
    arguments = parse_arguments(parser)
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    options = ["--quick"] if arguments.quick else []
    failed = [
        name
        for name in arguments.names or NAMES
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options]).returncode
    ]
    sys.exit(f"could not run: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
