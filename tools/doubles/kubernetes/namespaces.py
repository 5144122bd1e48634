"""Containers without an engine or images: this repository in namespaces of Linux; needs root.

A pod has its own network, mounts and memory limit. Its root contains the system's programs, the
repository and its virtual environment, all read-only, and what the manifest mounts.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tools import ROOT
from tools.doubles.kubernetes.pods import Pod, materialize

# Addresses of pods follow that of the bridge.
BRIDGE, NETWORK = "kube0", "10.244.0"
SYSTEM = ("usr", "bin", "sbin", "lib", "lib64")
HOME, SOURCE, PYTHON = "home/cyclorama", "srv/cyclorama", "srv/python"
# Modules of images that are not called services.NAME.
MODULES = {"gateway": "gateway", "page": "cyclorama.web"}
# The files with a memory limit, of cgroups of version 2 and 1, and where processes see them.
MEMORY_CONTROL = (("", "memory.max"), ("memory", "memory.limit_in_bytes"))


def enter_node(command: Sequence[str]) -> None:
    """Replaces this process by a command on a node of its own, with an empty network.

    When the command ends, all pods that it started end too, and their network is gone.
    """
    setup = (
        f"ip link set lo up && ip link add {BRIDGE} type bridge"
        f" && ip address add {NETWORK}.1/24 dev {BRIDGE} && ip link set {BRIDGE} up"
        ' && mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec "$@"'
    )
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp("unshare", [*words, "sh", "-c", setup, "sh", *command])


class NamespaceContainers:
    """Runs the container of each pod as a process, on the node that this process is on."""

    def __init__(self, folder: Path) -> None:
        """Keeps volumes, roots and logs of pods in a folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._hosts = folder / "hosts"

    def start(self, pod: Pod) -> None:
        """Starts the container of a pod."""
        self.stop(pod)
        folder = self._folder / pod.name
        folder.mkdir(exist_ok=True)
        self._create_network(pod)
        description = {
            "folder": str(folder),
            "hosts": str(self._hosts),
            "command": [*pod.command] or [f"{PYTHON_PATH}", "-m", find_module(pod.image)],
            "environment": {**image_environment(), **pod.environment},
            "user": [pod.user, pod.group, pod.fs_group],
            "memory": pod.memory,
            "name": pod.name,
            "volumes": self._write_volumes(pod),
        }
        (folder / "pod.json").write_text(json.dumps(description))
        words = ["ip", "netns", "exec", pod.name, "unshare", "--mount", "--uts", sys.executable]
        words += ["-m", "tools.doubles.kubernetes.container", str(folder / "pod.json")]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                words,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (folder / "pid").write_text(str(process.pid))

    def stop(self, pod: Pod) -> None:
        """Ends the container of a pod, if there is one."""
        if pid := self._find_process(pod):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def run_command(self, pod: Pod, command: Sequence[str], seconds: float) -> bool:
        """Runs a command in the container; returns whether it exits with 0 in time."""
        pid = self._find_process(pod)
        if not pid:
            return False
        description = json.loads((self._folder / pod.name / "pod.json").read_text())
        inner = drop_privileges(description, command)
        words = ["nsenter", f"--target={pid}", "--mount", "--net", "--uts", "--root", *inner]
        try:
            return not subprocess.run(words, capture_output=True, timeout=seconds).returncode
        except subprocess.TimeoutExpired:
            return False

    def find_address(self, pod: Pod) -> str:
        """Returns the IP address of a pod."""
        return (self._folder / pod.name / "address").read_text()

    def is_running(self, pod: Pod) -> bool:
        """Whether the container of a pod runs."""
        return bool(self._find_process(pod))

    def read_log(self, pod: Pod) -> str:
        """Returns what the container wrote."""
        path = self._folder / pod.name / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def remove_all(self, pods: Sequence[Pod]) -> None:
        """Ends the containers of pods."""
        for pod in pods:
            self.stop(pod)

    def _find_process(self, pod: Pod) -> int:
        """Returns the id of a pod's process; 0 if it does not run."""
        path = self._folder / pod.name / "pid"
        if not path.exists():
            return 0
        try:
            status = Path(f"/proc/{path.read_text()}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return 0 if status.rpartition(")")[2].split()[0] in "ZX" else int(path.read_text())

    def _create_network(self, pod: Pod) -> None:
        """Creates the network of a pod, unless it has one from before a restart."""
        known = self._folder / pod.name / "address"
        if known.exists():
            return
        number = 2 + len([*self._folder.glob("*/address")])
        address, link = f"{NETWORK}.{number}", f"pod{number}"
        for words in (
            f"netns add {pod.name}",
            f"link add {link} type veth peer name eth0 netns {pod.name}",
            f"link set {link} master {BRIDGE} up",
            f"-n {pod.name} link set lo up",
            f"-n {pod.name} address add {address}/24 dev eth0",
            f"-n {pod.name} link set eth0 up",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        self._name_address(pod, address)
        known.write_text(address)

    def _name_address(self, pod: Pod, address: str) -> None:
        """Enters the names of a pod into the table that all pods read."""
        with self._hosts.open("a") as hosts:
            if not hosts.tell():
                hosts.write("127.0.0.1 localhost\n")
            hosts.write(f"{address} {' '.join((pod.name, *pod.names))}\n")

    def _write_volumes(self, pod: Pod) -> list[list[str]]:
        """Writes the volumes of a pod; returns folder, path in the container and mode of each."""
        written = []
        for number, volume in enumerate(pod.volumes):
            source = self._folder / (volume.claim or f"{pod.name}-{number}")
            materialize(volume, source, pod.fs_group)
            written.append([str(source), volume.path, "ro" if volume.read_only else "rw"])
        return written


PYTHON_PATH = f"/{PYTHON}/bin/python"


def find_module(image: str) -> str:
    """Returns the module that an image runs, by its name."""
    name = image.rpartition("/")[2].partition(":")[0]
    return MODULES.get(name, f"services.{name}")


def image_environment() -> dict[str, str]:
    """Returns the environment variables that an image brings."""
    return {
        "HOME": f"/{HOME}",
        "PATH": f"/{PYTHON}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"/{SOURCE}:/{SOURCE}/clients",
        "PYTHONUNBUFFERED": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def drop_privileges(description: dict[str, object], command: Sequence[str]) -> list[str]:
    """Returns a command line that runs a command as the user of a pod, without capabilities."""
    user, group, fs_group = description["user"]  # type: ignore[misc]
    environment = description["environment"]
    assert isinstance(environment, dict)
    words = ["setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={group},{fs_group}"]
    words += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    words += ["env", "-i", f"--chdir=/{HOME}"]
    return words + [f"{name}={value}" for name, value in environment.items()] + [*command]


def build_root(description: dict[str, object], root: Path) -> None:
    """Mounts the root of a pod at a folder; only its volumes can be written to."""

    def mount(*words: str) -> None:
        subprocess.run(["mount", *words], check=True)

    def bind(source: Path, target: Path, mode: str = "ro") -> None:
        target.mkdir(parents=True, exist_ok=True)
        mount("--bind", str(source), str(target))
        if mode == "ro":
            mount("-o", "remount,bind,ro", str(target))

    mount("--make-rprivate", "/")
    root.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "root", str(root))
    for name in SYSTEM:
        source = Path("/", name)
        if source.is_symlink():
            (root / name).symlink_to(source.readlink())
        elif source.exists():
            bind(source, root / name)
    shutil.copytree("/etc", root / "etc", symlinks=True, ignore=shutil.ignore_patterns("shadow*"))
    (root / "etc" / "hosts").unlink()
    (root / "etc" / "hosts").touch()
    mount("--bind", str(description["hosts"]), str(root / "etc" / "hosts"))
    mount("--rbind", "/dev", str(ensure_folder(root / "dev")))
    mount("--rbind", "/proc", str(ensure_folder(root / "proc")))
    bind(ROOT, root / SOURCE)
    bind(Path(sys.prefix), root / PYTHON)
    # The virtual environment names the interpreter that it was made from by its path.
    if not sys.base_prefix.startswith("/usr"):
        bind(Path(sys.base_prefix), root / sys.base_prefix.lstrip("/"))
    if (models := ROOT / "models").exists():
        bind(models.resolve(), root / HOME / "models")
    limit_memory(str(description["name"]), int(str(description["memory"])), root)
    for source, path, mode in description["volumes"]:  # type: ignore[attr-defined]
        bind(Path(source), root / path.lstrip("/"), mode)
    mount("-o", "remount,ro", str(root))


def ensure_folder(folder: Path) -> Path:
    """Creates a folder if it is missing, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def limit_memory(name: str, limit: int, root: Path) -> None:
    """Limits the memory of this process, and shows it the limit where containers see theirs.

    name: of the pod. limit: bytes. Without cgroups that can be written, memory is not limited.
    """
    for controller, file in MEMORY_CONTROL:
        own = find_own_group(controller)
        if own is None or not (own / file).exists():
            continue
        group = own / f"kube-{name}"
        with suppress(OSError):
            group.mkdir(exist_ok=True)
            (group / file).write_text(str(limit))
            (group / "cgroup.procs").write_text(str(os.getpid()))
            seen = ensure_folder(root / "sys/fs/cgroup" / controller)
            subprocess.run(["mount", "--bind", str(group), str(seen)], check=True)
            return


def find_own_group(controller: str) -> Path | None:
    """Returns the folder of the cgroup of this process; controller: empty for version 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if names.split(",") == [controller] and Path("/sys/fs/cgroup", controller).exists():
            return Path("/sys/fs/cgroup", controller, path.lstrip("/"))
    return None
