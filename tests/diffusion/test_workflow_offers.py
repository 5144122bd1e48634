"""Workflows of ComfyUI compared with what a server offers."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.diffusion.dialects.comfyui.loading import load_builtin_workflow, read_workflow
from services.diffusion.dialects.comfyui.offers import find_server_problems, read_offered_class
from services.diffusion.dialects.comfyui.workflow import WorkflowValues

SAMPLERS = ["euler", "euler_ancestral", "dpmpp_2m", "heun", "lms", "ddim", "uni_pc"]
# As `/object_info/{Class}` describes them, shortened.
OFFERS = {
    "CheckpointLoaderSimple": {
        "input": {"required": {"ckpt_name": [["sd15.safetensors"], {}]}},
        "output": ["MODEL", "CLIP", "VAE"],
    },
    "CLIPTextEncode": {
        "input": {"required": {"text": ["STRING", {"multiline": True}], "clip": ["CLIP"]}},
        "output": ["CONDITIONING"],
    },
    "EmptyLatentImage": {
        "input": {
            "required": {
                "width": ["INT", {"min": 16, "max": 16384}],
                "height": ["INT", {"min": 16, "max": 16384}],
                "batch_size": ["INT", {"min": 1, "max": 4096}],
            }
        },
        "output": ["LATENT"],
    },
    "KSampler": {
        "input": {
            "required": {
                "model": ["MODEL"],
                "seed": ["INT", {"min": 0, "max": 2**64 - 1}],
                "steps": ["INT", {"min": 1, "max": 10000}],
                "cfg": ["FLOAT", {"min": 0.0, "max": 100.0}],
                "sampler_name": [SAMPLERS],
                # The newer form of a list of values.
                "scheduler": ["COMBO", {"options": ["normal", "karras"]}],
                "positive": ["CONDITIONING"],
                "negative": ["CONDITIONING"],
                "latent_image": ["LATENT"],
                "denoise": ["FLOAT", {"min": 0.0, "max": 1.0}],
            }
        },
        "output": ["LATENT"],
    },
    "VAEDecode": {
        "input": {"required": {"samples": ["LATENT"], "vae": ["VAE"]}},
        "output": ["IMAGE"],
    },
    "SaveImageWebsocket": {"input": {"required": {"images": ["IMAGE"]}}, "output": []},
}


@pytest.fixture
def graph():
    """The built-in workflow for backgrounds, to be changed."""
    return deepcopy(load_builtin_workflow("txt2img").graph)


@pytest.fixture
def offers():
    return deepcopy(OFFERS)


def compare(graph, offers, **values):
    workflow = read_workflow(json.dumps(graph).encode(), "own", "txt2img")
    calls = []

    def read_class(name):
        calls.append(name)
        return {name: offers[name]} if name in offers else {}

    problems = find_server_problems(workflow, read_class, WorkflowValues(**values))
    assert len(calls) == len(set(calls))
    return problems


def test_a_server_that_offers_everything_has_no_problem(graph, offers):
    assert compare(graph, offers) == []


CHANGES = [
    # What is changed in graph and offers, and what node, text and remedy of the problem contain.
    (
        lambda g, o: o.pop("KSampler"),
        "node 5",
        "no class KSampler",
        'Install Missing Custom Nodes" of ComfyUI-Manager',
    ),
    (
        lambda g, o: o.pop("SaveImageWebsocket"),
        "node 7",
        "no class SaveImageWebsocket",
        "without --disable-all-custom-nodes",
    ),
    (
        lambda g, o: g["5"]["inputs"].update(sampler_name="dpmp_2m"),
        "node 5",
        "its input sampler_name is 'dpmp_2m', which the server lacks",
        "choose from dpmpp_2m, euler, euler_ancestral, heun, lms and 2 more",
    ),
    (
        lambda g, o: g["5"]["inputs"].update(scheduler="karas"),
        "node 5",
        "its input scheduler is 'karas'",
        "choose from karras, normal",
    ),
    (
        lambda g, o: g["1"]["inputs"].update(ckpt_name="xl.safetensors"),
        'node 1 "cyclorama:model" (CheckpointLoaderSimple)',
        "its input ckpt_name is 'xl.safetensors'",
        "put the file there, or choose from sd15.safetensors",
    ),
    (
        lambda g, o: g["5"]["inputs"].update(cfg=200),
        "node 5",
        "its input cfg is 200",
        "at most 100",
    ),
    (
        lambda g, o: g["4"]["inputs"].update(batch_size=0),
        "node 4",
        "its input batch_size is 0",
        "takes 1 and more",
    ),
    (
        lambda g, o: g["4"]["inputs"].update(batch_size=None),
        "node 4",
        "is None, which is no number",
        "set a number",
    ),
    (
        lambda g, o: o["VAEDecode"]["input"]["required"].update(tile=["INT", {}]),
        "node 6",
        "the server's VAEDecode needs an input tile",
        "export again",
    ),
    (
        lambda g, o: g["6"]["inputs"].update(vae=["1", 0]),
        "node 6",
        'output 0 of node 1 "cyclorama:model" (CheckpointLoaderSimple), which is MODEL and not VAE',
        "connect it again",
    ),
    (
        lambda g, o: g["6"]["inputs"].update(vae=["1", 3]),
        "node 6",
        "which has 3 outputs from 0",
        "connect it again",
    ),
    (
        lambda g, o: o["CLIPTextEncode"]["input"].update(required={"prompt": ["STRING"]}),
        "node 2",
        "needs an input prompt",
        "export again",
    ),
]


@pytest.mark.parametrize(("change", "node", "text", "remedy"), CHANGES)
def test_a_problem_names_node_value_and_remedy(graph, offers, change, node, text, remedy):
    change(graph, offers)
    problem = compare(graph, offers)[0]
    assert problem.node.startswith(node) and text in problem.text and remedy in problem.remedy


def test_a_tag_at_an_input_that_the_server_ignores_is_a_problem(graph, offers):
    offers["CLIPTextEncode"]["input"]["required"] = {"clip": ["CLIP"]}
    problem = compare(graph, offers)[0]
    assert "ignores its input text, which cyclorama:prompt sets" in problem.text


@pytest.mark.parametrize(
    "offer",
    [
        {"input": {"required": {"samples": ["*"], "vae": ["VAE,AUDIO_VAE"]}}, "output": ["IMAGE"]},
        {"input": {"required": {"samples": ["COMFY_MATCHTYPE_V3", {}]}}, "output": ["*"]},
        {"input": {"required": {"values": ["COMFY_AUTOGROW_V3", {}]}}, "output": ["IMAGE"]},
        {"input": {"required": {"vae": ["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a"}]}]}}},
        {"input": {"optional": {"other": ["INT"]}}, "output": ["IMAGE,MASK"]},
        {},
    ],
)
def test_types_that_stand_for_several_are_no_problem(graph, offers, offer):
    offers["VAEDecode"] = offer
    assert compare(graph, offers) == []


def test_values_that_requests_set_are_not_compared(graph, offers):
    graph["4"]["inputs"].update(width=8, height=10**6)
    graph["1"]["inputs"].update(ckpt_name="elsewhere.safetensors")
    assert compare(graph, offers, model="sd15.safetensors") == []


def test_an_input_that_depends_on_others_takes_any_value(graph, offers):
    options = {"options": [{"key": "tiled"}]}
    offers["VAEDecode"]["input"]["required"]["mode"] = ["COMFY_DYNAMICCOMBO_V3", options]
    graph["6"]["inputs"] |= {"mode": "tiled", "mode.size": 64}
    assert compare(graph, offers) == []


def test_files_in_folders_of_uploads_need_not_be_listed():
    listed = [["a.png"], {"image_upload": True}]
    offered = read_offered_class("X", {"X": {"input": {"required": {"image": listed}}}})
    assert offered.inputs["image"].options is None


ODD = st.sampled_from([None, True, -1, "", "INT", [], {}, [[]], ["INT"], ["COMBO", {"options": 1}]])
LEVEL = st.dictionaries(st.sampled_from(["required", "optional", "text"]), ODD, max_size=2)
DESCRIBED = st.dictionaries(st.sampled_from(["input", "output"]), LEVEL | ODD) | ODD


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(["KSampler", "other"]), DESCRIBED) | ODD)
def test_any_answer_of_a_server_is_read(answer):
    read_offered_class("KSampler", answer)
    find_server_problems(load_builtin_workflow("txt2img"), lambda name: answer)
