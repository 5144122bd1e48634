"""Runs benchmarks one after another: all, or those that are named.

python -m benchmarks.all [--quick] [NAME ...]
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks.report import parse_arguments

NAMES = (
    *("cutout", "view", "poses", "glass", "sam", "studio", "embedded", "grounding"),
    *("compositing", "finishing", "truth", "assessment", "diffusion", "diffusers", "pipeline"),
    *("jobs", "webhooks", "recovery", "chaos", "bombs", "mixed", "transport", "startup", "scaling"),
    *("memory", "waiting", "balancing", "briefs", "long_run", "credentials"),
)


def main() -> None:
    """Exits with status 1 if one of them could not run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only check that they run")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these benchmarks")
    arguments = parse_arguments(parser)
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if arguments.quick:
        print("A quick run: nothing is recorded.", flush=True)
    failed = list(run_benchmarks(arguments.names or NAMES, arguments.quick))
    sys.exit(f"could not run: {', '.join(failed)}" if failed else 0)


def run_benchmarks(names: Sequence[str], quick: bool) -> Iterator[str]:
    """Runs benchmarks in turn, after a line with the name and how many are left.

    Yields the names of those that could not run.
    """
    options = ["--quick"] if quick else []
    for number, name in enumerate(names, 1):
        left = len(names) - number
        print(f"\nBenchmark {number} of {len(names)}: {name}, then {left} left.", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options]).returncode:
            yield name


if __name__ == "__main__":
    main()
