"""The core nodes of ComfyUI that the double executes, as /object_info describes them."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tools.doubles.comfyui.options import DoubleOptions

# Largest side in pixels.
MAX_SIDE = 16384
SAMPLERS = [
    *("euler", "euler_cfg_pp", "euler_ancestral", "euler_ancestral_cfg_pp", "heun", "heunpp2"),
    *("dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral"),
    *("dpmpp_2s_ancestral_cfg_pp", "dpmpp_sde", "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_cfg_pp"),
    *("dpmpp_2m_sde", "dpmpp_2m_sde_gpu", "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm", "lcm"),
    *("ipndm", "ipndm_v", "deis", "res_multistep", "gradient_estimation", "er_sde", "ddim"),
    *("uni_pc", "uni_pc_bh2"),
]
SCHEDULERS = [
    *("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal"),
    *("linear_quadratic", "kl_optimal"),
]
# An input whose values are the files in a folder of models, or the uploaded images.
FILES = "files:"
IMAGES = "files:input"

# An input: its type or list of values, and its options.
Input = tuple[str | list[str], dict[str, object]]


@dataclass(frozen=True)
class NodeClass:
    """One class of nodes.

    inputs, optional: its inputs by name. outputs: the types of its outputs. module: the Python
    module that defines it. is_output: whether its results reach the client. validates: inputs that
    its own check of files replaces the list of values for.
    """

    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    optional: Mapping[str, Input] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    module: str = "nodes"
    category: str = "sd"
    is_output: bool = False
    validates: tuple[str, ...] = ()


def _link(*types: str) -> dict[str, Input]:
    """Returns inputs with the names of their types, in lower case."""
    return {each.lower(): (each, {}) for each in types}


def _integer(default: int, low: int, high: int, **options: object) -> Input:
    return "INT", {"default": default, "min": low, "max": high, **options}


def _number(default: float, low: float, high: float, step: float = 0.01) -> Input:
    return "FLOAT", {"default": default, "min": low, "max": high, "step": step}


def _text() -> Input:
    return "STRING", {"multiline": True, "dynamicPrompts": True}


def _files(folder: str) -> Input:
    return FILES + folder, {}


_PIXELS = {"pixels": ("IMAGE", {}), "vae": ("VAE", {})}
_SEED = _integer(0, 0, 2**64 - 1, control_after_generate=True)
_CONDITIONS = {"positive": ("CONDITIONING", {}), "negative": ("CONDITIONING", {})}
_CFG = ("FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0, "step": 0.1, "round": 0.01})
_STEPS = _integer(20, 1, 10000)
_SHARE = _number(1.0, 0.0, 1.0)
_STRENGTH = _number(1.0, -100.0, 100.0)
_UPLOADED = {"image": (IMAGES, {"image_upload": True})}
_SAMPLING = "comfy_extras.nodes_custom_sampler"
_MASKS = "comfy_extras.nodes_mask"
_FLUX = "comfy_extras.nodes_flux"
_PRIMITIVE = "comfy_extras.nodes_primitive"
_CLIP_TYPES = ["sdxl", "sd3", "flux", "hunyuan_video", "hidream"]


def _latent_size(low: int, step: int, side: int) -> dict[str, Input]:
    size = _integer(side, low, MAX_SIDE, step=step)
    return {"width": size, "height": size, "batch_size": _integer(1, 1, 4096)}


NODES = {
    "CheckpointLoaderSimple": NodeClass(
        {"ckpt_name": _files("checkpoints")}, ("MODEL", "CLIP", "VAE"), category="loaders"
    ),
    "UNETLoader": NodeClass(
        {
            "unet_name": _files("diffusion_models"),
            "weight_dtype": (["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"], {}),
        },
        ("MODEL",),
        category="advanced/loaders",
    ),
    "CLIPLoader": NodeClass(
        {
            "clip_name": _files("text_encoders"),
            "type": (["stable_diffusion", "sd3", "qwen_image", "lumina2", "flux2"], {}),
        },
        ("CLIP",),
        {"device": (["default", "cpu"], {"advanced": True})},
        category="advanced/loaders",
    ),
    "DualCLIPLoader": NodeClass(
        {
            "clip_name1": _files("text_encoders"),
            "clip_name2": _files("text_encoders"),
            "type": (_CLIP_TYPES, {}),
        },
        ("CLIP",),
        {"device": (["default", "cpu"], {"advanced": True})},
        category="advanced/loaders",
    ),
    "VAELoader": NodeClass({"vae_name": _files("vae")}, ("VAE",), category="loaders"),
    "LoraLoader": NodeClass(
        _link("MODEL", "CLIP")
        | {
            "lora_name": _files("loras"),
            "strength_model": _STRENGTH,
            "strength_clip": _STRENGTH,
        },
        ("MODEL", "CLIP"),
        category="loaders",
    ),
    "LoraLoaderModelOnly": NodeClass(
        _link("MODEL") | {"lora_name": _files("loras"), "strength_model": _STRENGTH},
        ("MODEL",),
        category="loaders",
    ),
    "ControlNetLoader": NodeClass(
        {"control_net_name": _files("controlnet")}, ("CONTROL_NET",), category="loaders"
    ),
    "ControlNetApplyAdvanced": NodeClass(
        _CONDITIONS
        | _link("CONTROL_NET", "IMAGE")
        | {
            "strength": _number(1.0, 0.0, 10.0),
            "start_percent": _number(0.0, 0.0, 1.0, 0.001),
            "end_percent": _number(1.0, 0.0, 1.0, 0.001),
        },
        ("CONDITIONING", "CONDITIONING"),
        _link("VAE"),
        names=("positive", "negative"),
        category="conditioning/controlnet",
    ),
    "CLIPTextEncode": NodeClass(
        {"text": _text(), "clip": ("CLIP", {})}, ("CONDITIONING",), category="conditioning"
    ),
    "CLIPTextEncodeFlux": NodeClass(
        _link("CLIP")
        | {"clip_l": _text(), "t5xxl": _text(), "guidance": _number(3.5, 0.0, 100.0, 0.1)},
        ("CONDITIONING",),
        module=_FLUX,
        category="advanced/conditioning/flux",
    ),
    "FluxGuidance": NodeClass(
        _link("CONDITIONING") | {"guidance": _number(3.5, 0.0, 100.0, 0.1)},
        ("CONDITIONING",),
        module=_FLUX,
        category="advanced/conditioning/flux",
    ),
    "ConditioningZeroOut": NodeClass(
        _link("CONDITIONING"), ("CONDITIONING",), category="advanced/conditioning"
    ),
    "InpaintModelConditioning": NodeClass(
        _CONDITIONS
        | _link("VAE")
        | {"pixels": ("IMAGE", {}), "mask": ("MASK", {})}
        | {"noise_mask": ("BOOLEAN", {"default": True})},
        ("CONDITIONING", "CONDITIONING", "LATENT"),
        names=("positive", "negative", "latent"),
        category="conditioning/inpaint",
    ),
    "EmptyLatentImage": NodeClass(_latent_size(16, 8, 512), ("LATENT",), category="latent"),
    "EmptySD3LatentImage": NodeClass(
        _latent_size(16, 16, 1024),
        ("LATENT",),
        module="comfy_extras.nodes_sd3",
        category="latent/sd3",
    ),
    "VAEEncode": NodeClass(_PIXELS, ("LATENT",), category="latent"),
    "VAEEncodeForInpaint": NodeClass(
        _PIXELS | _link("MASK") | {"grow_mask_by": _integer(6, 0, 64, step=1)},
        ("LATENT",),
        category="latent/inpaint",
    ),
    "SetLatentNoiseMask": NodeClass(
        {"samples": ("LATENT", {}), "mask": ("MASK", {})}, ("LATENT",), category="latent/inpaint"
    ),
    "VAEDecode": NodeClass(
        {"samples": ("LATENT", {}), "vae": ("VAE", {})}, ("IMAGE",), category="latent"
    ),
    "KSampler": NodeClass(
        _link("MODEL")
        | {"seed": _SEED, "steps": _STEPS, "cfg": _CFG}
        | {"sampler_name": (SAMPLERS, {}), "scheduler": (SCHEDULERS, {})}
        | _CONDITIONS
        | {"latent_image": ("LATENT", {}), "denoise": _SHARE},
        ("LATENT",),
        category="sampling",
    ),
    "KSamplerSelect": NodeClass(
        {"sampler_name": (SAMPLERS, {})},
        ("SAMPLER",),
        module=_SAMPLING,
        category="sampling/custom_sampling/samplers",
    ),
    "BasicScheduler": NodeClass(
        _link("MODEL") | {"scheduler": (SCHEDULERS, {}), "steps": _STEPS, "denoise": _SHARE},
        ("SIGMAS",),
        module=_SAMPLING,
        category="sampling/custom_sampling/schedulers",
    ),
    "RandomNoise": NodeClass(
        {"noise_seed": _SEED},
        ("NOISE",),
        module=_SAMPLING,
        category="sampling/custom_sampling/noise",
    ),
    "BasicGuider": NodeClass(
        _link("MODEL", "CONDITIONING"),
        ("GUIDER",),
        module=_SAMPLING,
        category="sampling/custom_sampling/guiders",
    ),
    "CFGGuider": NodeClass(
        _link("MODEL") | _CONDITIONS | {"cfg": _CFG},
        ("GUIDER",),
        module=_SAMPLING,
        category="sampling/custom_sampling/guiders",
    ),
    "SamplerCustomAdvanced": NodeClass(
        _link("NOISE", "GUIDER", "SAMPLER", "SIGMAS") | {"latent_image": ("LATENT", {})},
        ("LATENT", "LATENT"),
        names=("output", "denoised_output"),
        module=_SAMPLING,
        category="sampling/custom_sampling",
    ),
    "LoadImage": NodeClass(_UPLOADED, ("IMAGE", "MASK"), category="image", validates=("image",)),
    "LoadImageMask": NodeClass(
        _UPLOADED | {"channel": (["alpha", "red", "green", "blue"], {})},
        ("MASK",),
        category="mask",
        validates=("image",),
    ),
    "ImageScale": NodeClass(
        _link("IMAGE")
        | {
            "upscale_method": (["nearest-exact", "bilinear", "area", "bicubic", "lanczos"], {}),
            "width": _integer(512, 0, MAX_SIDE, step=1),
            "height": _integer(512, 0, MAX_SIDE, step=1),
            "crop": (["disabled", "center"], {}),
        },
        ("IMAGE",),
        category="image/upscaling",
    ),
    "ImageCompositeMasked": NodeClass(
        {
            "destination": ("IMAGE", {}),
            "source": ("IMAGE", {}),
            "x": _integer(0, 0, MAX_SIDE, step=1),
            "y": _integer(0, 0, MAX_SIDE, step=1),
            "resize_source": ("BOOLEAN", {"default": False}),
        },
        ("IMAGE",),
        _link("MASK"),
        module=_MASKS,
        category="image",
    ),
    "InvertMask": NodeClass(_link("MASK"), ("MASK",), module=_MASKS, category="mask"),
    "PrimitiveString": NodeClass(
        {"value": ("STRING", {})}, ("STRING",), module=_PRIMITIVE, category="utils/primitive"
    ),
    "PrimitiveStringMultiline": NodeClass(
        {"value": ("STRING", {"multiline": True})},
        ("STRING",),
        module=_PRIMITIVE,
        category="utils/primitive",
    ),
    "PrimitiveInt": NodeClass(
        {"value": ("INT", {"min": -sys.maxsize, "max": sys.maxsize})},
        ("INT",),
        module=_PRIMITIVE,
        category="utils/primitive",
    ),
    "PrimitiveFloat": NodeClass(
        {"value": ("FLOAT", {"min": -sys.maxsize, "max": sys.maxsize})},
        ("FLOAT",),
        module=_PRIMITIVE,
        category="utils/primitive",
    ),
    "SaveImage": NodeClass(
        {"images": ("IMAGE", {}), "filename_prefix": ("STRING", {"default": "ComfyUI"})},
        ("IMAGE",),
        names=("images",),
        category="image",
        is_output=True,
    ),
    "PreviewImage": NodeClass(
        {"images": ("IMAGE", {})}, ("IMAGE",), names=("images",), category="image", is_output=True
    ),
    # Shipped with ComfyUI as a custom node, so that --disable-all-custom-nodes removes it.
    "SaveImageWebsocket": NodeClass(
        {"images": ("IMAGE", {})},
        (),
        module="custom_nodes.websocket_image_save",
        category="api/image",
        is_output=True,
    ),
}


class NodeCatalog:
    """The classes of nodes of one server.

    list_files: returns the names in a folder of models, or of the uploaded images ("input").
    """

    def __init__(self, options: DoubleOptions, list_files: Callable[[str], list[str]]) -> None:
        self._options, self._list_files = options, list_files
        self.disabled: set[str] = set()

    def get(self, name: str) -> NodeClass | None:
        """Returns a class of nodes; None if the server lacks it."""
        return None if name in self.disabled else NODES.get(name)

    def get_outputs(self, name: str) -> tuple[str, ...]:
        """Returns the types of the outputs of a class."""
        if (
            name in ("SaveImage", "PreviewImage")
            and not self._options.behavior.save_image_has_output
        ):
            return ()
        return NODES[name].outputs

    def list_inputs(self, name: str) -> dict[str, dict[str, Input]]:
        """Returns the required and optional inputs of a class, with the values that exist now."""
        node = NODES[name]
        found = {"required": node.inputs, "optional": node.optional}
        return {
            kind: {each: self._fill(node, spec) for each, spec in inputs.items()}
            for kind, inputs in found.items()
            if inputs or kind == "required"
        }

    def describe(self, name: str) -> dict[str, object]:
        """Returns the description in /object_info."""
        node, inputs, outputs = NODES[name], self.list_inputs(name), self.get_outputs(name)
        names = node.names if outputs and node.names else outputs
        return {
            "input": inputs,
            "input_order": {kind: list(each) for kind, each in inputs.items()},
            "is_input_list": False,
            "output": outputs,
            "output_is_list": [False] * len(outputs),
            "output_name": names,
            "name": name,
            "display_name": name,
            "description": "",
            "python_module": node.module,
            "category": node.category,
            "output_node": node.is_output,
        }

    def _fill(self, node: NodeClass, spec: Input) -> Input:
        """Replaces the name of a folder by its files; lists of extra nodes become options."""
        values, options = spec
        if isinstance(values, str) and values.startswith(FILES):
            values = self._list_files(values.removeprefix(FILES))
        if (
            isinstance(values, list)
            and node.module != "nodes"
            and self._options.behavior.has_schema_nodes
        ):
            return "COMBO", options | {"multiselect": False, "options": values}
        return values, options
