"""Engine `comfyui` on a double: images, workflows, events, cancellation and lost connections."""

import json
import time

import cv2
import numpy as np
import pytest

from services.background.engine import BackgroundRequest
from services.background.engines import BackgroundSettings, open_engine
from services.diffusion import task, watchdog
from services.diffusion.dialects.comfyui.loading import load_builtin_workflow
from services.diffusion.errors import (
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InitIgnored,
    InvalidOutput,
    MaskIgnored,
    ServerRefused,
    Unauthorized,
    WrongModel,
)
from services.runtime.errors import EngineNotReady
from tests.support.pictures import assert_image_equal
from tests.support.waiting import wait_until

VERSIONS = "0.3.40", "0.3.64", "0.36.0"
ORDER = BackgroundRequest("a beach", 256, 192, seed=1)
# Faults after which a picture still comes, perhaps after a second try.
HARMLESS = (
    *("washed out", "product grown", "two images", "half size", "jpeg"),
    *("broken frames", "no end event", "late history", "history lost"),
)
# Faults that lose the first picture.
LOSSES = "socket closed", "socket closed after picture", "job lost", "bad gateway"


@pytest.fixture
def server(start_double):
    return start_double("comfyui")


@pytest.fixture(params=VERSIONS)
def any_version(server, request):
    """A double of a version of ComfyUI."""
    server.change_options(version=request.param)
    return server


@pytest.fixture
def fast_progress(monkeypatch):
    """Asks for the progress 20 times per second."""
    monkeypatch.setattr(task, "PROGRESS_POLL", 0.05)


@pytest.fixture
def draw(generate):
    """Returns a function that has a background generated."""
    return lambda *servers, **request: generate(
        *(each.url for each in servers), dialect="comfyui", **request
    )


def open_comfyui(server, **settings):
    return open_engine("comfyui", BackgroundSettings(comfyui_url=server.url, **settings))


def save_workflow(path, purpose, change) -> str:
    """Writes a built-in workflow to a file, after a function has changed its graph."""
    graph = load_builtin_workflow(purpose).graph
    change(graph)
    path.write_text(json.dumps(graph))
    return str(path)


def test_product_pixels_are_unchanged_and_the_rest_is_repainted(any_version, repaint, product):
    composite, mask = product
    result = repaint(any_version.url, dialect="comfyui")
    assert_image_equal(result.pixels[mask > 0], composite[mask > 0])
    far = cv2.dilate(mask, np.ones((31, 31))) == 0
    assert np.abs(result.pixels[far].astype(int) - composite[far]).mean() > 8
    # Of the autoencoder.
    assert not result.warnings and 0 < result.measured["locked_drift"] < 3


@pytest.mark.parametrize("fault", HARMLESS)
def test_product_pixels_are_unchanged_whatever_the_server_does(server, repaint, product, fault):
    composite, mask = product
    server.misbehave(fault)
    result = repaint(server.url, dialect="comfyui", diffusion_selftest=False)
    assert_image_equal(result.pixels[mask > 0], composite[mask > 0])


def test_a_background_depends_on_prompt_and_seed_and_leaves_no_file(any_version, draw):
    first, again, other = draw(any_version), draw(any_version), draw(any_version, seed=2)
    assert first.pixels.shape == (130, 200, 3)
    assert_image_equal(again.pixels, first.pixels)
    assert first.parameters == again.parameters
    assert (other.pixels != first.pixels).any()
    state = any_version.state()
    assert state["files"] == {"input": [], "output": [], "temp": []}
    assert state["started"] == 3, "an image came from the cache"


def test_files_are_uploaded_once_by_their_content(server, repaint):
    for _ in range(2):
        repaint(server.url, dialect="comfyui", diffusion_selftest=False)
    files = server.state()["files"]
    assert len(files["temp"]) == 2 and not files["input"] and not files["output"]
    assert all(name.startswith("cyclorama/") for name in files["temp"])


def test_the_steps_are_the_share_that_denoising_needs(server, repaint):
    repaint(server.url, dialect="comfyui", strength=0.35, diffusion_selftest=False)
    (sent,) = server.image_requests
    assert (sent["steps"], sent["denoising_strength"]) == (10, 0.35)
    assert (sent["width"], sent["height"], sent["has_mask"]) == (256, 192, True)


def test_options_reach_the_server_under_its_own_names(server, draw):
    options = {"steps": 20, "cfg_scale": 5.5, "sampler": "Euler a", "scheduler": "Karras"}
    result = draw(server, diffusion={**options, "override_settings": {"x": 1}})
    (sent,) = server.image_requests
    assert (sent["steps"], sent["cfg_scale"]) == (20, 5.5)
    assert (sent["sampler_name"], sent["scheduler"]) == ("euler_ancestral", "karras")
    assert [each.reason for each in result.warnings] == ["OVERRIDES_UNUSED"]
    expected = {"kind": "comfyui", "model": "double-v1", "sampler": "euler_ancestral"}
    assert expected.items() <= result.parameters.items()


def test_a_removed_model_that_nobody_asked_for_is_replaced_by_the_present_one(server):
    engine = open_comfyui(server)
    list(engine.generate(ORDER))
    server.change_options(model="renamed.safetensors")
    *_, result = engine.generate(ORDER)
    assert result.model == "renamed"


def test_the_remedy_of_an_empty_image_is_an_option_of_comfyui(server, draw):
    server.misbehave("black")
    with pytest.raises(InvalidOutput, match="--fp32-vae"):
        draw(server)


def test_models_are_chosen_by_name(server, draw):
    server.change_options(model="xl/base.safetensors,flux.safetensors")
    assert draw(server, diffusion={"model": "flux"}).model == "flux"
    assert [each["model"] for each in server.image_requests] == ["flux.safetensors"]
    unset = draw(server)
    assert unset.model == "base" and [each.reason for each in unset.warnings] == ["MODEL_UNSET"]
    with pytest.raises(WrongModel, match="no model sd3"):
        draw(server, diffusion={"model": "sd3"})


def test_progress_comes_with_previews_and_the_place_in_the_queue(server, fast_progress):
    server.change_options(seconds=0.4, previews=True)
    server.add_other_jobs(1, hang=True)
    work = open_comfyui(server).generate(ORDER)
    assert next(step for step in work if step.queue_position is not None).queue_position == 1
    server.misbehave("")
    *steps, _ = work
    assert steps[-1].queue_position == 0
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions) and any(0 < each < 1 for each in fractions)
    shown = [step.preview for step in steps if step.preview is not None]
    assert shown and shown[0].shape[2] == 3 and max(shown[0].shape) <= 256


@pytest.mark.parametrize("is_pending", [False, True])
def test_a_cancellation_stops_our_image_only_within_a_second(
    any_version, is_pending, fast_progress
):
    server = any_version
    if is_pending:
        server.add_other_jobs(1, hang=True)
    else:
        server.misbehave("hang")
    work = open_comfyui(server).generate(ORDER)
    next(step for step in work if (step.queue_position if is_pending else step.fraction))
    before = time.monotonic()
    work.close()
    wait_until(lambda: server.state()["in_flight"] == is_pending, "the cancellation")
    assert time.monotonic() - before < 1
    assert len(server.state()["interrupted"]) == (not is_pending)
    server.misbehave("")


def test_a_server_that_hangs_is_given_up_and_its_image_stopped(server, fast_progress, monkeypatch):
    monkeypatch.setattr(watchdog, "STUCK_SECONDS", 0.3)
    server.misbehave("hang", times=1)
    engine = open_comfyui(server)
    with pytest.raises(DiffusionTimeout, match="hangs"):
        list(engine.generate(ORDER))
    wait_until(lambda: not server.state()["in_flight"], "the cancellation")


@pytest.mark.parametrize("fault", LOSSES)
def test_a_lost_picture_is_generated_again_with_the_same_seed(server, draw, fault):
    plain = draw(server)
    server.misbehave(fault, times=1)
    result = draw(server)
    assert_image_equal(result.pixels, plain.pixels)
    assert result.measured["retries"] <= 1


def test_a_prompt_whose_answer_was_lost_is_not_left_in_the_queue(any_version, fast_progress):
    any_version.misbehave("answer lost", times=1)
    any_version.add_other_jobs(1, hang=True)
    work = open_comfyui(any_version).generate(ORDER)
    assert next(step for step in work if step.queue_position is not None).queue_position == 1
    assert any_version.state()["in_flight"] == 2
    any_version.misbehave("")
    *_, result = work
    assert result.measured["retries"] == 1 and any_version.state()["started"] == 2


def test_a_picture_survives_a_connection_that_is_lost_before(server, draw):
    server.change_options(seconds=0.6)
    server.misbehave("socket closed")
    assert draw(server).measured["retries"] == 0


def test_a_picture_that_the_server_keeps_survives_a_lost_connection(server, draw, tmp_path):
    path = save_workflow(tmp_path / "w.json", "txt2img", use_node("PreviewImage"))
    server.misbehave("socket closed after picture")
    result = draw(server, settings={"comfyui_txt2img_workflow": path})
    assert result.measured["retries"] == 0
    assert len(server.state()["files"]["temp"]) == 1


def use_node(output_class):
    """Returns a function that replaces the class of the output in a graph."""

    def change(graph):
        for node in graph.values():
            if node["class_type"] == "SaveImageWebsocket":
                node["class_type"] = output_class

    return change


@pytest.mark.parametrize(
    ("fault", "error"), [("mask ignored", MaskIgnored), ("init ignored", InitIgnored)]
)
def test_a_server_that_ignores_what_it_gets_is_detected(server, repaint, fault, error):
    server.misbehave(fault)
    with pytest.raises(error):
        repaint(server.url, dialect="comfyui", diffusion_selftest=error is MaskIgnored)


def test_a_workflow_without_mask_relies_on_restoring_the_product(
    server, repaint, product, tmp_path
):
    def remove_mask(graph):
        graph["8"]["inputs"]["latent_image"] = ["6", 0]
        graph["2"]["_meta"]["title"] = "a fixed prompt"
        del graph["5"], graph["7"]

    path = save_workflow(tmp_path / "w.json", "img2img", remove_mask)
    composite, mask = product
    result = repaint(server.url, dialect="comfyui", comfyui_img2img_workflow=path)
    assert_image_equal(result.pixels[mask > 0], composite[mask > 0])
    assert result.measured["locked_changed"] > 0.9
    assert server.state()["started"] == 1, "masks were tested"
    (warning,) = result.warnings
    assert warning.reason == "TAGS_MISSING" and "cyclorama:mask" in warning.message
    assert "cyclorama:prompt" in warning.message


def test_the_workflow_is_part_of_the_version_and_of_the_manifest(server, draw, tmp_path):
    path = save_workflow(tmp_path / "mine.json", "txt2img", use_node("PreviewImage"))
    own = open_comfyui(server, comfyui_txt2img_workflow=path)
    assert own.version != open_comfyui(server).version
    parameters = draw(server, settings={"comfyui_txt2img_workflow": path}).parameters
    assert parameters["workflow"] == "mine" and "PreviewImage" in parameters["workflow_graph"]
    assert parameters["workflow_sha256"].startswith(own.version.partition("-")[2])


def test_an_unreadable_workflow_keeps_the_engine_from_opening(server, tmp_path):
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(EngineNotReady, match="CYCLORAMA_COMFYUI_TXT2IMG_WORKFLOW"):
        open_comfyui(server, comfyui_txt2img_workflow=str(tmp_path / "w.json"))


def test_a_server_that_lacks_a_node_is_not_ready_until_it_has_it(server, draw):
    server.remove_nodes("SaveImageWebsocket")
    assert "no class SaveImageWebsocket" in open_comfyui(server).unavailable_reason()
    with pytest.raises(ServerRefused, match="SaveImageWebsocket"):
        draw(server)
    assert not server.state()["prompts"]
    server.remove_nodes()
    assert not open_comfyui(server).unavailable_reason()


def test_a_server_without_checkpoint_is_not_ready(server):
    server.change_options(model="")
    assert "lists no model" in open_comfyui(server).unavailable_reason()


def test_a_prompt_that_is_queued_without_our_output_is_an_error(server, draw):
    server.misbehave("lying node errors")
    with pytest.raises(WrongModel, match="no model double"):
        draw(server)


def test_memory_is_freed_after_it_ran_out(server, draw):
    server.misbehave("out of memory")
    with pytest.raises(DiffusionOutOfMemory):
        draw(server)
    assert server.state()["frees"] == [{"unload_models": True, "free_memory": True}]


def test_a_header_of_credentials_opens_server_and_socket(server, draw, tmp_path):
    server.change_options(auth="X-Studio-Key: secret")
    (tmp_path / "auth").write_text("X-Studio-Key: secret\n")
    assert draw(server, settings={"comfyui_auth_file": str(tmp_path / "auth")}).pixels.any()
    assert "COMFYUI_AUTH_FILE" in open_comfyui(server).unavailable_reason()
    with pytest.raises(Unauthorized):
        draw(server)


def test_a_file_without_header_is_explained(tmp_path, draw):
    (tmp_path / "auth").write_text("secret")
    settings = {"comfyui_auth_file": str(tmp_path / "auth")}
    with pytest.raises(EngineNotReady, match="such as Authorization: Bearer abc"):
        open_engine("comfyui", BackgroundSettings(comfyui_url="http://127.0.0.1:9", **settings))


def test_an_image_moves_to_another_server_when_its_own_dies(start_double, fast_progress):
    dying, other = start_double("comfyui"), start_double("comfyui")
    dying.change_options(seconds=30)
    urls = f"{dying.url},{other.url}"
    work = open_engine("comfyui", BackgroundSettings(comfyui_url=urls)).generate(ORDER)
    next(step for step in work if step.fraction)
    dying.kill()
    *_, result = work
    assert result.measured["server"] == 2 and result.measured["retries"] == 1
