"""kubectl on the double of a cluster: python -m tools.doubles.kubernetes apply -k FOLDER, ...

CYCLORAMA_CLUSTER names the folder of the cluster, CYCLORAMA_CLUSTER_RUNTIME `docker` or
`namespaces`. `install FOLDER` writes a program kubectl into a folder for PATH; `node COMMAND ...`
runs a command where namespaces can be used, and ends all pods with it; `down` removes all.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from tools import ROOT
from tools.doubles.kubernetes.cluster import Cluster, ClusterError
from tools.doubles.kubernetes.namespaces import enter_node
from tools.doubles.kubernetes.objects import AdmissionError, name_object

OTHER_PROGRAM = "the double of kubectl does not know this command: "


def main() -> None:
    """Runs one command; exits with the sentence that kubectl would print if it fails."""
    words = sys.argv[1:]
    if words[:1] == ["install"]:
        return install(Path(words[1]))
    if words[:1] == ["node"]:
        return enter_node(words[1:])
    # Commands that need no cluster are the real program's.
    if words[:1] == ["kustomize"] or "--dry-run=client" in words:
        os.execv(find_kubectl(), ["kubectl", *words])
    # That of the operator's shell says nothing about the files of pods.
    os.umask(0o022)
    try:
        run_command(words, Cluster(Path(os.environ["CYCLORAMA_CLUSTER"])))
    except (AdmissionError, ClusterError) as error:
        sys.exit(f"error: {error}")


def run_command(words: Sequence[str], cluster: Cluster) -> None:
    """Runs a command that needs the cluster."""
    parser = argparse.ArgumentParser(prog="kubectl", allow_abbrev=False)
    parser.add_argument("--namespace", "-n", default="default")
    commands = parser.add_subparsers(dest="verb", required=True)
    known: dict[str, Callable[[argparse.Namespace, list[str]], None]] = {
        "apply": lambda options, rest: apply(options, cluster),
        "create": lambda options, rest: create(options, rest, cluster),
        "rollout": lambda options, rest: cluster.wait_until_ready(options.object, options.timeout),
        "port-forward": lambda options, rest: cluster.forward_port(options.object, options.ports),
        "logs": lambda options, rest: print(cluster.read_log(options.object), end=""),
        "get": lambda options, rest: print(cluster.describe_pods()),
        "down": lambda options, rest: cluster.remove(),
    }
    added = {name: commands.add_parser(name) for name in known}
    for each in added.values():
        each.add_argument("--namespace", "-n", default=argparse.SUPPRESS)
    added["apply"].add_argument("--kustomize", "-k")
    added["apply"].add_argument("--filename", "-f")
    added["rollout"].add_argument("what", choices=["status"])
    added["rollout"].add_argument("object")
    added["rollout"].add_argument("--timeout", default="300s")
    added["port-forward"].add_argument("object")
    added["port-forward"].add_argument("ports")
    added["logs"].add_argument("object")
    added["get"].add_argument("what", choices=["pods"])
    options, rest = parser.parse_known_args(words)
    if rest and options.verb != "create":
        raise ClusterError(f"{OTHER_PROGRAM}{shlex.join(words)}")
    known[options.verb](options, rest)


def apply(options: argparse.Namespace, cluster: Cluster) -> None:
    """Admits the objects of a folder, file or standard input, and starts their pods."""
    if options.kustomize:
        text = ask_kubectl("kustomize", options.kustomize)
    else:
        text = sys.stdin.read() if options.filename == "-" else Path(options.filename).read_text()
    for manifest in filter(None, yaml.safe_load_all(text)):
        place(manifest, options.namespace)
        print(name_object(manifest), cluster.objects.admit(manifest, replace=True))
    cluster.start_pods()


def create(options: argparse.Namespace, rest: Sequence[str], cluster: Cluster) -> None:
    """Admits an object that the real kubectl makes from options."""
    text = ask_kubectl("create", *rest, "--dry-run=client", "--output=yaml")
    manifest = yaml.safe_load(text)
    place(manifest, options.namespace)
    print(name_object(manifest), cluster.objects.admit(manifest, replace=False))


def place(manifest: dict, namespace: str) -> None:
    """Sets the namespace of an object that names none."""
    if manifest["kind"] != "Namespace":
        manifest["metadata"].setdefault("namespace", namespace)


def ask_kubectl(*words: str) -> str:
    """Returns what the real kubectl prints."""
    done = subprocess.run([find_kubectl(), *words], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def find_kubectl() -> str:
    """Returns the path of the real kubectl: the first in PATH that is not the double's."""
    double = os.environ.get("CYCLORAMA_KUBECTL", "")
    folders = [f for f in os.environ["PATH"].split(":") if f != double]
    found = shutil.which("kubectl", path=":".join(folders))
    if not found:
        raise SystemExit("kubectl is not installed")
    return found


def install(folder: Path) -> None:
    """Writes a program kubectl that runs this module into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "kubectl"
    program.write_text(
        f"#!/bin/sh\nCYCLORAMA_KUBECTL={shlex.quote(str(folder))} "
        f"PYTHONPATH={shlex.quote(f'{ROOT}:{ROOT}/clients')} "
        f'exec {shlex.quote(sys.executable)} -m tools.doubles.kubernetes "$@"\n'
    )
    program.chmod(0o755)


if __name__ == "__main__":
    main()
