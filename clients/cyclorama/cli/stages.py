"""The commands that call one stage, from files to a file."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import cyclorama
from cyclorama.cli.connection import open_client
from cyclorama.cli.examples import format_examples
from cyclorama.cli.options import Dpi, MaxKb, Profile, Quality, check_output_file
from cyclorama.cli.output import Json, StageDisplay, choose_console, console, print_json
from cyclorama.defaults import STAGE_ADDRESSES
from cyclorama.documents import read_json_object
from cyclorama.file_replacement import replace_file
from cyclorama.option_words import parse_size, set_option

if TYPE_CHECKING:
    from cyclorama.v1 import engine_pb2, scene_pb2

stages = typer.Typer(help="Calls one stage, from files to a file.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", callback=check_output_file, help="Where to write the picture."),
]
Option = Annotated[list[str] | None, typer.Option(help="FIELD=VALUE of the stage's options.")]
Engine = Annotated[str, typer.Option(help="Name of the engine to use.")]
SceneFile = Annotated[
    Path | None, typer.Option(exists=True, help="Scene written by `stage background --scene`.")
]
Seed = Annotated[int | None, typer.Option(help="0 to 2147483647; default random.")]


def build_address_option(stage: str) -> Any:
    """Returns the command-line option for a stage's address; the environment may set it too."""
    return typer.Option(envvar=f"CYCLORAMA_{stage.upper()}", help="Address of the stage.")


@stages.command("segment", epilog=format_examples("stage segment"))
def segment_photo_file(
    photo: File,
    output: Output,
    mask: Annotated[
        Path | None, typer.Option(help="A picture that is light roughly where the product is.")
    ] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, build_address_option("segmentation")] = STAGE_ADDRESSES["segmentation"],
) -> None:
    """Cuts the product out of a photo."""
    arguments = _build_arguments("segmentation", output, engine, option)
    with open_client(address) as client:
        cutout = client.segment(photo, mask, **arguments)
    # Where the product is in the photo, in pixels.
    box = cutout.reply.bounds
    bounds = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    details = {"bounds": bounds, "confidence": round(cutout.reply.confidence, 3)}
    _save_and_report(cutout, output, cutout.reply.run, as_json, details)


@stages.command("background", epilog=format_examples("stage background"))
def generate_background_file(
    prompt: Annotated[str, typer.Option(help="What the scene should look like.")],
    output: Output,
    negative: Annotated[str, typer.Option(help="What it should not show.")] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "1024x1024",
    seed: Seed = None,
    scene: Annotated[Path | None, typer.Option(help="Where to write the Scene as JSON.")] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, build_address_option("background")] = STAGE_ADDRESSES["background"],
) -> None:
    """Makes a background, a scene without the product, from a prompt."""
    arguments = _build_arguments("background", output, engine, option, seed=seed)
    arguments |= {"negative_prompt": negative, "size": parse_size(size)}
    with open_client(address) as client, _create_display("background", as_json) as display:
        result = client.generate(prompt, on_event=display.show_event, **arguments)
    if scene:
        from google.protobuf.json_format import MessageToJson  # Here: --help starts faster.

        replace_file(scene, f"{MessageToJson(result.reply.scene)}\n".encode())
    _save_and_report(result, output, result.reply.run, as_json, {})


@stages.command("composite", epilog=format_examples("stage composite"))
def composite_files(
    cutout: File,
    background: File,
    output: Output,
    scene: SceneFile = None,
    mask: Annotated[Path | None, typer.Option(help="Where to write the mask.")] = None,
    cut_side: Annotated[list[str] | None, typer.Option(help="top, right, bottom or left.")] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, build_address_option("compositing")] = STAGE_ADDRESSES["compositing"],
) -> None:
    """Places a cut-out product in a background."""
    from cyclorama.v1 import image_pb2  # Here: --help starts faster.

    # Sides on which the photo's frame cuts the product off.
    sides: list[Any] = [image_pb2.Side.Value(f"SIDE_{side}".upper()) for side in cut_side or []]
    arguments = _build_arguments("compositing", output, engine, option)
    with open_client(address) as client:
        result = client.composite(
            cutout, background, scene=_read_scene(scene), cut_sides=sides, **arguments
        )
    if mask:
        result.mask.save(mask)
    _save_and_report(result, output, result.reply.run, as_json, {})


@stages.command("inpaint", epilog=format_examples("stage inpaint"))
def inpaint_composite_file(
    composite: File,
    mask: Annotated[Path, typer.Option(exists=True, help="The product's alpha.")],
    output: Output,
    prompt: Annotated[str, typer.Option(help="Of the scene, for engines that repaint it.")] = "",
    scene: SceneFile = None,
    seed: Seed = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, build_address_option("inpainting")] = STAGE_ADDRESSES["inpainting"],
) -> None:
    """Adds light, shadow and reflection that ground the product of a composite in its scene."""
    arguments = _build_arguments("inpainting", output, engine, option, seed=seed)
    arguments |= {"scene": _read_scene(scene), "prompt": prompt}
    with open_client(address) as client, _create_display("inpainting", as_json) as display:
        result = client.inpaint(composite, mask, on_event=display.show_event, **arguments)
    _save_and_report(result, output, result.reply.run, as_json, {})


@stages.command("finish", epilog=format_examples("stage finish"))
def write_final_file(
    ad: File,
    composite: Annotated[
        Path, typer.Option(exists=True, help="The picture that the compositing stage returned.")
    ],
    mask: Annotated[Path, typer.Option(exists=True, help="The product's alpha.")],
    output: Output,
    profile: Profile = "",
    quality: Quality = None,
    max_kb: MaxKb = None,
    dpi: Dpi = None,
    generative: Annotated[
        bool, typer.Option("--generative", help="A generative model made pixels of it.")
    ] = False,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, build_address_option("finishing")] = STAGE_ADDRESSES["finishing"],
) -> None:
    """Encodes an ad as its final file, checks it, and prints its size and quality score."""
    arguments = _build_arguments("finishing", output, engine, option)
    arguments |= {"profile": profile or None, "quality": quality, "max_kb": max_kb, "dpi": dpi}
    arguments["generative"] = generative
    with open_client(address) as client, _create_display("finishing", as_json) as display:
        result = client.finish(ad, composite, mask, on_event=display.show_event, **arguments)
    details = {"bytes": len(result.data), "score": round(result.reply.quality_report.score, 1)}
    _save_and_report(result, output, result.reply.run, as_json, details)


def _build_arguments(
    stage: str, output: Path, engine: str, options: list[str] | None, seed: int | None = None
) -> dict[str, Any]:
    """Returns keyword arguments that all stages share: the format, options and, if set, a seed.

    stage: its name. output: the path of the picture, whose suffix is the format. engine: name of
    the engine to use. options: words FIELD=VALUE of the stage's options, or None.
    """
    from cyclorama.formats import format_name_from_path  # Here: --help starts faster.

    fields: dict[str, Any] = {"engine": {"name": engine}}
    for word in options or []:
        name, _, value = word.partition("=")
        set_option(fields, stage, name, value)
    arguments: dict[str, Any] = {"format": format_name_from_path(output), "options": fields}
    return arguments if seed is None else {**arguments, "seed": seed}


def _read_scene(path: Path | None) -> "scene_pb2.Scene | None":
    """Reads a Scene, the light and ground of a background, from a JSON file; None for no path.

    Raises ValueError, which names the file, when it is invalid.
    """
    # Here, so that --help starts without gRPC.
    from cyclorama.messages import parse_message
    from cyclorama.v1 import scene_pb2

    if path is None:
        return None
    scene = scene_pb2.Scene()
    try:
        parse_message(scene, read_json_object(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return scene


def _create_display(stage: str, as_json: bool) -> StageDisplay:
    """Creates the progress bar of a command that calls one stage; nothing without a terminal."""
    return StageDisplay(choose_console(as_json), stages=(stage,), lines=False)


def _save_and_report(
    picture: "cyclorama.Picture",
    output: Path,
    run: "engine_pb2.EngineRun",
    as_json: bool,
    details: Mapping[str, Any],
) -> None:
    """Saves a picture, and prints its size, the engine that made it, warnings and details.

    output: the path to write. run: what a stage reports about the engine. as_json: whether to print
    one JSON object. details: further values by name, to print as well.
    """
    from cyclorama.results import warning_from_message  # Here: --help starts faster.

    picture.save(output)
    seconds = run.elapsed.ToMilliseconds() / 1000
    warnings = [asdict(warning_from_message(warning)) for warning in run.warnings]
    if as_json:
        picture_fields = {"picture": str(output), "width": picture.width, "height": picture.height}
        run_fields = {"engine": run.engine, "version": run.version, "seconds": seconds}
        return print_json({**picture_fields, **run_fields, **details, "warnings": warnings})
    size = f"{picture.width} x {picture.height}"
    console.print(f"{output}  {size}  {run.engine}, {seconds:.1f} s", soft_wrap=True, markup=False)
    for name, value in details.items():
        console.print(f"{name} {_format_value(value)}", soft_wrap=True)
    for warning in warnings:
        line = f"{warning['reason']}: {warning['message']}"
        console.print(line, soft_wrap=True, markup=False)


def _format_value(value: Any) -> str:
    """Formats a value for people; joins the values of a JSON object with commas."""
    return ",".join(map(str, value.values())) if isinstance(value, dict) else str(value)
