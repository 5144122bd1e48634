"""The commands that call one stage alone, file in, file out."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import cyclorama
from cyclorama.cli.access import connect
from cyclorama.cli.examples import epilog
from cyclorama.cli.options import (
    Dpi,
    MaxKb,
    Profile,
    Quality,
    delivery_of,
    parse_size,
    parse_value,
    set_field,
)
from cyclorama.cli.output import Json, StageDisplay, beside, console, print_json
from cyclorama.defaults import STAGE_ADDRESSES
from cyclorama.documents import read_object

if TYPE_CHECKING:
    from cyclorama.v1 import engine_pb2, scene_pb2

stages = typer.Typer(help="Calls one stage alone, file in, file out.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the picture.")]
Option = Annotated[list[str] | None, typer.Option(help="FIELD=VALUE of the stage's options.")]
Engine = Annotated[str, typer.Option(help="Name of the engine to use.")]
SceneFile = Annotated[
    Path | None, typer.Option(exists=True, help="Scene written by `stage background --scene`.")
]
Seed = Annotated[int | None, typer.Option(help="0 to 2147483647; default random.")]


def at(stage: str) -> Any:
    """The option that says where a stage listens."""
    return typer.Option(envvar=f"CYCLORAMA_{stage.upper()}", help="Address of the stage.")


@stages.command(epilog=epilog("stage segment"))
def segment(
    photo: File,
    output: Output,
    mask: Annotated[Path | None, typer.Option(help="A picture of roughly what it is.")] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, at("segmentation")] = STAGE_ADDRESSES["segmentation"],
) -> None:
    """Cuts the product out of a photo."""
    with connect(address) as client:
        cutout = client.segment(photo, mask, **_wishes(output, engine, option))
    box = cutout.reply.bounds
    bounds = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    found = {"bounds": bounds, "confidence": round(cutout.reply.confidence, 3)}
    _done(cutout, output, cutout.reply.run, as_json, found)


@stages.command(epilog=epilog("stage background"))
def background(
    prompt: Annotated[str, typer.Option(help="What the scene should look like.")],
    output: Output,
    negative: Annotated[str, typer.Option(help="What it should not show.")] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "1024x1024",
    seed: Seed = None,
    scene: Annotated[Path | None, typer.Option(help="Where to write the Scene as JSON.")] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, at("background")] = STAGE_ADDRESSES["background"],
) -> None:
    """Makes a background from a prompt."""
    wishes = _wishes(output, engine, option, seed=seed)
    wishes |= {"negative_prompt": negative, "size": parse_size(size)}
    with connect(address) as client, _display("background", as_json) as display:
        made = client.generate(prompt, on_event=display.show, **wishes)
    if scene:
        from google.protobuf.json_format import MessageToJson

        scene.write_text(MessageToJson(made.reply.scene) + "\n")
    _done(made, output, made.reply.run, as_json, {})


@stages.command(epilog=epilog("stage composite"))
def composite(
    cutout: File,
    background: File,
    output: Output,
    scene: SceneFile = None,
    mask: Annotated[Path | None, typer.Option(help="Where to write the mask.")] = None,
    cut_side: Annotated[list[str] | None, typer.Option(help="top, right, bottom or left.")] = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, at("compositing")] = STAGE_ADDRESSES["compositing"],
) -> None:
    """Sets a cut-out into a background."""
    from cyclorama.v1 import image_pb2

    sides: list[Any] = [image_pb2.Side.Value(f"SIDE_{side}".upper()) for side in cut_side or []]
    wishes = _wishes(output, engine, option)
    with connect(address) as client:
        made = client.composite(
            cutout, background, scene=_read_scene(scene), cut_sides=sides, **wishes
        )
    if mask:
        made.mask.save(mask)
    _done(made, output, made.reply.run, as_json, {})


@stages.command(epilog=epilog("stage inpaint"))
def inpaint(
    composite: File,
    mask: Annotated[Path, typer.Option(exists=True, help="The product's alpha.")],
    output: Output,
    prompt: Annotated[str, typer.Option(help="Of the scene, for engines that repaint it.")] = "",
    scene: SceneFile = None,
    seed: Seed = None,
    engine: Engine = "auto",
    option: Option = None,
    as_json: Json = False,
    address: Annotated[str, at("inpainting")] = STAGE_ADDRESSES["inpainting"],
) -> None:
    """Grounds the product of a composite in its scene."""
    wishes = _wishes(output, engine, option, seed=seed)
    wishes |= {"scene": _read_scene(scene), "prompt": prompt}
    with connect(address) as client, _display("inpainting", as_json) as display:
        made = client.inpaint(composite, mask, on_event=display.show, **wishes)
    _done(made, output, made.reply.run, as_json, {})


@stages.command(epilog=epilog("stage finish"))
def finish(
    ad: File,
    composite: Annotated[
        Path, typer.Option(exists=True, help="The picture as the product was set into it.")
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
    address: Annotated[str, at("finishing")] = STAGE_ADDRESSES["finishing"],
) -> None:
    """Writes a picture as the file that leaves the system."""
    wishes = _wishes(output, engine, option)
    wishes |= {"delivery": delivery_of(profile, quality, max_kb, dpi), "generative": generative}
    with connect(address) as client, _display("finishing", as_json) as display:
        made = client.finish(ad, composite, mask, on_event=display.show, **wishes)
    found = {"bytes": len(made.data), "score": round(made.reply.quality_report.score, 1)}
    _done(made, output, made.reply.run, as_json, found)


def _wishes(
    output: Path, engine: str, options: list[str] | None, seed: int | None = None
) -> dict[str, Any]:
    from cyclorama.formats import format_for

    fields: dict[str, Any] = {"engine": {"name": engine}}
    for word in options or []:
        name, _, value = word.partition("=")
        set_field(fields, name, parse_value(value))
    wishes: dict[str, Any] = {"format": format_for(output), "options": fields}
    return wishes if seed is None else {**wishes, "seed": seed}


def _read_scene(path: Path | None) -> "scene_pb2.Scene | None":
    from cyclorama.operations import fill
    from cyclorama.v1 import scene_pb2

    if path is None:
        return None
    scene = scene_pb2.Scene()
    try:
        fill(scene, read_object(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return scene


def _display(stage: str, as_json: bool) -> StageDisplay:
    return StageDisplay(beside(as_json), (stage,), lines=False)


def _done(
    picture: "cyclorama.Picture",
    output: Path,
    run: "engine_pb2.EngineRun",
    as_json: bool,
    found: Mapping[str, Any],
) -> None:
    """Writes the picture and tells what ran and what was found."""
    picture.save(output)
    seconds = run.elapsed.ToMilliseconds() / 1000
    told: Any = run.warnings
    warnings = [{"reason": each.reason, "message": each.message} for each in told]
    if as_json:
        drawn = {"picture": str(output), "width": picture.width, "height": picture.height}
        ran = {"engine": run.engine, "version": run.version, "seconds": seconds}
        return print_json({**drawn, **ran, **found, "warnings": warnings})
    size = f"{picture.width} x {picture.height}"
    console.print(f"{output}  {size}  {run.engine}, {seconds:.1f} s", soft_wrap=True, markup=False)
    for name, value in found.items():
        console.print(f"{name} {_words(value)}", soft_wrap=True)
    for warning in warnings:
        console.print("{reason}: {message}".format(**warning), soft_wrap=True, markup=False)


def _words(value: Any) -> str:
    return ",".join(map(str, value.values())) if isinstance(value, dict) else str(value)
