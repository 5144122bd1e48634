"""What each node of the double does with its inputs."""

import asyncio
import hashlib
import io
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np
from PIL import Image, ImageOps

from tools.doubles.comfyui.faults import encode_pictures
from tools.doubles.comfyui.files import FileStore
from tools.doubles.painting import (
    AUTOENCODER_NOISE,
    grow_locked_part,
    paint_scene,
    repaint_image,
)

# Pixels of a side that share a latent.
LATENT_PIXELS = 8
# The side of the mask of an image without alpha channel.
NO_MASK_SIDE = 64


@dataclass(frozen=True)
class Conditioning:
    """A prompt, and what else conditions the image: guidance, ControlNets."""

    text: str
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Latent:
    """A batch of latents, kept as the pictures that they decode to.

    pictures: uint8 RGB (H, W, 3), of multiples of 8 pixels. is_encoded: whether they come from an
    image, rather than from nothing. mask: float32 (h, w), 1 where the sampler repaints; None for
    everywhere.
    """

    pictures: list[np.ndarray]
    is_encoded: bool
    mask: np.ndarray | None = None


class NodeRun(Protocol):
    """What a node can do while it runs."""

    fault: str
    files: FileStore
    # The graph as JSON, which SaveImage stores in its files.
    graph_json: str

    def record_sampling(self, request: dict[str, Any]) -> None:
        """Records the parameters of an image."""
        ...

    async def report_step(self, step: int, steps: int, preview: np.ndarray | None = None) -> None:
        """Takes the time of a sampling step and reports it; raises if the job is interrupted."""
        ...

    def send_picture(self, step: int, steps: int, fmt: str, data: bytes) -> None:
        """Sends an encoded picture over the socket of the client."""
        ...

    def show(self, **output: object) -> None:
        """Sets what the history and the event `executed` contain for this node."""
        ...


Operation = Callable[..., tuple | Awaitable[tuple]]


def hash_changes(files: FileStore, class_type: str, inputs: Mapping[str, object]) -> str | None:
    """Returns what has to be equal for a node to come from the cache; None if it never does."""
    if class_type == "SaveImageWebsocket":
        return None
    if class_type in ("LoadImage", "LoadImageMask"):
        return hashlib.sha256(files.find(str(inputs["image"])) or b"").hexdigest()
    return ""


def load_checkpoint(run: NodeRun, ckpt_name: str) -> tuple:
    """Returns model, CLIP and VAE."""
    name = "another.safetensors" if run.fault == "other model" else ckpt_name
    return name, name, name


def load_lora(
    run: NodeRun,
    model: str,
    lora_name: str,
    strength_model: float,
    clip: str = "",
    strength_clip: float = 0.0,
) -> tuple:
    """Returns the model with a LoRA, and the CLIP."""
    return f"{model}+{lora_name}:{strength_model}", f"{clip}+{lora_name}:{strength_clip}"


def apply_controlnet(
    run: NodeRun,
    positive: Conditioning,
    negative: Conditioning,
    control_net: str,
    image: list[np.ndarray],
    **options: object,
) -> tuple:
    """Returns both conditionings with a ControlNet and the hash of its image."""
    key = f"{control_net}:{zlib.crc32(image[0].tobytes())}:{sorted(options.items())}"
    return tuple(replace(each, extras=(*each.extras, key)) for each in (positive, negative))


def encode_pixels(run: NodeRun, pixels: list[np.ndarray], vae: str) -> tuple:
    """Returns the latents of images, cropped centrally to multiples of 8 pixels."""
    return (Latent([_crop_to_latents(each) for each in pixels], is_encoded=True),)


def encode_for_inpainting(
    run: NodeRun, pixels: list[np.ndarray], vae: str, mask: np.ndarray, grow_mask_by: int
) -> tuple:
    """Returns latents with gray where the mask is, and the mask grown."""
    height, width = pixels[0].shape[:2]
    white = _crop_to_latents(_resize(mask, width, height).round())
    grown = cv2.dilate(white, np.ones((max(1, grow_mask_by),) * 2, np.uint8))
    gray = [np.where(white[..., None] > 0, 127, _crop_to_latents(each)) for each in pixels]
    return (Latent([each.astype(np.uint8) for each in gray], True, grown),)


def condition_inpainting(
    run: NodeRun,
    positive: Conditioning,
    negative: Conditioning,
    vae: str,
    pixels: list[np.ndarray],
    mask: np.ndarray,
    noise_mask: bool,
) -> tuple:
    """Returns both conditionings and latents, masked if `noise_mask`."""
    (latent,) = encode_pixels(run, pixels, vae)
    height, width = pixels[0].shape[:2]
    cropped = _crop_to_latents(_resize(mask, width, height))
    return positive, negative, replace(latent, mask=cropped) if noise_mask else latent


def decode_latents(run: NodeRun, samples: Latent, vae: str) -> tuple:
    """Returns the images of latents: what was encoded from an image comes back with noise."""
    return ([_decode(each) if samples.is_encoded else each for each in samples.pictures],)


async def sample(
    run: NodeRun,
    model: str,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    denoise: float,
) -> tuple:
    """Returns latents, repainted by the share `denoise` where their mask is 1."""
    height, width = latent_image.pictures[0].shape[:2]
    request = {
        "prompt": positive.text,
        "negative_prompt": negative.text,
        "seed": seed,
        "width": width,
        "height": height,
        "steps": steps,
        "cfg_scale": cfg,
        "sampler_name": sampler_name,
        "scheduler": scheduler,
        "denoising_strength": denoise,
        "model": model,
        "has_mask": latent_image.mask is not None,
    }
    run.record_sampling(request)
    settings = (model, steps, cfg, sampler_name, scheduler, *positive.extras, *negative.extras)
    request["prompt"] = f"{positive.text}|{'|'.join(map(str, settings))}"
    pictures = [
        await asyncio.to_thread(
            _paint, request | {"seed": seed + index}, each, latent_image, run.fault
        )
        for index, each in enumerate(latent_image.pictures)
    ]
    for step in range(1, steps + 1):
        await run.report_step(step, steps, pictures[0][::LATENT_PIXELS, ::LATENT_PIXELS])
    return (replace(latent_image, pictures=pictures),)


async def sample_custom(
    run: NodeRun, noise: int, guider: dict, sampler: str, sigmas: dict, latent_image: Latent
) -> tuple:
    """Returns the latents of `sample` twice, from the nodes that hold its parameters."""
    (latent,) = await sample(
        run, seed=noise, sampler_name=sampler, latent_image=latent_image, **guider, **sigmas
    )
    return latent, latent


def load_image(run: NodeRun, image: str) -> tuple:
    """Returns the images of a file, and 1 - alpha, or 64 x 64 zeros without an alpha channel."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(run.files.find(image) or b"")))
    mask = np.zeros((NO_MASK_SIDE, NO_MASK_SIDE), np.float32)
    if "A" in picture.getbands():
        mask = 1 - np.asarray(picture.getchannel("A"), np.float32) / 255
    return [np.asarray(picture.convert("RGB"))], mask


def load_mask(run: NodeRun, image: str, channel: str) -> tuple:
    """Returns a channel of a file as a mask; of the alpha channel, 1 - alpha."""
    (picture,), mask = load_image(run, image)
    if channel == "alpha":
        return (mask,)
    return (picture[..., ["red", "green", "blue"].index(channel)].astype(np.float32) / 255,)


def scale_image(
    run: NodeRun, image: list[np.ndarray], upscale_method: str, width: int, height: int, crop: str
) -> tuple:
    """Returns images of another size."""
    return ([cv2.resize(each, (width, height)) for each in image],)


def composite_image(
    run: NodeRun,
    destination: list[np.ndarray],
    source: list[np.ndarray],
    x: int,
    y: int,
    resize_source: bool,
    mask: np.ndarray | None = None,
) -> tuple:
    """Returns the source on the destination, at (x, y), where the mask is 1."""
    below, above = destination[0].astype(np.float32), source[0]
    if resize_source:
        above = cv2.resize(above, below.shape[1::-1])
    height, width = above.shape[:2]
    share = np.ones((height, width), np.float32) if mask is None else _resize(mask, width, height)
    window = below[y : y + height, x : x + width]
    share = share[: len(window), : window.shape[1], None]
    window[:] = window * (1 - share) + above[: len(window), : window.shape[1]] * share
    return ([np.rint(below).astype(np.uint8)],)


def save_image(run: NodeRun, images: list[np.ndarray], filename_prefix: str) -> tuple:
    """Stores the images, with the graph in them, in the folder output."""
    return _save(run, images, "output", filename_prefix)


def preview_image(run: NodeRun, images: list[np.ndarray]) -> tuple:
    """Stores the images, with the graph in them, in the folder temp."""
    return _save(run, images, "temp", "ComfyUI_temp_abcde")


async def send_images(run: NodeRun, images: list[np.ndarray]) -> tuple:
    """Sends the images over the socket of the client and stores nothing."""
    encoded = encode_pictures(images, run.fault)
    for step, (fmt, data) in enumerate(encoded):
        run.send_picture(step, len(encoded), fmt, data)
    return ()


def _save(run: NodeRun, images: list[np.ndarray], folder: str, prefix: str) -> tuple:
    encoded = encode_pictures(images, run.fault, run.graph_json)
    run.show(images=[run.files.save_output(folder, prefix, data) for _, data in encoded])
    return (images,)


def _paint(request: dict, init: np.ndarray, latent: Latent, fault: str) -> np.ndarray:
    """Returns uint8 RGB (H, W, 3): a scene, or `init` repainted."""
    height, width = init.shape[:2]
    if fault == "init ignored" and latent.is_encoded:
        return paint_scene(request | {"prompt": "something else"}, width, height)
    free = _spread_mask(latent.mask, width, height, fault)
    picture = repaint_image(request, init, free, exact=True)
    if fault == "product grown" and latent.is_encoded and request["denoising_strength"] > 0.3:
        picture = grow_locked_part(picture, init, free)
    if fault == "washed out" and latent.is_encoded:
        picture = (picture * 0.85 + 30).astype(np.uint8)
    return picture


def _spread_mask(mask: np.ndarray | None, width: int, height: int, fault: str) -> np.ndarray:
    """Returns where the sampler repaints, float32 (height, width), at the resolution of latents."""
    if mask is None or fault == "mask ignored":
        return np.ones((height, width), np.float32)
    small = _resize(mask, width // LATENT_PIXELS, height // LATENT_PIXELS)
    return _resize(1 - small if fault == "polarity inverted" else small, width, height)


def _decode(picture: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(picture.tobytes()))
    noisy = picture + rng.normal(0, AUTOENCODER_NOISE, picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _crop_to_latents(pixels: np.ndarray) -> np.ndarray:
    """Crops (H, W) or (H, W, 3) centrally to multiples of 8 pixels."""
    top, left = (side % LATENT_PIXELS // 2 for side in pixels.shape[:2])
    height, width = (side // LATENT_PIXELS * LATENT_PIXELS for side in pixels.shape[:2])
    return pixels[top : top + height, left : left + width]


def _resize(mask: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)


def _create_empty_latents(run: NodeRun, width: int, height: int, batch_size: int) -> tuple:
    sides = (side // LATENT_PIXELS * LATENT_PIXELS for side in (height, width))
    return (Latent([np.full((*sides, 3), 127, np.uint8)] * batch_size, is_encoded=False),)


def _encode_flux_text(run: NodeRun, clip: str, clip_l: str, t5xxl: str, guidance: float) -> tuple:
    text = t5xxl if t5xxl == clip_l else f"{clip_l} {t5xxl}"
    return (Conditioning(text, (f"guidance {guidance}",)),)


OPERATIONS: dict[str, Operation] = {
    "CheckpointLoaderSimple": load_checkpoint,
    "UNETLoader": lambda run, unet_name, weight_dtype: (unet_name,),
    "CLIPLoader": lambda run, clip_name, **_: (clip_name,),
    "DualCLIPLoader": lambda run, clip_name1, clip_name2, **_: (f"{clip_name1}+{clip_name2}",),
    "VAELoader": lambda run, vae_name: (vae_name,),
    "LoraLoader": load_lora,
    "LoraLoaderModelOnly": lambda run, **inputs: load_lora(run, **inputs)[:1],
    "ControlNetLoader": lambda run, control_net_name: (control_net_name,),
    "ControlNetApplyAdvanced": apply_controlnet,
    "CLIPTextEncode": lambda run, text, clip: (Conditioning(text),),
    "CLIPTextEncodeFlux": _encode_flux_text,
    "FluxGuidance": lambda run, conditioning, guidance: (
        replace(conditioning, extras=(*conditioning.extras, f"guidance {guidance}")),
    ),
    "ConditioningZeroOut": lambda run, conditioning: (Conditioning(""),),
    "InpaintModelConditioning": condition_inpainting,
    "EmptyLatentImage": _create_empty_latents,
    "EmptySD3LatentImage": _create_empty_latents,
    "VAEEncode": encode_pixels,
    "VAEEncodeForInpaint": encode_for_inpainting,
    "SetLatentNoiseMask": lambda run, samples, mask: (replace(samples, mask=mask),),
    "VAEDecode": decode_latents,
    "KSampler": sample,
    "KSamplerSelect": lambda run, sampler_name: (sampler_name,),
    "BasicScheduler": lambda run, model, **sigmas: (sigmas,),
    "RandomNoise": lambda run, noise_seed: (noise_seed,),
    "BasicGuider": lambda run, model, conditioning: (
        {"model": model, "positive": conditioning, "negative": Conditioning(""), "cfg": 1.0},
    ),
    "CFGGuider": lambda run, **guider: (guider,),
    "SamplerCustomAdvanced": sample_custom,
    "LoadImage": load_image,
    "LoadImageMask": load_mask,
    "ImageScale": scale_image,
    "ImageCompositeMasked": composite_image,
    "InvertMask": lambda run, mask: (1 - mask,),
    "PrimitiveString": lambda run, value: (value,),
    "PrimitiveStringMultiline": lambda run, value: (value,),
    "PrimitiveInt": lambda run, value: (value,),
    "PrimitiveFloat": lambda run, value: (value,),
    "SaveImage": save_image,
    "PreviewImage": preview_image,
    "SaveImageWebsocket": send_images,
}
