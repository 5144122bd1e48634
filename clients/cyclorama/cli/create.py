"""The command that makes one ad."""

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

import cyclorama
from cyclorama.cli.access import (
    Gateway,
    Seconds,
    Wait,
    complete_from_gateway,
    connect,
    wait_for_stages,
)
from cyclorama.cli.options import (
    Dpi,
    MaxKb,
    Profile,
    Quality,
    delivery_of,
    given,
    parse_backdrop,
    parse_engines,
    parse_options,
    parse_size,
)
from cyclorama.cli.output import Json, StageDisplay, beside, console, print_findings, print_json
from cyclorama.defaults import GATEWAY


def known_engines(incomplete: str) -> list[str]:
    """STAGE=ENGINE for the shell to complete; nothing when the gateway does not answer in time."""
    return complete_from_gateway(
        lambda client: (f"{each.stage}={each.name}" for each in client.engines() if each.ready),
        incomplete,
    )


EngineWords = Annotated[
    list[str] | None,
    typer.Option(
        help="STAGE=ENGINE; `cyclorama engines` lists them.", autocompletion=known_engines
    ),
]


def create(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The product photo.")],
    prompt: Annotated[str, typer.Option(help="What the scene should look like.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The ad; the suffix says its format.")
    ],
    negative: Annotated[str, typer.Option(help="What the scene should not show.")] = "",
    size: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT in pixels; default the profile's, or 1024x1024.")
    ] = "",
    profile: Profile = "",
    seed: Annotated[int | None, typer.Option(help="0 to 2147483647; default random.")] = None,
    engine: EngineWords = None,
    option: Annotated[
        list[str] | None, typer.Option(help="STAGE.FIELD=VALUE, such as compositing.tint=0.")
    ] = None,
    backdrop: Annotated[
        str, typer.Option(help="A picture file or a #rrggbb color in place of a made scene.")
    ] = "",
    headline: Annotated[str, typer.Option(help="Words to set beside the product.")] = "",
    call: Annotated[str, typer.Option(help="Words of a button, such as 'Shop now'.")] = "",
    logo: Annotated[Path | None, typer.Option(exists=True, help="A logo to set.")] = None,
    quality: Quality = None,
    max_kb: MaxKb = None,
    dpi: Dpi = None,
    layers: Annotated[
        Path | None, typer.Option(help="Folder for the layers, or a .psd for them in one file.")
    ] = None,
    best_of: Annotated[
        int, typer.Option(min=1, max=16, help="Make so many, by seed, and keep the best.")
    ] = 1,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
    wait: Wait = 0,
) -> None:
    """Makes an ad of a photo and a prompt; the manifest goes beside it as .json."""
    from cyclorama.formats import format_for

    options = parse_options(option or [], parse_engines(engine or []))
    options["delivery"] = delivery_of(profile, quality, max_kb, dpi) | asked_layers(layers)
    own = parse_backdrop(backdrop) if backdrop else None
    options |= given({"backdrop": own, "lettering": lettering_of(headline, call, logo)})
    wishes = {"negative_prompt": negative, "format": format_for(output), "options": options}
    wishes |= given({"size": parse_size(size) if size else None, "seed": seed})
    with connect(gateway, timeout=timeout) as client:
        wait_for_stages(client, wait)
        made = create_each(client, photo, prompt, wishes, best_of, as_json)
    best = cyclorama.ranked(made.values())[0]
    save(best, output, layers)
    if as_json:
        return print_json(told(best, output, layers, made))
    print_ad(best, output, layers, made)


def lettering_of(headline: str, call: str, logo: Path | None) -> dict[str, Any] | None:
    """What is to be written, as fields of a Lettering."""
    image = {"data": logo.read_bytes()} if logo else None
    fields = {"headline": headline, "call_to_action": call, "logo": image}
    return {name: value for name, value in fields.items() if value} or None


def create_each(
    client: "cyclorama.Client",
    photo: Path,
    prompt: str,
    wishes: dict[str, Any],
    count: int,
    as_json: bool,
) -> "dict[int, cyclorama.Ad]":
    """Makes ads with seeds that count up; returns them by seed."""
    first = wishes.get("seed")
    first = secrets.randbelow(2**31 - count) if first is None else first
    made: dict[int, cyclorama.Ad] = {}
    for seed in range(first, first + count):
        with StageDisplay(beside(as_json), lines=not as_json) as display:
            asked = wishes | {"seed": seed}
            made[seed] = client.create_ad(photo, prompt, on_event=display.show, **asked)
    return made


def asked_layers(path: Path | None) -> dict[str, bool]:
    """The fields of a Delivery that bring the layers to this path."""
    if path is None:
        return {}
    return {"layered_file": True} if path.suffix.lower() == ".psd" else {"layers": True}


def save(ad: "cyclorama.Ad", output: Path, layers: Path | None) -> None:
    """Writes an ad, its manifest beside it, and its layers into a folder or one file."""
    ad.save(output)
    output.with_suffix(".json").write_text(ad.manifest_json + "\n")
    if layers and ad.layered_file:
        layers.parent.mkdir(parents=True, exist_ok=True)
        layers.write_bytes(ad.layered_file)
    if layers:
        for name, layer in ad.layers.items():
            layer.save(layers / f"{name}.png")


def print_ad(
    ad: "cyclorama.Ad", output: Path, layers: Path | None, made: "dict[int, cyclorama.Ad]"
) -> None:
    """Says for people what was written, and how several ads rank."""
    for seed, each in in_order(made) if len(made) > 1 else ():
        console.print(f"seed {seed}  {each.score:g}  {escape(each.reasons)}", soft_wrap=True)
    console.print(f"{output}  {ad.width} x {ad.height}", soft_wrap=True, markup=False)
    console.print(str(output.with_suffix(".json")), soft_wrap=True, markup=False)
    if layers:
        console.print(str(layers), soft_wrap=True, markup=False)
    if ad.profile:
        print_findings(ad.profile.findings)


def told(
    ad: "cyclorama.Ad", output: Path, layers: Path | None, made: "dict[int, cyclorama.Ad]"
) -> dict[str, Any]:
    """The same for programs."""
    stages = ad.manifest["stages"]
    return {
        "ad": str(output),
        "manifest": str(output.with_suffix(".json")),
        "layers": str(layers) if layers else None,
        "format": ad.format,
        "width": ad.width,
        "height": ad.height,
        "score": ad.score,
        "reasons": ad.reasons,
        "engines": {stage["stage"]: stage["engine"] for stage in stages},
        "warnings": [warning for stage in stages for warning in stage["warnings"]],
        "profile": asdict(ad.profile) if ad.profile else None,
        "seeds": [{"seed": seed, "score": each.score} for seed, each in in_order(made)],
    }


def in_order(made: "dict[int, cyclorama.Ad]") -> "list[tuple[int, cyclorama.Ad]]":
    """Seeds and their ads, the best first."""
    seeds = {id(ad): seed for seed, ad in made.items()}
    return [(seeds[id(ad)], ad) for ad in cyclorama.ranked(made.values())]
