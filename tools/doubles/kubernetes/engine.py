"""Containers of a container engine: the images as they are built."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.doubles.kubernetes.pods import Pod, materialize


class EngineContainers:
    """Runs the container of each pod with docker, in a network of their own."""

    def __init__(self, folder: Path) -> None:
        """Keeps volumes in a folder, whose name is part of those of containers and network."""
        self._folder = folder
        self._network = f"kube-{folder.name}"

    def start(self, pod: Pod) -> None:
        """Starts the container of a pod."""
        self.stop(pod)
        subprocess.run(["docker", "network", "create", self._network], capture_output=True)
        options = ["--detach", f"--name={self._name(pod)}", f"--hostname={pod.name}"]
        options += [f"--network={self._network}", *(f"--network-alias={n}" for n in pod.names)]
        options += [f"--user={pod.user}:{pod.group}", f"--group-add={pod.fs_group}"]
        options += ["--cap-drop=ALL", "--security-opt=no-new-privileges"]
        options += ["--read-only"] if pod.read_only_root else []
        options += [f"--memory={pod.memory}", f"--memory-swap={pod.memory}"]
        options += [f"--env={name}={value}" for name, value in pod.environment.items()]
        options += self._mount_volumes(pod)
        run_docker("run", *options, pod.image, *pod.command)

    def stop(self, pod: Pod) -> None:
        """Removes the container of a pod, if there is one."""
        subprocess.run(["docker", "rm", "--force", self._name(pod)], capture_output=True)

    def run_command(self, pod: Pod, command: Sequence[str], seconds: float) -> bool:
        """Runs a command in the container; returns whether it exits with 0 in time."""
        words = ["docker", "exec", self._name(pod), *command]
        try:
            return not subprocess.run(words, capture_output=True, timeout=seconds).returncode
        except subprocess.TimeoutExpired:
            return False

    def find_address(self, pod: Pod) -> str:
        """Returns the IP address of a pod."""
        path = f'{{{{(index .NetworkSettings.Networks "{self._network}").IPAddress}}}}'
        return run_docker("inspect", f"--format={path}", self._name(pod)).strip()

    def is_running(self, pod: Pod) -> bool:
        """Whether the container of a pod runs."""
        words = ["docker", "inspect", "--format={{.State.Running}}", self._name(pod)]
        done = subprocess.run(words, capture_output=True, text=True)
        return done.stdout.strip() == "true"

    def read_log(self, pod: Pod) -> str:
        """Returns what the container wrote."""
        words = ["docker", "logs", self._name(pod)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout

    def remove_all(self, pods: Sequence[Pod]) -> None:
        """Removes the containers of pods and the network."""
        for pod in pods:
            self.stop(pod)
        subprocess.run(["docker", "network", "rm", self._network], capture_output=True)

    def _name(self, pod: Pod) -> str:
        return f"{self._network}-{pod.name}"

    def _mount_volumes(self, pod: Pod) -> list[str]:
        options = []
        for number, volume in enumerate(pod.volumes):
            mode = "ro" if volume.read_only else "rw"
            source = self._folder / (volume.claim or f"{pod.name}-{number}")
            materialize(volume, source, pod.fs_group)
            options.append(f"--volume={source}:{volume.path}:{mode}")
        return options


def run_docker(*words: str) -> str:
    """Runs docker and returns what it prints; raises RuntimeError with its words if it fails."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"docker {words[0]}: {done.stderr}")
    return done.stdout
