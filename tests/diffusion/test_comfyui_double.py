"""The double of ComfyUI: judged by the official client, and checked for the server's traps."""

import io
import json
import re
import struct
import subprocess
import sys
import uuid

import cv2
import numpy as np
import pytest
import requests
import websocket
from comfy_sdk import (
    Comfy,
    Event,
    InvalidWorkflow,
    JobFailed,
    OutputReady,
    Preview,
    Progress,
    StatusChange,
)
from PIL import Image

from tests.support.waiting import wait_until
from tools.doubles.comfyui.nodes import NODES
from tools.doubles.comfyui.operations import OPERATIONS
from tools.doubles.comfyui.options import MODEL_FILE

VERSIONS = ("0.3.64", "0.25.0", "0.36.0")


@pytest.fixture(scope="module")
def process(doubles):
    """The process of the double, an idle one of the session if there is any."""
    idle, launch = doubles
    running = idle["comfyui",].pop() if idle["comfyui",] else launch("comfyui")
    yield running
    idle["comfyui",].append(running)


@pytest.fixture
def double(process):
    """The double, as just started."""
    yield process
    process.reset()


@pytest.fixture(scope="module")
def proxy(process):
    """The URL of the official proxy, in its own process in front of the double."""
    command = ["comfy_api_proxy.cli", "run", "--port=0", f"--comfyui={process.url}"]
    with subprocess.Popen(
        # Unbuffered: it does not flush the line with its address.
        [sys.executable, "-u", "-m", *command],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield re.search(r"http://\S+", running.stdout.readline())[0]
        finally:
            running.kill()


@pytest.fixture
def client(proxy, double, monkeypatch):
    """The official client of the double."""
    monkeypatch.setenv("COMFY_BASE_URL", proxy)
    with Comfy() as client:
        yield client


@pytest.fixture
def socket(double):
    """A socket of the client "me"."""
    opened = open_socket(double)
    yield opened
    opened.close()
    opened.shutdown()


def link(node_id: str, slot: int = 0) -> list:
    return [node_id, slot]


def build_graph(output: str = "SaveImage", **sampling: object) -> dict:
    """Returns a graph that generates 64 x 48 pixels in 4 steps; `output` is node 7."""
    sampler = {"seed": 1, "steps": 4, "cfg": 7, "denoise": 1.0, "model": link("1")}
    sampler |= {"sampler_name": "euler", "scheduler": "normal", "latent_image": link("4")}
    sampler |= {"positive": link("2"), "negative": link("3")} | sampling
    prefix = {"filename_prefix": "ads/double"} if output == "SaveImage" else {}
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name=MODEL_FILE),
        "2": node("CLIPTextEncode", text="a beach", clip=link("1", 1)),
        "3": node("CLIPTextEncode", text="blurry", clip=link("1", 1)),
        "4": node("EmptyLatentImage", width=64, height=48, batch_size=1),
        "5": node("KSampler", **sampler),
        "6": node("VAEDecode", samples=link("5"), vae=link("1", 2)),
        "7": node(output, images=link("6"), **prefix),
    }


def build_inpainting_graph(image: str, mask: str, **sampling: object) -> dict:
    """Returns a graph that repaints an uploaded image where an uploaded mask is white."""
    return build_graph("SaveImageWebsocket", latent_image=link("11"), **sampling) | {
        "8": node("LoadImage", image=image),
        "9": node("LoadImageMask", image=mask, channel="red"),
        "10": node("VAEEncode", pixels=link("8"), vae=link("1", 2)),
        "11": node("SetLatentNoiseMask", samples=link("10"), mask=link("9")),
    }


def node(class_type: str, **inputs: object) -> dict:
    return {"class_type": class_type, "inputs": inputs}


def encode_png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def upload(double, name: str, data: bytes, **form: str) -> dict:
    files = {"image": (name, data, "image/png")}
    return requests.post(f"{double.url}/upload/image", data=form, files=files, timeout=10).json()


def open_socket(double, client_id: str = "me") -> websocket.WebSocket:
    opened = websocket.WebSocket()
    opened.settimeout(10)
    url = double.url.replace("http", "ws", 1)
    opened.connect(f"{url}/ws?clientId={client_id}", suppress_origin=True)
    assert json.loads(opened.recv())["data"]["sid"] == client_id
    return opened


def submit(double, graph: dict, **body: object) -> requests.Response:
    body = {"prompt": graph, "client_id": "me"} | body
    return requests.post(f"{double.url}/prompt", json=body, timeout=10)


def read_run(socket: websocket.WebSocket) -> tuple[list[tuple[str, dict]], list[bytes]]:
    """Returns the events and the binary frames of a job until its end."""
    events, frames = [], []
    while True:
        kind, data = socket.recv_data()
        if kind == websocket.ABNF.OPCODE_CLOSE:
            raise ConnectionResetError
        if kind == websocket.ABNF.OPCODE_BINARY:
            frames.append(data)
            continue
        event = json.loads(data)
        events.append((event["type"], event["data"]))
        if event["type"] == "executing" and event["data"]["node"] is None:
            return events, frames


def run_graph(double, socket, graph: dict) -> np.ndarray:
    """Returns the picture that a graph sends over the socket: uint8 RGB (H, W, 3)."""
    submit(double, graph).raise_for_status()
    _, frames = read_run(socket)
    assert frames[-1][:8] == struct.pack(">II", 1, 2)
    return np.asarray(Image.open(io.BytesIO(frames[-1][8:])))


def read_history(double, prompt_id: str) -> dict:
    history = requests.get(f"{double.url}/history/{prompt_id}", timeout=10).json()
    return history.get(prompt_id, {})


def stream_events(double, job) -> list[Event]:
    """Returns the events of a job behind a hanging one, which continues once they are streamed."""
    events = job.events()
    first = next(events)
    wait_until(lambda: job.id in double.state()["sockets"], "the socket of the proxy")
    double.misbehave("")
    return [first, *events]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_official_client_uploads_runs_streams_and_fetches(client, double, version):
    double.change_options(version=version)
    # Another photo each time, as the proxy remembers which it has uploaded.
    pixels = np.full((48, 64, 3), 80 + VERSIONS.index(version), np.uint8)
    photo = client.assets.from_bytes(encode_png(pixels), filename="photo.png")
    graph = build_graph(latent_image=link("11"), denoise=0.5)
    graph["8"] = node("LoadImage", image="")
    graph["11"] = node("VAEEncode", pixels=link("8"), vae=link("1", 2))
    workflow = client.workflows.from_json(graph)
    workflow.set_input("8", "image", photo)
    double.misbehave("hang", times=1)
    job = client.submit(workflow)
    kinds = [type(each) for each in stream_events(double, job)]
    assert kinds[0] == StatusChange and Progress in kinds and OutputReady in kinds
    (output,) = job.refresh().get_outputs("7")
    picture = Image.open(io.BytesIO(output.to_bytes()))
    assert picture.size == (64, 48) and output.name == "double_00001_.png"
    assert double.state()["prompts"][0]["prompt_id"] == job.id


def test_the_official_client_streams_position_progress_and_previews(client, double):
    double.change_options(previews=True)
    double.add_other_jobs(1, hang=True)
    job = client.submit(client.workflows.from_json(build_graph()))
    first, *later = stream_events(double, job)
    assert first == StatusChange("queued", queue_position=1)
    assert [each.to_pil().size for each in later if isinstance(each, Preview)] == [(8, 6)]
    assert any(each.nodes_total for each in later if isinstance(each, Progress))


def test_the_official_client_cancels_running_and_pending_jobs(client, double):
    double.misbehave("hang", times=1)
    first, second = (client.submit(client.workflows.from_json(build_graph())) for _ in range(2))
    wait_until(lambda: double.state()["started"] == 1, "the first job")
    assert second.refresh().status == "queued"
    second.cancel()
    first.cancel()
    # The client reads history and queue one after another, and takes a job that ends between the
    # two for one that expired.
    wait_until(lambda: double.state()["in_flight"] == 0, "the end of both jobs")
    assert first.wait(timeout=5).status == "canceled"
    assert double.state()["started"] == 1


def test_the_official_client_reads_the_errors_of_nodes(client, double):
    double.misbehave("node error", times=1)
    job = client.submit(client.workflows.from_json(build_graph()))
    wait_until(lambda: double.state()["finished"] == 1, "the end of the job")
    with pytest.raises(JobFailed):
        job.result()
    assert job.error.node_id == "5" and "mat1 and mat2" in job.error.message
    with pytest.raises(InvalidWorkflow, match="Prompt outputs failed validation"):
        client.submit(client.workflows.from_json(build_graph(sampler_name="none")))


def test_every_node_has_an_operation():
    assert set(OPERATIONS) == set(NODES)


def test_events_come_in_the_order_of_the_server(double, socket):
    prompt_id = submit(double, build_graph("SaveImageWebsocket")).json()["prompt_id"]
    events, frames = read_run(socket)
    kinds = [kind for kind, _ in events if kind not in ("status", "progress", "progress_state")]
    assert kinds == [
        *("execution_start", "execution_cached", *["executing"] * 7, "execution_success"),
        "executing",
    ]
    steps = [data["value"] for kind, data in events if kind == "progress" and data["node"] == "5"]
    assert steps == [1, 2, 3, 4] and len(frames) == 1
    assert all(data["prompt_id"] == prompt_id for kind, data in events if kind != "status")
    history = read_history(double, prompt_id)
    assert history["status"]["status_str"] == "success" and history["outputs"] == {}
    assert not any(double.state()["files"].values())


def test_events_reach_the_newest_socket_of_their_client_only(double, socket):
    other, newer = open_socket(double, "other"), open_socket(double)
    submit(double, build_graph())
    read_run(newer)
    for silent in (socket, other):
        silent.settimeout(0.05)
        with pytest.raises(websocket.WebSocketTimeoutException):
            while json.loads(silent.recv())["type"] == "status":
                pass
    # The end of the older socket unregisters the newer one.
    socket.close()
    wait_until(lambda: double.state()["sockets"] == ["other"], "the end of the older socket")
    other.close()
    newer.close()


def test_an_identical_graph_comes_from_the_cache(double, socket):
    for _ in range(2):
        prompt_id = submit(double, build_graph()).json()["prompt_id"]
        events, _ = read_run(socket)
    cached = next(data["nodes"] for kind, data in events if kind == "execution_cached")
    assert set(cached) == set("1234567")
    assert "executed" in [kind for kind, _ in events]
    assert read_history(double, prompt_id)["outputs"]["7"]["images"]
    assert len(double.state()["image_requests"]) == 1
    assert run_graph(double, socket, build_graph("SaveImageWebsocket")).shape == (48, 64, 3)
    assert len(double.state()["image_requests"]) == 1


def test_clients_that_support_metadata_receive_it_with_every_picture(double, socket):
    double.change_options(previews=True)
    flags = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
    socket.send(json.dumps(flags))
    prompt_id = submit(double, build_graph("SaveImageWebsocket")).json()["prompt_id"]
    _, frames = read_run(socket)
    assert len(frames) == 5
    for frame, fmt, node_id in ((frames[0], "jpeg", "5"), (frames[-1], "png", "7")):
        event, length = struct.unpack(">II", frame[:8])
        metadata = json.loads(frame[8 : 8 + length])
        assert event == 4 and metadata["image_type"] == f"image/{fmt}"
        assert (metadata["node_id"], metadata["prompt_id"]) == (node_id, prompt_id)
        assert Image.open(io.BytesIO(frame[8 + length :])).format == fmt.upper()


def test_a_node_that_fails_ends_the_job_with_an_error(double, socket):
    double.misbehave("out of memory", times=1)
    prompt_id = submit(double, build_graph()).json()["prompt_id"]
    events, _ = read_run(socket)
    (error,) = (data for kind, data in events if kind == "execution_error")
    assert error["exception_type"] == "torch.OutOfMemoryError" and error["node_id"] == "5"
    history = read_history(double, prompt_id)
    assert history["status"]["status_str"] == "error"
    assert history["status"]["messages"][-1] == ["execution_error", error]


def test_an_interrupted_job_looks_failed_but_for_its_last_message(double, socket):
    double.misbehave("hang", times=1)
    prompt_id = submit(double, build_graph()).json()["prompt_id"]
    wait_until(lambda: double.state()["started"] == 1, "the job")
    url = f"{double.url}/api/jobs/{prompt_id}/cancel"
    assert requests.post(url, timeout=10).json() == {"cancelled": True}
    events, _ = read_run(socket)
    assert events[-3][0] == "execution_interrupted"
    status = read_history(double, prompt_id)["status"]
    assert status["status_str"] == "error" and status["messages"][-1] == list(events[-3])
    assert requests.post(url, timeout=10).json() == {"cancelled": False}


@pytest.mark.parametrize("fault", ["socket closed", "socket reset"])
def test_a_socket_may_end_before_its_job(double, socket, fault):
    double.misbehave(fault, times=1)
    prompt_id = submit(double, build_graph()).json()["prompt_id"]
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
        read_run(socket)
    wait_until(lambda: read_history(double, prompt_id), "the end of the job")


def test_an_unknown_fault_is_refused(double):
    with pytest.raises(requests.HTTPError):
        double.misbehave("sloth")


def test_old_versions_lose_cached_outputs_of_jobs_without_client(double):
    double.change_options(version="0.25.0")
    ids = [submit(double, build_graph(), client_id=None).json()["prompt_id"] for _ in range(2)]
    wait_until(lambda: double.state()["finished"] == 2, "both jobs")
    assert [bool(read_history(double, each)["outputs"]) for each in ids] == [True, False]


def test_the_oldest_version_reports_progress_of_one_node_only(double, socket):
    double.change_options(version="0.3.40", previews=True)
    flags = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
    socket.send(json.dumps(flags))
    submit(double, build_graph()).raise_for_status()
    events, frames = read_run(socket)
    assert {"progress_state", "feature_flags"}.isdisjoint(kind for kind, _ in events)
    assert frames[0][:8] == struct.pack(">II", 1, 1)


@pytest.mark.parametrize(
    ("version", "given", "is_kept"),
    [
        ("0.3.40", "mine", False),
        ("0.3.64", "mine", True),
        ("0.25.0", str(uuid.UUID(int=7)), True),
        ("0.25.0", "mine", None),
        ("0.36.0", str(uuid.UUID(int=10)).upper(), None),
    ],
)
def test_versions_differ_in_the_ids_that_they_accept(double, version, given, is_kept):
    double.change_options(version=version)
    response = submit(double, build_graph(), prompt_id=given)
    if is_kept is None:
        assert response.json()["error"]["type"] == "invalid_prompt_id"
    else:
        assert (response.json()["prompt_id"] == given) == is_kept


@pytest.mark.parametrize(("version", "stops_others"), [("0.3.40", True), ("0.3.64", False)])
def test_interrupts_of_old_versions_stop_jobs_of_others(double, version, stops_others):
    double.change_options(version=version)
    double.add_other_jobs(1, hang=True)
    wait_until(lambda: double.state()["started"] == 1, "the job of another client")
    requests.post(f"{double.url}/interrupt", json={"prompt_id": "mine"}, timeout=10)
    assert double.state()["interrupted"] == ["another client"] * stops_others
    assert requests.post(f"{double.url}/api/jobs/mine/cancel", timeout=10).status_code == 404


def test_pixels_come_back_through_the_autoencoder_and_black_is_locked(double, socket):
    photo = np.full((52, 68, 3), (40, 120, 200), np.uint8)
    mask = np.zeros((52, 68), np.uint8)
    mask[:, 34:] = 255
    names = [
        upload(double, f"{i}.png", encode_png(each))["name"] for i, each in enumerate((photo, mask))
    ]
    picture = run_graph(double, socket, build_inpainting_graph(*names, denoise=0.9)).astype(int)
    assert picture.shape == (48, 64, 3)
    change = np.abs(picture - photo[:48, :64, ::-1]).max(axis=2)
    assert 1 < change[:, :24].mean() < 6 < change[:, 40:].mean()
    assert double.image_requests == [] and double.state()["image_requests"][0]["has_mask"]


def test_an_image_without_alpha_has_an_empty_mask(double, socket):
    upload(double, "photo.png", encode_png(np.full((48, 64, 3), 90, np.uint8)))
    graph = build_inpainting_graph("photo.png", "photo.png", denoise=1.0)
    graph["11"]["inputs"]["mask"] = link("8", 1)
    picture = run_graph(double, socket, graph)
    assert np.abs(picture.astype(int) - 90).max() < 15


def test_the_alpha_channel_is_an_inverted_mask(double, socket):
    """Repaints gray where alpha is 0 and pastes the opaque half of the photo back."""
    photo = np.full((48, 64, 4), (40, 120, 200, 255), np.uint8)
    photo[:, 32:, 3] = 0
    upload(double, "photo.png", encode_png(photo))
    graph = build_inpainting_graph("photo.png", "photo.png", denoise=1.0)
    graph["9"]["inputs"]["channel"] = "alpha"
    graph["11"] = node(
        "VAEEncodeForInpaint", pixels=link("8"), vae=link("1", 2), mask=link("9"), grow_mask_by=6
    )
    graph["12"] = node("InvertMask", mask=link("8", 1))
    graph["13"] = node(
        "ImageCompositeMasked",
        destination=link("6"),
        source=link("8"),
        mask=link("12"),
        x=0,
        y=0,
        resize_source=False,
    )
    graph["7"]["inputs"]["images"] = link("13")
    picture = run_graph(double, socket, graph)
    assert np.array_equal(picture[:, :32], photo[:, :32, 2::-1])
    assert np.abs(picture[:, 40:].astype(int) - photo[:, 40:, 2::-1]).mean() > 10


def test_uploads_of_other_content_get_another_name(double):
    names = [upload(double, "a.png", data)["name"] for data in (b"1", b"1", b"2", b"2", b"3")]
    assert names == ["a.png", "a.png", "a (1).png", "a (1).png", "a (2).png"]
    placed = upload(double, "a.png", b"4", subfolder="ads", overwrite="true", type="temp")
    assert placed == {"name": "a.png", "subfolder": "ads", "type": "temp"}
    query = {"filename": "a.png", "subfolder": "ads", "type": "temp"}
    assert requests.get(f"{double.url}/view", query, timeout=10).content == b"4"


@pytest.mark.parametrize(
    ("node_id", "changes", "kind"),
    [
        ("1", {"ckpt_name": "missing.safetensors"}, "value_not_in_list"),
        ("5", {"steps": 0}, "value_smaller_than_min"),
        ("5", {"cfg": 101}, "value_bigger_than_max"),
        ("5", {"seed": "one"}, "invalid_input_type"),
        ("5", {"latent_image": link("1")}, "return_type_mismatch"),
        ("5", {"latent_image": ["4"]}, "bad_linked_input"),
        ("5", {"latent_image": link("6")}, "return_type_mismatch"),
        ("6", {"samples": link("99")}, "exception_during_inner_validation"),
        ("4", None, "required_input_missing"),
    ],
)
def test_an_invalid_input_is_an_error_of_its_node(double, node_id, changes, kind):
    graph = build_graph()
    graph[node_id]["inputs"] = {} if changes is None else graph[node_id]["inputs"] | changes
    response = submit(double, graph)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "prompt_outputs_failed_validation"
    assert kind in [
        each["type"] for body in response.json()["node_errors"].values() for each in body["errors"]
    ]


@pytest.mark.parametrize(
    ("graph", "kind"),
    [
        (build_graph() | {"8": node("IPAdapter")}, "missing_node_type"),
        ({"1": node("EmptyLatentImage")}, "prompt_no_outputs"),
    ],
)
def test_an_invalid_graph_has_one_error(double, graph, kind):
    body = submit(double, graph).json()
    assert body["error"]["type"] == kind and body["node_errors"] == {}


def test_a_cycle_is_an_error_of_its_nodes(double):
    graph = build_graph() | {
        "8": node("InvertMask", mask=link("9")),
        "9": node("InvertMask", mask=link("8")),
    }
    graph["10"] = node("SetLatentNoiseMask", samples=link("4"), mask=link("8"))
    graph["5"]["inputs"]["latent_image"] = link("10")
    errors = submit(double, graph).json()["node_errors"]
    assert {errors[each]["errors"][0]["type"] for each in "89"} == {"dependency_cycle"}


def test_one_good_output_is_enough(double):
    graph = build_graph() | {"8": node("SaveImage", images=link("6"))}
    response = submit(double, graph)
    assert response.status_code == 200
    assert list(response.json()["node_errors"]) == ["8"]


def test_pages_of_other_origins_and_callers_without_the_header_are_refused(double):
    double.change_options(auth="X-Api-Key: secret")
    url = f"{double.url}/api/system_stats"
    key = {"X-Api-Key": "secret"}
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, headers=key, timeout=10).json()["system"]["comfyui_version"]
    foreign = key | {"Origin": "http://127.0.0.1:9"}
    assert requests.get(url, headers=foreign, timeout=10).status_code == 403


@pytest.mark.parametrize("version", ["0.3.64", "0.36.0"])
def test_extra_nodes_of_new_versions_list_values_as_options(double, version):
    double.change_options(version=version)
    url = f"{double.url}/object_info"
    kind, options = requests.get(f"{url}/KSamplerSelect", timeout=10).json()["KSamplerSelect"][
        "input"
    ]["required"]["sampler_name"]
    assert "euler" in (options["options"] if version == "0.36.0" else kind)
    assert requests.get(f"{url}/Missing", timeout=10).json() == {}
