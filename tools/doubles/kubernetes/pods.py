"""Pods as their workloads describe them, with every reference resolved."""

import base64
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.doubles.kubernetes.objects import ClusterObjects, Manifest

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
# Of a file without defaultMode, as Kubernetes has it.
DEFAULT_MODE = 0o644


class PendingPodError(Exception):
    """A pod cannot start, as an object that it names is missing; the text names that."""


@dataclass(frozen=True)
class Volume:
    """What a container finds at a path.

    path: in the container. read_only: whether it may not write there. files: contents by name, of
    secrets and config maps. mode: permissions of the files. claim: name of a claim, for a volume
    that outlives the pod. size: bytes of a temporary volume; 0 for no limit.
    """

    path: str
    read_only: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    mode: int = DEFAULT_MODE
    claim: str = ""
    size: int = 0


@dataclass(frozen=True)
class Pod:
    """A pod with one container, as a container runtime needs it.

    workload: the object that it belongs to, such as deployment/cyclorama-page. user, group,
    fs_group: numbers. memory: limit in bytes. ports: numbers by name. names: DNS names at which
    Services show it. manifest: the container, for its probes.
    """

    name: str
    workload: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    volumes: tuple[Volume, ...]
    user: int
    group: int
    fs_group: int
    read_only_root: bool
    memory: int
    ports: Mapping[str, int]
    names: tuple[str, ...]
    manifest: Manifest


def list_pods(objects: ClusterObjects) -> Iterator[Pod]:
    """Yields the pods of all workloads; raises PendingPodError if one names a missing object."""
    for workload in objects.iterate("Deployment", "StatefulSet"):
        for number in range(count_replicas(workload, objects)):
            yield resolve_pod(workload, number, objects)


def count_replicas(workload: Manifest, objects: ClusterObjects) -> int:
    """Returns how many pods a workload starts with: its own number, or the autoscaler's least."""
    for scaler in objects.iterate("HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]:
            return int(scaler["spec"]["minReplicas"])
    return int(workload["spec"].get("replicas", 1))


def resolve_pod(workload: Manifest, number: int, objects: ClusterObjects) -> Pod:
    """Returns a pod of a Deployment or StatefulSet.

    number: which one, from 0 on; pods of Deployments are numbered here too.
    """
    spec = workload["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    security = spec["securityContext"]
    name = f"{workload['metadata']['name']}-{number}"
    fields = {
        "metadata.name": name,
        "metadata.namespace": workload["metadata"].get("namespace", "default"),
    }
    limits = container["resources"]["limits"]
    return Pod(
        name=name,
        workload=f"{workload['kind'].lower()}/{workload['metadata']['name']}",
        image=container["image"],
        command=(*container.get("command", ()), *container.get("args", ())),
        environment=resolve_environment(container, fields, objects),
        volumes=tuple(resolve_volumes(container, workload, name, objects)),
        user=security["runAsUser"],
        group=security["runAsGroup"],
        fs_group=security["fsGroup"],
        read_only_root=container["securityContext"].get("readOnlyRootFilesystem", False),
        memory=parse_quantity(limits["memory"]),
        ports={port["name"]: port["containerPort"] for port in container["ports"]},
        names=tuple(list_names(workload, name, objects)),
        manifest=container,
    )


def resolve_environment(
    container: Manifest, fields: Mapping[str, str], objects: ClusterObjects
) -> dict[str, str]:
    """Returns the environment variables of a container.

    fields: values of the pod by path, such as metadata.name.
    """
    values: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        (kind, reference) = next(iter(source.items()))
        values |= {
            key: data.decode() for key, data in read_data(kind, reference["name"], objects).items()
        }
    for variable in container.get("env", ()):
        values[variable["name"]] = (
            resolve_value(variable["valueFrom"], container, fields, objects)
            if "valueFrom" in variable
            else str(variable["value"])
        )
    return values


def resolve_value(
    source: Manifest, container: Manifest, fields: Mapping[str, str], objects: ClusterObjects
) -> str:
    """Returns the value of a variable that the manifest takes from elsewhere.

    source: its valueFrom. container, fields: as of resolve_environment.
    """
    match source:
        case {"fieldRef": {"fieldPath": path}}:
            return fields[path]
        case {"resourceFieldRef": {"resource": resource, "divisor": divisor}}:
            kind, name = resource.split(".", 1)
            amount = parse_quantity(container["resources"][kind][name])
            return str(-(-amount // parse_quantity(str(divisor))))
        case {"secretKeyRef": {"name": name, "key": key}}:
            return read_data("secretRef", name, objects)[key].decode()
        case {"configMapKeyRef": {"name": name, "key": key}}:
            return read_data("configMapRef", name, objects)[key].decode()
    raise NotImplementedError(str(source))


def resolve_volumes(
    container: Manifest, workload: Manifest, pod: str, objects: ClusterObjects
) -> Iterator[Volume]:
    """Yields what a container mounts.

    workload: the object that its pod belongs to. pod: the name of the pod.
    """
    claims = {each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())}
    sources = {each["name"]: each for each in workload["spec"]["template"]["spec"]["volumes"]}
    for mount in container["volumeMounts"]:
        path, read_only = mount["mountPath"], mount.get("readOnly", False)
        if mount["name"] in claims:
            yield Volume(path, read_only, claim=f"{mount['name']}-{pod}")
            continue
        match sources[mount["name"]]:
            case {"emptyDir": details}:
                yield Volume(path, read_only, size=parse_quantity(details.get("sizeLimit", "0")))
            case {"secret": {"secretName": name, **details}}:
                files = read_data("secretRef", name, objects)
                yield Volume(path, True, files, int(details.get("defaultMode", DEFAULT_MODE)))
            case {"configMap": {"name": name, **details}}:
                files = read_data("configMapRef", name, objects)
                yield Volume(path, True, files, int(details.get("defaultMode", DEFAULT_MODE)))
            case {"persistentVolumeClaim": {"claimName": name}}:
                if not objects.find("PersistentVolumeClaim", name):
                    raise PendingPodError(f'persistentvolumeclaim "{name}" not found')
                yield Volume(path, read_only, claim=name)
            case source:
                raise NotImplementedError(str(source))


def read_data(reference: str, name: str, objects: ClusterObjects) -> dict[str, bytes]:
    """Returns the values of a secret or config map by key.

    reference: secretRef or configMapRef, as in envFrom. Raises PendingPodError if it is missing.
    """
    kind = {"secretRef": "Secret", "configMapRef": "ConfigMap"}[reference]
    if not (found := objects.find(kind, name)):
        raise PendingPodError(f'{kind.lower()} "{name}" not found')
    if kind == "ConfigMap":
        return {key: value.encode() for key, value in found.get("data", {}).items()}
    return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}


def list_names(workload: Manifest, pod: str, objects: ClusterObjects) -> Iterator[str]:
    """Yields the DNS names at which a pod is found: those of the Services that select it."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    for service in objects.iterate("Service"):
        if not service["spec"]["selector"].items() <= labels.items():
            continue
        for port in service["spec"]["ports"]:
            check_port(port, workload)
        name, namespace = service["metadata"]["name"], service["metadata"].get("namespace")
        hosts = [name] + ([f"{pod}.{name}"] if service["spec"].get("clusterIP") == "None" else [])
        for host in hosts:
            yield from (host, f"{host}.{namespace}", f"{host}.{namespace}.svc")


def check_port(port: Manifest, workload: Manifest) -> None:
    """Raises PendingPodError unless a port of a Service leads to the same port of its pods."""
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    own = {each["name"]: each["containerPort"] for each in container["ports"]}
    target = own.get(port["targetPort"], port["targetPort"])
    if target != port["port"]:
        raise PendingPodError(f"port {port['port']} leads to {target}: names here are of pods")


def parse_quantity(text: str) -> int:
    """Returns an amount such as 4Gi as a number."""
    if not (found := re.fullmatch(r"(\d+)([A-Za-z]*)", text)):
        raise ValueError(f"{text}: write a number and a unit")
    return int(found[1]) * UNITS[found[2]]


def materialize(volume: Volume, folder: Path, group: int) -> None:
    """Writes the files of a volume into a folder, as the kubelet does.

    group: number of the group that owns the folder and its files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, 0, group)
    folder.chmod(0o755 if volume.files else 0o2775)
    for name, data in volume.files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        os.chown(path, 0, group)
        path.chmod(volume.mode)
