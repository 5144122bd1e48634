"""Workflows of ComfyUI: what their files may contain, and how values come into their graphs."""

import json
import os
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.background.engines import BackgroundSettings
from services.diffusion.dialects.comfyui.loading import (
    inspect_file,
    inspect_workflow,
    load_builtin_workflow,
    load_workflow,
    open_workflow,
    read_workflow,
)
from services.diffusion.dialects.comfyui.tags import OUTPUT, TAGS
from services.diffusion.dialects.comfyui.workflow import (
    WorkflowInvalid,
    WorkflowValues,
    count_run_steps,
    list_model_names,
)
from services.runtime.errors import EngineNotReady
from tools import ROOT

EXAMPLES = sorted((ROOT / "docs" / "workflows").glob("*.json"))
PURPOSES = ("txt2img", "img2img")
FLUX_TEXTS = {"clip_l": "", "t5xxl": ""}
SDXL_TEXTS = {"text_g": "", "text_l": ""}


def node(class_type, title="", **inputs):
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title or class_type}}


@pytest.fixture
def graph():
    """The built-in workflow for inpainting, to be changed."""
    return deepcopy(load_builtin_workflow("img2img").graph)


def read(graph, purpose="img2img"):
    return read_workflow(json.dumps(graph).encode(), "own", purpose)


def find_problems(graph, purpose="img2img"):
    return inspect_workflow(json.dumps(graph).encode(), "own", purpose).problems


def only_problem(graph, purpose="img2img"):
    (problem,) = find_problems(graph, purpose)
    return problem


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_builtin_workflow_sets_every_value_of_a_request(purpose):
    workflow = load_builtin_workflow(purpose)
    values = WorkflowValues(
        prompt="a beach",
        negative="people",
        seed=2**31 - 1,
        width=64,
        height=128,
        image="a.png",
        mask="b.png",
        denoise=0.35,
        steps=20,
        cfg=5.5,
        sampler="dpmpp_2m",
        scheduler="karras",
        model="sd15.safetensors",
    )
    before = deepcopy(workflow.graph)
    filled = workflow.fill(values)
    assert workflow.graph == before
    sampler = next(each for each in filled.values() if each["class_type"] == "KSampler")["inputs"]
    # All steps are run, however low the denoising strength.
    assert sampler["steps"] == (20 if purpose == "txt2img" else 7)
    expected = {"seed": 2**31 - 1, "cfg": 5.5, "sampler_name": "dpmpp_2m", "scheduler": "karras"}
    assert expected.items() <= sampler.items()
    assert list(list_model_names(filled)) == ["sd15.safetensors"]
    texts = [each["inputs"]["text"] for each in filled.values() if "text" in each["inputs"]]
    assert texts == ["a beach", "people"]
    if purpose == "img2img":
        assert filled["4"]["inputs"] == {"image": "a.png"}
        assert filled["5"]["inputs"] == {"image": "b.png", "channel": "red"}


def test_values_that_are_none_stay_as_in_the_file(graph):
    assert read(graph).fill(WorkflowValues()) == graph


@pytest.mark.parametrize(
    ("steps", "denoise", "run"), [(20, 0.35, 7), (28, None, 28), (10, 0.0, 1), (1, 0.01, 1)]
)
def test_the_share_of_the_steps_that_a_strength_needs_is_run(steps, denoise, run):
    assert count_run_steps(steps, denoise) == run


def test_the_digest_depends_on_the_graph_and_not_on_its_spelling(graph):
    first = read(graph)
    shuffled = json.dumps(dict(reversed(graph.items())), indent=3).encode()
    assert read_workflow(shuffled, "other", "img2img").digest == first.digest
    graph["8"]["inputs"]["cfg"] = 3
    assert read(graph).digest != first.digest


def test_titles_may_have_other_words_and_any_case(graph):
    graph["2"]["_meta"]["title"] = "Positive (Cyclorama: Prompt), English"
    assert read(graph).has_tag("prompt")


@pytest.mark.parametrize(
    ("class_type", "title", "inputs", "set_inputs"),
    [
        ("PrimitiveStringMultiline", "cyclorama:prompt", {"value": ""}, {"value"}),
        ("TextEncodeQwenImageEdit", "cyclorama:prompt", {"prompt": ""}, {"prompt"}),
        (
            "CLIPTextEncodeFlux",
            "cyclorama:prompt",
            {"clip_l": "", "t5xxl": ""},
            {"clip_l", "t5xxl"},
        ),
        ("CLIPTextEncodeFlux", "cyclorama:prompt.t5xxl", {"clip_l": "", "t5xxl": ""}, {"t5xxl"}),
        (
            "CLIPTextEncodeSDXL",
            "cyclorama:prompt",
            {"text_g": "", "text_l": ""},
            {"text_g", "text_l"},
        ),
        ("Efficient Loader", "cyclorama:prompt", {"positive": "", "negative": ""}, {"positive"}),
        ("Prompts", "cyclorama:prompt", {"text": ["1", 1], "prompt": ""}, {"prompt"}),
    ],
)
def test_a_tag_sets_the_text_inputs_of_many_classes(graph, class_type, title, inputs, set_inputs):
    graph["2"] = node(class_type, title, **inputs)
    found = [each for each in read(graph).inputs if each.tag == "prompt"]
    assert {each.input for each in found} == set_inputs


def test_several_nodes_may_have_the_same_tag(graph):
    graph["3"]["_meta"]["title"] = "cyclorama:prompt"
    filled = read(graph).fill(WorkflowValues(prompt="a beach"))
    assert filled["2"]["inputs"]["text"] == filled["3"]["inputs"]["text"] == "a beach"


def test_nodes_that_the_output_does_not_need_are_not_sent(graph):
    graph["12"] = node("SaveImage", images=["9", 0], filename_prefix="x")
    report = inspect_workflow(json.dumps(graph).encode(), "own")
    assert "12" not in report.workflow.graph
    assert any("node 12 (SaveImage)" in str(advice) for advice in report.advice)


@pytest.mark.parametrize("class_type", ["SaveImage", "PreviewImage"])
def test_an_output_that_fills_the_disk_is_advised_against(graph, class_type):
    graph["10"]["class_type"] = class_type
    report = inspect_workflow(json.dumps(graph).encode(), "own")
    assert report.workflow and "SaveImageWebsocket" in report.advice[0].remedy


def test_a_link_whose_output_is_a_decimal_number_is_a_link(graph):
    graph["10"]["inputs"]["images"] = ["9", 0.0]
    assert read(graph).graph["10"]["inputs"]["images"] == ["9", 0]


def test_more_images_than_one_are_advised_against(graph):
    graph["10"]["inputs"]["batch_size"] = 2
    report = inspect_workflow(json.dumps(graph).encode(), "own")
    assert any("batch_size to 1" in advice.remedy for advice in report.advice)


def test_a_node_that_grays_the_mask_out_is_advised_against(graph):
    masked = {"pixels": ["4", 0], "vae": ["1", 2], "mask": ["5", 0], "grow_mask_by": 6}
    graph["7"] = node("VAEEncodeForInpaint", **masked)
    report = inspect_workflow(json.dumps(graph).encode(), "own")
    assert report.advice[0].node == "node 7 (VAEEncodeForInpaint)"
    assert "SetLatentNoiseMask" in report.advice[0].remedy


@pytest.mark.parametrize("order", [("4", "9"), ("9", "4")])
def test_pasting_the_sent_image_back_is_advised_against(graph, order):
    destination, source = ([each, 0] for each in order)
    graph["11"] = node("ImageCompositeMasked", destination=destination, source=source)
    graph["10"]["inputs"]["images"] = ["11", 0]
    (advice,) = inspect_workflow(json.dumps(graph).encode(), "own").advice
    assert advice.node == "node 11 (ImageCompositeMasked)" and "leave it out" in advice.remedy


@pytest.mark.parametrize(
    ("tag", "effect"),
    [
        ("negative", "negative prompts"),
        ("prompt", "prompts"),
        ("mask", "masks"),
        ("denoise", "denoising strengths"),
    ],
)
def test_a_value_without_a_tag_is_advised_of_with_nodes_that_could_have_it(graph, tag, effect):
    for each in graph.values():
        each["_meta"]["title"] = each["_meta"]["title"].replace(f"cyclorama:{tag}", "")
    (advice,) = inspect_workflow(json.dumps(graph).encode(), "own", "img2img").advice
    assert advice.text == f"without cyclorama:{tag}, {effect} have no effect"
    assert "node " in advice.remedy


CHANGES = [
    # What is changed, and what the problem's node, text and remedy contain.
    (
        lambda g: g["8"]["inputs"].update(model=["77", 0]),
        "node 8",
        "77, which is missing",
        "export",
    ),
    (lambda g: g["6"]["inputs"].update(pixels=["9", 0]), "node", "its own output", "remove"),
    (lambda g: g["6"]["inputs"].update(pixels=["6", 0]), "node 6", "its own output", "remove"),
    (lambda g: g["4"].pop("inputs"), "node 4", "no inputs", "Export (API)"),
    (lambda g: g["4"].pop("class_type"), "", '"4" is not a node', "Export (API)"),
    (
        lambda g: g["2"]["_meta"].update(title="cyclorama:promt"),
        'node 2 "cyclorama:promt" (CLIPTextEncode)',
        "unknown tag cyclorama:promt",
        "did you mean cyclorama:prompt?",
    ),
    (
        lambda g: g["2"]["_meta"].update(title="cyclorama:xyzzy"),
        "node 2",
        "unknown tag",
        "the tags are prompt, negative",
    ),
    (
        lambda g: g["9"]["_meta"].update(title="cyclorama:steps"),
        "node 9",
        "has no input",
        "its inputs are samples, vae",
    ),
    (
        lambda g: g["2"]["_meta"].update(title="cyclorama:prompt.texts"),
        "node 2",
        "has no input texts",
        "its inputs are text, clip",
    ),
    (
        lambda g: g["2"]["_meta"].update(title="cyclorama:prompt.clip"),
        "node 2",
        'its input clip comes from node 1 "cyclorama:model" (CheckpointLoaderSimple)',
        "move cyclorama:prompt into the title of that node",
    ),
    (
        lambda g: g["2"]["inputs"].update(text=7),
        "node 2",
        "its input text contains 7",
        "sets a text",
    ),
    (
        lambda g: g["8"]["inputs"].update(seed="7"),
        "node 8",
        "its input seed contains '7'",
        "sets a whole number",
    ),
    (
        lambda g: g["2"]["_meta"].update(title="cyclorama:prompt cyclorama:negative"),
        "node 2",
        "set by prompt and negative",
        "keep one",
    ),
    (
        lambda g: g["10"].update(class_type="VAEDecode"),
        "node 10",
        "belongs to a node of class SaveImageWebsocket",
        "connect a SaveImageWebsocket",
    ),
    (
        lambda g: g.update({"12": node("PreviewImage", "cyclorama:output", images=["9", 0])}),
        "",
        "2 nodes have the tag cyclorama:output",
        "keep it at the one",
    ),
    (
        lambda g: g["10"]["_meta"].update(title="Out"),
        "",
        "no title contains cyclorama:output",
        'of node 10 "Out" (SaveImageWebsocket)',
    ),
    (
        lambda g: g["8"]["_meta"].update(title="cyclorama:denoise"),
        "",
        "no title contains cyclorama:seed",
        "of node 8",
    ),
    (
        lambda g: g.update({"12": node("PrimitiveInt", "cyclorama:width", value=1)}),
        "node 12",
        "cyclorama:width has no effect",
        "connect the node",
    ),
    (
        lambda g: g["5"]["inputs"].update(channel="alpha"),
        "node 5",
        "reads the alpha channel",
        "set its channel to red",
    ),
    (
        lambda g: (g.pop("5"), g["7"]["inputs"].update(mask=["4", 1])),
        "node 7",
        "its mask is the alpha channel of node 4",
        "LoadImageMask, channel red",
    ),
]


@pytest.mark.parametrize(("change", "where", "text", "remedy"), CHANGES)
def test_a_problem_names_node_and_remedy(graph, change, where, text, remedy):
    change(graph)
    # A change may cause a second problem, such as a tag that is missing then.
    problem = find_problems(graph)[0]
    assert problem.node.startswith(where) and text in problem.text and remedy in problem.remedy
    assert bool(where) == bool(problem.node)


def test_a_background_needs_its_size_and_has_no_image(graph):
    texts = [str(each) for each in find_problems(graph, "txt2img")]
    assert [text for text in texts if "no title contains cyclorama:width" in text]
    assert [text for text in texts if "node 5" in text and "IMG2IMG_WORKFLOW" in text]


@pytest.mark.parametrize(
    ("data", "text", "remedy"),
    [
        (b"", "not JSON", "Export (API)"),
        (b"\xff\xfe", "not JSON", "Export (API)"),
        (b"[" * 100_000, "not JSON", "Export (API)"),
        (b'{"1": NaN}', "NaN", "Export (API)"),
        (b'{"1": 1e999}', "not JSON", "Export (API)"),
        (b'{"1": 0, "1": 1}', 'key "1" twice', "Export (API)"),
        (b"[]", "no JSON object", "Export (API)"),
        (b"{}", "no node", "Export (API)"),
        (b'{"nodes": [], "links": []}', "format of the editor", "Workflow > Export (API)"),
        (b'{"prompt": {"1": {}}}', "body of a request", 'its field "prompt"'),
        (b" " * 600_000, "more than 524288 bytes", "Export (API)"),
        (json.dumps(dict.fromkeys(map(str, range(3000)))).encode(), "3000 nodes", "split"),
    ],
)
def test_a_file_that_is_no_workflow_says_what_to_do(data, text, remedy):
    with pytest.raises(WorkflowInvalid) as raised:
        read_workflow(data, "own", "txt2img")
    (problem,) = raised.value.problems
    assert text in problem.text and remedy in problem.remedy


def test_inputs_nested_too_deep_are_refused(graph):
    deep = []
    for _ in range(40):
        deep = [deep]
    graph["2"]["inputs"]["x"] = deep
    assert "deeper than 32" in only_problem(graph).text


# Values drawn from short lists, which is quick: the strangest of each type, links, and tags.
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        2**70,
        0.5,
        "",
        "\ud800",
        "1",
        [],
        {},
        ["1", 0],
        ["2", -1],
        [["1", 0]],
        {"a": []},
    ]
)
TITLES = st.sampled_from(["cyclorama:prompt", "cyclorama:output", "cyclorama:image.\u0661"])
INPUTS = st.dictionaries(st.sampled_from(["text", "image", "images", "\ud800"]), ODD, max_size=3)
NODES = st.fixed_dictionaries(
    {"class_type": st.sampled_from(["LoadImage", "SaveImage"]) | ODD},
    optional={
        "inputs": INPUTS | ODD,
        "_meta": st.fixed_dictionaries({"title": TITLES | ODD}) | ODD,
    },
)


@settings(max_examples=150)
@given(ODD | st.dictionaries(st.sampled_from(["1", "2", "nodes", "prompt"]), NODES | ODD))
def test_any_json_is_a_workflow_or_refused_with_printable_problems(value):
    data = json.dumps(value).encode()
    for purpose in PURPOSES:
        try:
            read_workflow(data, "own", purpose)
        except WorkflowInvalid as error:
            assert error.problems
            str(error).encode()


def test_a_setting_that_names_no_workflow_makes_the_engine_not_ready(tmp_path):
    path = str(tmp_path / "secret" / "none.json")
    with pytest.raises(EngineNotReady) as raised:
        open_workflow("txt2img", BackgroundSettings(comfyui_txt2img_workflow=path))
    text = str(raised.value)
    assert "CYCLORAMA_COMFYUI_TXT2IMG_WORKFLOW" in text and "No such file" in text
    assert "secret" not in text


def test_the_reason_lists_three_problems_and_counts_the_others(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"1": node("KSampler")}))
    with pytest.raises(EngineNotReady, match=r"`cyclorama workflow check` lists 2 more"):
        open_workflow("txt2img", BackgroundSettings(comfyui_txt2img_workflow=str(path)))


def test_a_folder_a_pipe_or_an_impossible_path_is_no_workflow(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "a\0b"):
        (problem,) = inspect_file(path).problems
        assert "cannot be read" in problem.text


def build_edit_graph():
    """Returns an inpainting workflow with Qwen-Image-Edit, without a mask."""
    text = {"clip": ["2", 0], "vae": ["3", 0], "image1": ["4", 0]}
    sampling = {"steps": 4, "cfg": 1.0, "sampler_name": "euler", "scheduler": "simple"}
    links = {
        "model": ["1", 0],
        "positive": ["5", 0],
        "negative": ["6", 0],
        "latent_image": ["7", 0],
    }
    return {
        "1": node("UNETLoader", "cyclorama:model", unet_name="qwen.safetensors"),
        "2": node("CLIPLoader", clip_name="qwen_2.5_vl.safetensors", type="qwen_image"),
        "3": node("VAELoader", vae_name="qwen_vae.safetensors"),
        "4": node("LoadImage", "cyclorama:image", image="a.png"),
        "5": node("TextEncodeQwenImageEditPlus", "cyclorama:prompt", prompt="", **text),
        "6": node("TextEncodeQwenImageEditPlus", "cyclorama:negative", prompt="", **text),
        "7": node("VAEEncode", pixels=["4", 0], vae=["3", 0]),
        "8": node("KSampler", "cyclorama:seed", seed=0, denoise=1.0, **sampling, **links),
        "9": node("VAEDecode", samples=["8", 0], vae=["3", 0]),
        "10": node("SaveImageWebsocket", "cyclorama:output", images=["9", 0]),
    }


def build_relight_graph():
    """Returns an inpainting workflow with IC-Light."""
    sampling = {"steps": 25, "cfg": 2.0, "sampler_name": "dpmpp_2m", "scheduler": "karras"}
    links = {
        "model": ["2", 0],
        "positive": ["7", 0],
        "negative": ["7", 1],
        "latent_image": ["7", 2],
    }
    foreground = {"vae": ["1", 2], "foreground": ["4", 0], "multiplier": 0.182}
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name="sd15.safetensors"),
        "2": node(
            "LoadAndApplyICLightUnet", model=["1", 0], model_path="iclight_sd15_fc.safetensors"
        ),
        "3": node("LoadImage", "cyclorama:image", image="a.png"),
        "4": node("VAEEncode", pixels=["3", 0], vae=["1", 2]),
        "5": node("CLIPTextEncode", "cyclorama:prompt", text="", clip=["1", 1]),
        "6": node("CLIPTextEncode", "cyclorama:negative", text="", clip=["1", 1]),
        "7": node("ICLightConditioning", positive=["5", 0], negative=["6", 0], **foreground),
        "8": node("KSampler", "cyclorama:seed", seed=0, denoise=1.0, **sampling, **links),
        "9": node("VAEDecode", samples=["8", 0], vae=["1", 2]),
        "10": node("SaveImageWebsocket", "cyclorama:output", images=["9", 0]),
    }


@pytest.mark.parametrize("build", [build_edit_graph, build_relight_graph])
def test_edit_and_relight_models_need_no_mask(build):
    workflow = read(build())
    tags = ("image", "prompt", "negative", "seed")
    assert all(map(workflow.has_tag, tags)) and not workflow.has_tag("mask")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_workflow_of_the_documentation_can_be_used(path):
    report = inspect_file(path)
    assert report.problems == () and report.workflow.purpose in PURPOSES


def test_a_manifest_contains_an_own_workflow_without_passwords_and_values(tmp_path, graph):
    graph["2"]["inputs"]["api_key"] = "hunter2"
    graph["8"]["inputs"]["seed"] = 2**63 + 1
    path = tmp_path / "own.json"
    path.write_text(json.dumps(graph))
    workflow = load_workflow(path, "img2img")
    filled = workflow.fill(WorkflowValues(prompt="a beach", steps=20, denoise=0.35 + 1e-9))
    parameters = workflow.to_parameters(filled)
    assert parameters["workflow"] == "own" and parameters["workflow_sha256"] == workflow.digest
    assert parameters["steps"] == 7 and parameters["denoising_strength"] == 0.35
    kept = parameters["workflow_graph"]
    assert str(2**63 + 1) in kept and "hunter2" not in kept and "a beach" not in kept


def test_a_manifest_contains_of_a_builtin_workflow_only_its_hash():
    workflow = load_builtin_workflow("txt2img")
    parameters = workflow.to_parameters(workflow.graph)
    assert parameters["workflow_sha256"] == workflow.digest and "workflow_graph" not in parameters


def test_options_without_a_tag_are_none(graph):
    graph["8"]["_meta"]["title"] = "cyclorama:seed"
    parameters = read(graph).to_parameters(graph)
    assert [parameters[name] for name in ("steps", "cfg_scale", "denoising_strength")] == [None] * 3


def test_the_documentation_lists_every_tag_and_the_inputs_that_it_finds():
    page = (ROOT / "docs" / "comfyui.md").read_text()
    names = {name for tag in TAGS.values() for group in tag.inputs for name in group}
    wanted = {*(f"cyclorama:{name}" for name in (*TAGS, OUTPUT)), *names}
    assert [name for name in wanted if f"`{name}`" not in page] == []
