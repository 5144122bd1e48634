"""The cluster: starts the pods of its objects, probes them and forwards ports to them."""

import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tools.doubles.kubernetes.engine import EngineContainers
from tools.doubles.kubernetes.namespaces import NamespaceContainers
from tools.doubles.kubernetes.objects import ClusterObjects, Manifest
from tools.doubles.kubernetes.pods import PendingPodError, Pod, list_pods

# Defaults of Kubernetes.
PERIOD_SECONDS, TIMEOUT_SECONDS, FAILURE_THRESHOLD = 10, 1, 3
# How many bytes a forwarded connection reads at a time; the size changes nothing but speed.
CHUNK = 2**16


class ClusterError(Exception):
    """A command fails on this cluster; the text says why."""


class ContainerRuntime(Protocol):
    """What runs the containers of pods."""

    def start(self, pod: Pod) -> None: ...
    def stop(self, pod: Pod) -> None: ...
    def run_command(self, pod: Pod, command: list[str], seconds: float) -> bool: ...
    def find_address(self, pod: Pod) -> str: ...
    def is_running(self, pod: Pod) -> bool: ...
    def read_log(self, pod: Pod) -> str: ...
    def remove_all(self, pods: list[Pod]) -> None: ...


class Cluster:
    """A cluster in a folder; each command opens it again."""

    def __init__(self, folder: Path) -> None:
        """Opens the cluster of a folder, which is empty at first."""
        self.objects = ClusterObjects(folder / "objects")
        kind = os.environ.get("CYCLORAMA_CLUSTER_RUNTIME", "namespaces")
        runtimes = {"docker": EngineContainers, "namespaces": NamespaceContainers}
        self._containers: ContainerRuntime = runtimes[kind](folder / "pods" / folder.name)

    def start_pods(self) -> None:
        """Starts the pods that do not run, unless an object that they name is missing."""
        for pod in self._list_pods():
            if not self._containers.is_running(pod):
                self._containers.start(pod)

    def wait_until_ready(self, name: str, timeout: str) -> None:
        """Waits until the pods of a workload pass their probes; raises ClusterError if they do not.

        name: such as deployment/cyclorama-page. timeout: such as 300s.
        """
        end = time.monotonic() + float(timeout.removesuffix("s"))
        try:
            pods = [pod for pod in list_pods(self.objects) if pod.workload == name]
        except PendingPodError as error:
            raise ClusterError(f"{name}: {error}") from error
        if not pods:
            raise ClusterError(f"{name} not found")
        self.start_pods()
        for pod in pods:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                self._pass_probe(pod, pod.manifest[probe], end)
        print(f"{name} successfully rolled out: {len(pods)} pods are ready")

    def forward_port(self, name: str, ports: str) -> None:
        """Forwards connections to a local port to a pod of a Service, until it is interrupted.

        name: such as service/cyclorama-page. ports: local and remote, such as 50080:50080.
        """
        local, _, remote = ports.partition(":")
        service = self.objects.find("Service", name.rpartition("/")[2])
        if not service:
            raise ClusterError(f"{name} not found")
        if int(remote or local) not in {port["port"] for port in service["spec"]["ports"]}:
            raise ClusterError(f"{name} has no port {remote or local}")
        names = service["metadata"]["name"]
        pod = next(pod for pod in list_pods(self.objects) if names in pod.names)
        target = (self._containers.find_address(pod), int(remote or local))
        listener = socket.create_server(("127.0.0.1", int(local)))
        print(f"Forwarding from 127.0.0.1:{local} -> {target[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            peer = socket.create_connection(target)
            for pair in ((connection, peer), (peer, connection)):
                threading.Thread(target=copy_bytes, args=pair, daemon=True).start()

    def read_log(self, name: str) -> str:
        """Returns the logs of the pods of a workload, such as statefulset/cyclorama-gateway."""
        pods = [pod for pod in self._list_pods() if name in (pod.workload, pod.name)]
        return "".join(self._containers.read_log(pod) for pod in pods)

    def describe_pods(self) -> str:
        """Returns a table of the pods, one a line."""
        lines = [f"{'NAME':<32}STATUS"]
        for pod in self._list_pods():
            running = self._containers.is_running(pod)
            lines.append(f"{pod.name:<32}{'Running' if running else 'Failed'}")
        return "\n".join(lines)

    def remove(self) -> None:
        """Removes all pods."""
        self._containers.remove_all([*self._list_pods()])

    def _list_pods(self) -> Iterator[Pod]:
        """Yields the pods; none while one names a missing object, which is printed."""
        try:
            yield from [*list_pods(self.objects)]
        except PendingPodError as error:
            print(f"pods are pending: {error}")

    def _pass_probe(self, pod: Pod, probe: Manifest, end: float) -> None:
        """Repeats a probe until it succeeds; raises ClusterError after its last failure."""
        for _ in range(probe.get("failureThreshold", FAILURE_THRESHOLD)):
            if self._probe(pod, probe):
                return
            if not self._containers.is_running(pod) or time.monotonic() > end:
                break
            time.sleep(probe.get("periodSeconds", PERIOD_SECONDS))
        raise ClusterError(f"{pod.name} is not ready\n{self._containers.read_log(pod)}")

    def _probe(self, pod: Pod, probe: Manifest) -> bool:
        """Returns whether a probe of a container succeeds now."""
        seconds = probe.get("timeoutSeconds", TIMEOUT_SECONDS)
        address = self._containers.find_address(pod)
        try:
            match probe:
                case {"exec": {"command": command}}:
                    return self._containers.run_command(pod, command, seconds)
                case {"tcpSocket": {"port": port}}:
                    socket.create_connection((address, pod.ports[port]), seconds).close()
                case {"httpGet": {"port": port, "path": path, **details}}:
                    url = f"http://{address}:{pod.ports[port]}{path}"
                    headers = {each["name"]: each["value"] for each in details["httpHeaders"]}
                    request = urllib.request.Request(url, headers=headers)
                    urllib.request.urlopen(request, timeout=seconds).close()
                case _:
                    raise NotImplementedError(str(probe))
        except (OSError, urllib.error.URLError):
            return False
        return True


def copy_bytes(source: socket.socket, target: socket.socket) -> None:
    """Copies what one socket receives to another until it ends."""
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()
