"""Checks of the Kubernetes manifests that kubectl would apply."""

import json
import re
from functools import cache

import kubernetes_validate
import pytest
import yaml

from cyclorama.version import __version__
from tests.support.manifests import (
    COMPONENTS,
    FOLDER,
    find_container,
    find_manifest,
    iterate_pods,
    read_variables,
    render_components,
    render_folder,
)
from tests.support.processes import STAGES
from tests.support.settings import SETTINGS, variable_names
from tools import ROOT
from tools.doubles.kubernetes.objects import VERSION, Manifest, check_restricted
from tools.doubles.kubernetes.pods import parse_quantity

# Variables of libraries and of the page rather than of settings classes.
LIBRARIES = {"TORCHINDUCTOR_CACHE_DIR"}
PAGE_SETTINGS = {
    "CYCLORAMA_WEB_LISTEN",
    "CYCLORAMA_GATEWAY",
    "CYCLORAMA_CA",
    "CYCLORAMA_TOKEN_FILE",
}
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
COMBINATIONS = [(), *((name,) for name in COMPONENTS), ("finishing", "keda"), COMPONENTS]


@pytest.fixture(params=COMBINATIONS, ids="+".join)
def manifests(request) -> list[Manifest]:
    """The manifests of the base alone, with each component, and with all."""
    return render_components(*request.param)


def read_compose_service(overlay: str, service: str) -> dict:
    """Returns a service from the compose file of the same name."""
    return yaml.safe_load((DEPLOY / f"compose.{overlay}.yml").read_text())["services"][service]


def pod_labels(manifests: list[Manifest]) -> dict[str, dict[str, str]]:
    """Returns the labels of the pods of each workload by its name."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each, _ in iterate_pods(manifests)
    }


def select(labels: dict[str, dict[str, str]], selector: Manifest) -> set[str]:
    """Returns the names of the workloads whose pods a label selector matches."""
    operators = {"In": lambda value, of: value in of, "NotIn": lambda value, of: value not in of}
    return {
        name
        for name, own in labels.items()
        if selector.get("matchLabels", {}).items() <= own.items()
        and all(
            operators[each["operator"]](own.get(each["key"]), each["values"])
            for each in selector.get("matchExpressions", ())
        )
    }


def test_the_example_lists_every_component_in_order():
    text = (FOLDER / "overlays" / "example" / "kustomization.yaml").read_text()
    assert tuple(re.findall(r"components/([\w-]+)", text)) == COMPONENTS
    assert {path.name for path in (FOLDER / "components").iterdir()} == set(COMPONENTS)
    assert all(f"`{name}`" in PAGE for name in COMPONENTS)


def test_the_example_names_the_image_of_every_pod():
    folder = FOLDER / "overlays" / "example"
    images = yaml.safe_load((folder / "kustomization.yaml").read_text())["images"]
    named = {each["name"] for each in images}
    used = {
        pod["containers"][0]["image"].partition(":")[0]
        for components in COMBINATIONS
        for _, pod in iterate_pods(render_components(*components))
    }
    assert named == used
    for _, pod in iterate_pods(render_folder(folder)):
        image = pod["containers"][0]["image"]
        assert image.startswith("registry.example.com/cyclorama/")


def test_images_have_the_version_of_the_project(manifests):
    for _, pod in iterate_pods(manifests):
        name, _, tag = pod["containers"][0]["image"].partition(":")
        assert name.startswith("cyclorama/") and tag == __version__


def test_manifests_match_the_kubernetes_schema(manifests):
    kinds = [each["kind"] for each in manifests]
    assert kinds.count("Deployment") >= 4 and kinds.count("NetworkPolicy") >= 4
    for each in manifests:
        # A custom resource of KEDA, without a schema here.
        if each["kind"] != "ScaledObject":
            validate_once(json.dumps(each))


@cache
def validate_once(manifest: str) -> None:
    """Validates a manifest in JSON, unless an equal one of another combination was valid."""
    kubernetes_validate.validate(json.loads(manifest), VERSION, strict=True)


def test_only_keda_needs_custom_resources():
    for components in COMBINATIONS:
        apis = {each["apiVersion"] for each in render_components(*components)}
        foreign = {api for api in apis if not re.fullmatch(r"v1|\w+/v\d|[\w.]+\.k8s\.io/v\d", api)}
        scaled = "keda" in components and "small" not in components
        assert foreign == ({"keda.sh/v1alpha1"} if scaled else set())


def test_everything_is_in_the_namespace_of_the_base(manifests):
    namespace = find_manifest("Namespace", "cyclorama", manifests)
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    others = [each for each in manifests if each is not namespace]
    assert {each["metadata"]["namespace"] for each in others} == {"cyclorama"}


def test_pods_run_without_privileges(manifests):
    assert len(list(iterate_pods(manifests))) >= 5
    for _, pod in iterate_pods(manifests):
        (container,) = pod["containers"]
        # Raises AdmissionError.
        check_restricted(pod)
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"]


def test_pods_limit_what_they_use(manifests):
    for _, pod in iterate_pods(manifests):
        resources = pod["containers"][0]["resources"]
        assert resources["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
        assert {"memory", "ephemeral-storage"} <= resources["limits"].keys()
        sizes = [each["emptyDir"]["sizeLimit"] for each in pod["volumes"] if "emptyDir" in each]
        temporary = sum(map(parse_quantity, sizes))
        assert temporary < parse_quantity(resources["limits"]["ephemeral-storage"])


def test_processes_read_the_memory_limit_of_their_container(manifests):
    for each, pod in iterate_pods(manifests):
        found = {v["name"]: v.get("valueFrom") for v in pod["containers"][0]["env"]}
        if each["metadata"]["name"] != "cyclorama-page":
            source = {"resource": "limits.memory", "divisor": "1Mi"}
            assert found["CYCLORAMA_MEMORY_MIB"] == {"resourceFieldRef": source}


def test_probes_speak_the_protocol_of_their_port(manifests):
    """The gRPC probes of Kubernetes know no TLS, and the page refuses names of other hosts."""
    for _, pod in iterate_pods(manifests):
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for name in ("startupProbe", "readinessProbe"):
            match container[name]:
                case {"exec": {"command": command}}:
                    address = f"127.0.0.1:{ports['grpc']}"
                    assert command == ["python", "-m", "services.runtime.healthcheck", address]
                case {"httpGet": {"port": "http", "httpHeaders": headers}}:
                    assert headers == [{"name": "Host", "value": "localhost"}]
                case other:
                    pytest.fail(str(other))
            # Python starts in less, unless other processes need the cores.
            assert container[name]["timeoutSeconds"] >= 5
        assert container["livenessProbe"]["tcpSocket"]["port"] in ports


def test_the_termination_grace_period_outlasts_draining_and_calls_in_flight(manifests):
    for each, pod in iterate_pods(manifests):
        if each["metadata"]["name"] != "cyclorama-page":
            variables = read_variables(pod["containers"][0])
            stopping = ("CYCLORAMA_DRAIN_SECONDS", "CYCLORAMA_GRACE_SECONDS")
            seconds = sum(float(variables[name]) for name in stopping)
            assert pod["terminationGracePeriodSeconds"] > seconds


def test_services_select_existing_pods_and_ports(manifests):
    labels = pod_labels(manifests)
    services = [each for each in manifests if each["kind"] == "Service"]
    assert len(services) >= 6
    for service in services:
        (name,) = select(labels, {"matchLabels": service["spec"]["selector"]})
        container = find_container(name.removeprefix("cyclorama-"), manifests)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


def test_every_stage_has_a_headless_service(manifests):
    """The gateway then sees every replica and balances calls itself."""
    for each, _ in iterate_pods(manifests):
        name = each["metadata"]["name"]
        if name not in ("cyclorama-gateway", "cyclorama-page"):
            assert find_manifest("Service", name, manifests)["spec"]["clusterIP"] == "None"


def test_disruption_budgets_and_spreading_select_the_pods_of_one_workload(manifests):
    """A pod with two budgets cannot be evicted at all."""
    labels = pod_labels(manifests)
    budgets = [each for each in manifests if each["kind"] == "PodDisruptionBudget"]
    for budget in budgets:
        assert select(labels, budget["spec"]["selector"]) == {budget["metadata"]["name"]}
        # One replica could never be moved with minAvailable.
        assert budget["spec"].keys() == {"maxUnavailable", "selector"}
    for each, pod in iterate_pods(manifests):
        (spread,) = pod["topologySpreadConstraints"]
        assert select(labels, spread["labelSelector"]) == {each["metadata"]["name"]}


def test_every_scaler_scales_an_existing_workload_that_has_no_other(manifests):
    scaled = [
        each["spec"]["scaleTargetRef"]["name"]
        for each in manifests
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    ]
    workloads = {each["metadata"]["name"]: each for each, _ in iterate_pods(manifests)}
    assert len(scaled) == len(set(scaled)) and set(scaled) <= workloads.keys()
    for name, each in workloads.items():
        # A number in the manifest would undo the scaler's at every apply.
        if name in scaled:
            assert "replicas" not in each["spec"], name


def allowed_callers(service: str, port: str, manifests: list[Manifest]) -> set[str]:
    """Returns the workloads whose pods may open connections to a port, by the network policies.

    port: its name. "any" stands for addresses of all kinds.
    """
    labels, name = pod_labels(manifests), f"cyclorama-{service}"
    number = next(
        p["containerPort"] for p in find_container(service, manifests)["ports"] if p["name"] == port
    )
    policies = [each["spec"] for each in manifests if each["kind"] == "NetworkPolicy"]

    def admits(rule: Manifest) -> bool:
        ports = [each["port"] for each in rule.get("ports", ())]
        return not ports or port in ports or number in ports

    def peers(rules: list[Manifest], key: str) -> set[str]:
        found = set()
        for rule in filter(admits, rules):
            for peer in rule.get(key, [{"podSelector": {}}]):
                found |= select(labels, peer.get("podSelector", {"matchLabels": {"": ""}}))
            found |= set() if key in rule else {"any"}
        return found

    incoming = [p for p in policies if name in select(labels, p["podSelector"])]
    assert all("Ingress" in p["policyTypes"] or "ingress" not in p for p in incoming)
    callers = set().union(*(peers(p.get("ingress", []), "from") for p in incoming))

    def may_send(caller: str) -> bool:
        outgoing = [p for p in policies if caller in select(labels, p["podSelector"])]
        assert any("Egress" in p["policyTypes"] for p in outgoing)
        return name in set().union(*(peers(p.get("egress", []), "to") for p in outgoing))

    return {each for each in callers if each == "any" or may_send(each)}


def test_network_policies_let_through_exactly_the_calls_of_the_pipeline(manifests):
    for each, _ in iterate_pods(manifests):
        service = each["metadata"]["name"].removeprefix("cyclorama-")
        match service:
            case "page":
                assert allowed_callers(service, "http", manifests) == set()
            case "gateway":
                assert allowed_callers(service, "grpc", manifests) >= {"any", "cyclorama-page"}
            case _:
                assert allowed_callers(service, "grpc", manifests) == {"cyclorama-gateway"}


def test_all_pods_may_ask_dns_and_be_scraped_for_metrics(manifests):
    everything = find_manifest("NetworkPolicy", "cyclorama", manifests)["spec"]
    assert select(pod_labels(manifests), everything["podSelector"]) == set(pod_labels(manifests))
    (dns,) = everything["egress"]
    assert {(each["port"], each["protocol"]) for each in dns["ports"]} == {(53, "UDP"), (53, "TCP")}
    (scraped,) = everything["ingress"]
    assert scraped["ports"] == [{"port": "metrics"}]


def test_the_gateway_has_the_address_of_every_stage(manifests):
    names = {each["metadata"]["name"] for each in manifests if each["kind"] == "Service"}
    variables = read_variables(find_container("gateway", manifests))
    for stage in STAGES:
        address = variables[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"]
        host, _, port = address.removeprefix("dns:///").partition(":")
        assert host in names and port == "50051", stage


def test_pods_set_only_settings_of_their_service(manifests):
    for each, pod in iterate_pods(manifests):
        service = each["metadata"]["labels"]["app.kubernetes.io/component"]
        known = PAGE_SETTINGS if service == "page" else variable_names(SETTINGS[service])
        assert read_variables(pod["containers"][0]).keys() - LIBRARIES <= known, service


def test_no_service_allows_plaintext_or_callers_without_token(manifests):
    for each, pod in iterate_pods(manifests):
        variables = read_variables(pod["containers"][0])
        assert not [name for name in variables if "ALLOW" in name]
        service = each["metadata"]["name"].removeprefix("cyclorama-")
        required = {
            "page": {"CYCLORAMA_CA", "CYCLORAMA_TOKEN_FILE"},
            "gateway": {"CYCLORAMA_GATEWAY_STAGE_TLS_CA", "CYCLORAMA_GATEWAY_CALLERS"},
        }.get(service, {"CYCLORAMA_TLS_CLIENT_CA"})
        required |= set() if service == "page" else {"CYCLORAMA_TLS_CERT", "CYCLORAMA_TLS_KEY"}
        assert required <= variables.keys()


def test_files_that_settings_name_are_mounted(manifests):
    for _, pod in iterate_pods(manifests):
        (container,) = pod["containers"]
        mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
        files = [
            value for value in read_variables(container).values() if value and value.startswith("/")
        ]
        assert files and "/tmp" in mounts
        assert all(any(f"{file}/".startswith(f"{path}/") for path in mounts) for file in files)


def find_references(pod: Manifest) -> set[tuple[str, str]]:
    """Returns the kind and name of every object that a pod needs."""
    found = set()
    for volume in pod["volumes"]:
        match volume:
            case {"secret": {"secretName": name}}:
                found.add(("secret", name))
            case {"configMap": {"name": name}}:
                found.add(("configmap", name))
            case {"persistentVolumeClaim": {"claimName": name}}:
                found.add(("claim", name))
    for source in pod["containers"][0].get("envFrom", ()):
        (kind, reference) = next(iter(source.items()))
        found.add((kind.removesuffix("Ref").lower(), reference["name"]))
    return found


def created_by_the_page() -> set[tuple[str, str]]:
    """Returns the kind and name of every object that a command of the page creates."""
    created = {
        (kind, name)
        for kind, name in re.findall(
            r"kubectl create (secret|configmap) (?:generic |tls )?(\S+)", PAGE
        )
    }
    (loop,) = re.findall(r"for service in ([a-z ]+); do", PAGE)
    created |= {("secret", f"cyclorama-{service}-tls") for service in loop.split()}
    assert "kubectl apply -k deploy/kubernetes/overlays/shop/models" in PAGE
    claims = render_folder(FOLDER / "overlays" / "example" / "models")
    return created | {
        ("claim", each["metadata"]["name"])
        for each in claims
        if each["kind"] == "PersistentVolumeClaim"
    }


def test_a_command_of_the_page_creates_every_object_that_pods_need(manifests):
    created = created_by_the_page()
    for _, pod in iterate_pods(manifests):
        assert find_references(pod) <= created


@pytest.mark.parametrize("folder", ["models", "jobs"])
def test_pods_for_commands_comply_with_the_namespace(folder):
    manifests = render_folder(FOLDER / folder)
    for each in manifests:
        kubernetes_validate.validate(each, VERSION, strict=True)
        assert each["metadata"]["namespace"] == "cyclorama"
    (pod,) = (each["spec"] for each in manifests if each["kind"] == "Pod")
    check_restricted(pod)
    assert pod["containers"][0]["image"] == f"cyclorama/gateway:{__version__}"


def test_the_pod_for_jobs_mounts_the_database_where_the_gateway_does():
    (manifest,) = render_folder(FOLDER / "overlays" / "example" / "jobs")
    (own,) = manifest["spec"]["containers"][0]["volumeMounts"]
    base = render_components()
    assert own in find_container("gateway", base)["volumeMounts"]
    gateway = find_manifest("StatefulSet", "cyclorama-gateway", base)
    (template,) = gateway["spec"]["volumeClaimTemplates"]
    claim = f"{template['metadata']['name']}-{gateway['metadata']['name']}-0"
    (volume,) = manifest["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim


def test_metrics_are_served_on_the_scraped_port(manifests):
    for each, pod in iterate_pods(manifests):
        if each["metadata"]["name"] == "cyclorama-page":
            continue
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        annotations = each["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/scrape"] == "true"
        assert annotations["prometheus.io/port"] == str(ports["metrics"])
        address = read_variables(container)["CYCLORAMA_METRICS_ADDRESS"]
        assert address == f"0.0.0.0:{ports['metrics']}"


def test_finishing_runs_in_its_own_pods():
    manifests = render_components("finishing")
    compositing = read_variables(find_container("compositing", manifests))
    assert compositing["CYCLORAMA_COMPOSITING_SERVE_FINISHING"] == "false"
    gateway = read_variables(find_container("gateway", manifests))
    assert gateway["CYCLORAMA_GATEWAY_FINISHING_ADDRESS"] == "dns:///cyclorama-finishing:50051"
    assert find_container("finishing", manifests)["ports"][0]["containerPort"] == 50051


def test_autoscaled_pods_request_the_resource_they_scale_by(manifests):
    for scaler in (each for each in manifests if each["kind"] == "HorizontalPodAutoscaler"):
        (metric,) = scaler["spec"]["metrics"]
        name = scaler["spec"]["scaleTargetRef"]["name"].removeprefix("cyclorama-")
        # Utilization is a share of the request, so there must be one.
        assert (
            metric["resource"]["name"] in find_container(name, manifests)["resources"]["requests"]
        )


def test_every_stage_is_autoscaled_by_queue_or_by_cpu():
    def scaled_by(kind: str, *components: str) -> set[str]:
        found = (each for each in render_components(*components) if each["kind"] == kind)
        return {each["spec"]["scaleTargetRef"]["name"] for each in found}

    stages = {f"cyclorama-{stage}" for stage in STAGES}
    assert scaled_by("HorizontalPodAutoscaler") == scaled_by("ScaledObject", "keda") == stages
    assert not scaled_by("HorizontalPodAutoscaler", "keda")
    own = ("finishing", "keda")
    assert scaled_by("ScaledObject", *own) == stages | {"cyclorama-finishing"}
    assert not scaled_by("HorizontalPodAutoscaler", *own)


@pytest.mark.parametrize("components", [("keda",), ("finishing", "keda")])
def test_a_stage_scales_by_the_queues_of_what_it_serves(components):
    counted = {}
    for each in render_components(*components):
        if each["kind"] == "ScaledObject":
            (trigger,) = each["spec"]["triggers"]
            (served,) = set(re.findall(r'stage=~?"(.+?)"', trigger["metadata"]["query"]))
            counted[each["spec"]["scaleTargetRef"]["name"]] = served
    both = "compositing" if "finishing" in components else "compositing|finishing"
    services = {*STAGES, *components} - {"keda"}
    assert counted == {f"cyclorama-{name}": name for name in services} | {
        "cyclorama-compositing": both
    }


def test_a_small_cluster_runs_one_replica_with_small_requests():
    manifests = render_components("small")
    containers = [pod["containers"][0] for _, pod in iterate_pods(manifests)]
    assert {each["resources"]["requests"]["cpu"] for each in containers} == {"100m"}
    assert {each["spec"]["replicas"] for each, _ in iterate_pods(manifests)} == {1}
    assert "HorizontalPodAutoscaler" not in {each["kind"] for each in manifests}


def test_gateways_share_stores_with_the_settings_of_compose():
    compose = read_compose_service("s3-postgres", "gateway")["environment"]
    manifests = render_components("s3-postgres")
    gateway = find_manifest("StatefulSet", "cyclorama-gateway", manifests)
    container = find_container("gateway", manifests)
    assert container["envFrom"] == [{"secretRef": {"name": "cyclorama-store"}}]
    assert gateway["spec"]["replicas"] == 2 and "volumeClaimTemplates" not in gateway["spec"]
    assert "/home/cyclorama/state" not in [each["mountPath"] for each in container["volumeMounts"]]
    assert all(name in PAGE for name in compose if name.startswith(("AWS_", "CYCLORAMA_GATEWAY")))


def test_the_gpu_component_has_the_image_and_weights_of_compose():
    compose = read_compose_service("gpu", "segmentation")
    container = find_container("segmentation", render_components("gpu"))
    assert container["image"] == f"cyclorama/segmentation-sam:{__version__}"
    assert container["image"].partition(":")[0] in compose["image"]
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    weights, kernels = mounts["models"], mounts["kernels"]["mountPath"]
    models = f"${{MODELS:-./models}}:{weights['mountPath']}:ro"
    assert compose["volumes"] == [models, f"kernels:{kernels}"]
    assert weights["readOnly"]
    assert compose["environment"].items() <= read_variables(container).items()
    assert container["resources"]["limits"]["memory"].lower() == f"{compose['mem_limit']}i"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


@pytest.mark.parametrize("component", ["gpu", "diffusers"])
def test_pods_with_a_gpu_are_replaced_one_after_the_other(component):
    """A surge pod would wait for a GPU that the pods before it use."""
    manifests = render_components(component)
    (found,) = (
        each
        for each, pod in iterate_pods(manifests)
        if "nvidia.com/gpu" in pod["containers"][0]["resources"]["limits"]
    )
    assert found["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert found["spec"]["replicas"] == 1
    (toleration,) = found["spec"]["template"]["spec"]["tolerations"]
    assert toleration["key"] == "nvidia.com/gpu"


def test_the_diffusers_component_serves_two_stages_from_one_pod_per_gpu():
    manifests = render_components("keda", "diffusers")
    names = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    assert not {kind for kind, name in names if name == "cyclorama-inpainting"}
    assert not {"HorizontalPodAutoscaler", "ScaledObject"} & {
        kind for kind, name in names if name == "cyclorama-background"
    }
    variables = read_variables(find_container("gateway", manifests))
    assert variables["CYCLORAMA_GATEWAY_INPAINTING_ADDRESS"] == "dns:///cyclorama-background:50051"
    mounts = {
        each["name"]: each for each in find_container("background", manifests)["volumeMounts"]
    }
    assert mounts["models"]["readOnly"]


def test_the_diffusers_component_has_the_image_and_settings_of_compose():
    compose = read_compose_service("diffusers", "background")
    container = find_container("background", render_components("diffusers"))
    assert container["image"] == f"cyclorama/background-diffusers:{__version__}"
    assert container["image"].partition(":")[0] in compose["image"]
    served = "CYCLORAMA_BACKGROUND_SERVE_INPAINTING"
    assert read_variables(container)[served] == compose["environment"][served] == "true"
    assert container["envFrom"] == [{"configMapRef": {"name": "cyclorama-diffusers"}}]
    probe = container["startupProbe"]
    seconds = probe["failureThreshold"] * probe["periodSeconds"]
    assert compose["healthcheck"]["start_period"] == f"{seconds}s"
    memory = container["resources"]["limits"]["memory"].lower()
    assert compose["mem_limit"] == f"${{DIFFUSERS_MEMORY:-{memory.removesuffix('i')}}}"


def list_additions(manifests: list[Manifest]) -> set[tuple[str, str, str]]:
    """Returns workload, kind and JSON of everything that components may append to in pods."""
    return {
        (each["metadata"]["name"], kind, json.dumps(item, sort_keys=True))
        for each, pod in iterate_pods(manifests)
        for kind in ("env", "envFrom", "volumeMounts", "volumes")
        for item in (pod if kind == "volumes" else pod["containers"][0]).get(kind, ())
    }


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_adds_the_same_among_all_others(component):
    """A patch that replaces a list would drop what the components before it have added."""
    together = render_components(*COMPONENTS)
    left = {each["metadata"]["name"] for each, _ in iterate_pods(together)}
    alone = list_additions(render_components(component)) - list_additions(render_components())
    assert {each for each in alone if each[0] in left} <= list_additions(together)


def test_containers_have_the_memory_of_compose():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for each, pod in iterate_pods(render_components("finishing")):
        service = compose[each["metadata"]["name"].removeprefix("cyclorama-")]
        memory = pod["containers"][0]["resources"]["limits"]["memory"]
        assert parse_quantity(memory) == parse_quantity(f"{service['mem_limit'].upper()}i"), memory


def test_traces_reach_a_collector_from_every_process_but_the_page():
    manifests = render_components("finishing", "traces")
    policy = find_manifest("NetworkPolicy", "cyclorama-traces", manifests)["spec"]
    senders = select(pod_labels(manifests), policy["podSelector"])
    source = {"configMapRef": {"name": "cyclorama-traces"}}
    assert senders == {
        each["metadata"]["name"]
        for each, pod in iterate_pods(manifests)
        if source in pod["containers"][0].get("envFrom", ())
    }
    assert senders == set(pod_labels(manifests)) - {"cyclorama-page"}
    (port,) = policy["egress"][0]["ports"]
    assert f"CYCLORAMA_OTLP_ENDPOINT=http://collector.monitoring.svc:{port['port']}" in PAGE


def test_a_gateway_that_never_became_ready_can_be_replaced():
    """With OrderedReady, the controller waits for it, also when the former version is applied."""
    gateway = find_manifest("StatefulSet", "cyclorama-gateway", render_components())
    assert gateway["spec"]["podManagementPolicy"] == "Parallel"


def test_a_load_balancer_forwards_to_the_gateway():
    manifests = render_components("load-balancer")
    assert (
        find_manifest("Service", "cyclorama-gateway", manifests)["spec"]["type"] == "LoadBalancer"
    )


def test_routes_of_the_page_name_existing_services():
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    route, policy = yaml.safe_load_all(text)
    (backend,) = route["spec"]["rules"][0]["backendRefs"]
    manifests = render_components()
    service = find_manifest("Service", backend["name"], manifests)
    assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]
    (target,) = policy["spec"]["targetRefs"]
    assert target["name"] == policy["spec"]["validation"]["hostname"] == backend["name"]
    (authority,) = policy["spec"]["validation"]["caCertificateRefs"]
    assert (authority["kind"].lower(), authority["name"]) in created_by_the_page()
