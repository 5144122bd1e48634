"""The command `create`, which makes one ad."""

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

import cyclorama
from cyclorama.cli.connection import (
    Gateway,
    Seconds,
    Wait,
    complete_from_gateway,
    open_client,
    wait_for_stages,
)
from cyclorama.cli.options import (
    Dpi,
    Draft,
    MaxKb,
    Profile,
    Quality,
    build_delivery,
    drop_none,
    parse_backdrop,
    parse_engines,
    parse_options,
    parse_size,
)
from cyclorama.cli.output import (
    Json,
    StageDisplay,
    choose_console,
    console,
    format_left_out,
    print_json,
    print_measurements,
)
from cyclorama.defaults import GATEWAY


def complete_engines(incomplete: str) -> list[str]:
    """Returns STAGE=ENGINE for ready engines of the gateway, for shell completion.

    incomplete: what the user has typed so far, with which every returned word starts.
    """
    return complete_from_gateway(
        lambda client: (
            f"{engine.stage}={engine.name}" for engine in client.engines() if engine.ready
        ),
        incomplete,
    )


EngineWords = Annotated[
    list[str] | None,
    typer.Option(
        help="STAGE=ENGINE; `cyclorama engines` lists them.", autocompletion=complete_engines
    ),
]


def create_ad_file(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The product photo.")],
    prompt: Annotated[str, typer.Option(help="What the scene should look like.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The ad's file; the suffix sets its format.")
    ],
    negative: Annotated[str, typer.Option(help="What the scene should not show.")] = "",
    size: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT in pixels; default the profile's, or 1024x1024.")
    ] = "",
    draft: Draft = False,
    profile: Profile = "",
    seed: Annotated[int | None, typer.Option(help="0 to 2147483647; default random.")] = None,
    engine: EngineWords = None,
    option: Annotated[
        list[str] | None, typer.Option(help="STAGE.FIELD=VALUE, such as compositing.tint=0.")
    ] = None,
    product: Annotated[str, typer.Option(help="The product, such as 'perfume bottle'.")] = "",
    product_height: Annotated[
        float | None, typer.Option(help="Its height in mm, to scale the things around it.")
    ] = None,
    backdrop: Annotated[
        str, typer.Option(help="A picture file or a #rrggbb color instead of a generated scene.")
    ] = "",
    headline: Annotated[str, typer.Option(help="Headline to set next to the product.")] = "",
    call: Annotated[str, typer.Option(help="Text of a button, such as 'Shop now'.")] = "",
    logo: Annotated[Path | None, typer.Option(exists=True, help="A logo to add.")] = None,
    quality: Quality = None,
    max_kb: MaxKb = None,
    dpi: Dpi = None,
    layers: Annotated[
        Path | None, typer.Option(help="Folder for the layers, or a .psd file for all of them.")
    ] = None,
    best_of: Annotated[
        int, typer.Option(min=1, max=16, help="Number of variants to make; keeps the best.")
    ] = 1,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
    wait: Wait = 0,
) -> None:
    """Makes an ad of a photo and a prompt; saves its manifest next to it as .json."""
    from cyclorama.formats import format_name_from_path  # Here: --help starts faster.

    options = parse_options(option or [], parse_engines(engine or []))
    options["delivery"] = build_delivery(profile, quality, max_kb, dpi) | request_layers(layers)
    background = parse_backdrop(backdrop) if backdrop else None
    lettering = build_lettering(headline, call, logo)
    options |= drop_none({"backdrop": background, "lettering": lettering})
    described = drop_none({"product": product or None, "product_height_mm": product_height})
    options["background"] = options.get("background", {}) | described
    arguments = {
        "negative_prompt": negative,
        "format": format_name_from_path(output),
        "options": options,
        "draft": draft,
    }
    arguments |= drop_none({"size": parse_size(size) if size else None, "seed": seed})
    with open_client(gateway, timeout=timeout) as client:
        # `wait` is how many seconds services that are starting may take.
        wait_for_stages(client, wait)
        # Variants that differ by seed, of which only the best is saved.
        ads = create_variants(client, photo, prompt, arguments, best_of, as_json)
    best = cyclorama.rank_ads(ads.values())[0]
    save_ad_files(best, output, layers)
    if as_json:
        return print_json(summarize_ad(best, output, layers, ads))
    print_ad(best, output, layers, ads)


def build_lettering(headline: str, call: str, logo: Path | None) -> dict[str, Any] | None:
    """Returns what to set on the ad as fields of the message Lettering; None when all are empty.

    headline: text next to the product. call: text of a button. logo: path of a picture file.
    """
    logo_image = {"data": logo.read_bytes()} if logo else None
    fields = {"headline": headline, "call_to_action": call, "logo": logo_image}
    return {name: value for name, value in fields.items() if value} or None


def create_variants(
    client: "cyclorama.Client",
    photo: Path,
    prompt: str,
    arguments: dict[str, Any],
    count: int,
    as_json: bool,
) -> "dict[int, cyclorama.Ad]":
    """Makes several ads of a photo and a prompt that differ by seed; returns them by seed.

    Shows the progress of each on the terminal.

    arguments: keyword arguments of Client.create_ad; their seed, or a random one, is the first, and
    the others count up. count: number of ads. as_json: whether standard output is JSON, so that
    progress goes to standard error.
    """
    first_seed = arguments.get("seed")
    if first_seed is None:
        # The largest seed is 2**31 - 1.
        first_seed = secrets.randbelow(2**31 - count)
    ads: dict[int, cyclorama.Ad] = {}
    for seed in range(first_seed, first_seed + count):
        with StageDisplay(choose_console(as_json), lines=not as_json) as display:
            variant = arguments | {"seed": seed}
            ads[seed] = client.create_ad(photo, prompt, on_event=display.show_event, **variant)
    return ads


def request_layers(path: Path | None) -> dict[str, bool]:
    """Returns fields of the message Delivery that request the ad's layers with the ad.

    path: a .psd file for all layers, a folder for a picture of each, or None for no layers.
    """
    if path is None:
        return {}
    return {"layered_file": True} if path.suffix.lower() == ".psd" else {"layers": True}


def save_ad_files(ad: "cyclorama.Ad", output: Path, layers: Path | None) -> None:
    """Saves an ad, its manifest next to it as .json, and its layers in a folder or one file.

    output: the path of the ad. layers: a .psd file, a folder, or None for no layers.
    """
    ad.save(output)
    output.with_suffix(".json").write_text(ad.manifest_json + "\n")
    if layers and ad.layered_file:
        layers.parent.mkdir(parents=True, exist_ok=True)
        layers.write_bytes(ad.layered_file)
    if layers:
        for name, layer in ad.layers.items():
            layer.save(layers / f"{name}.png")


def print_ad(
    ad: "cyclorama.Ad", output: Path, layers: Path | None, ads: "dict[int, cyclorama.Ad]"
) -> None:
    """Prints the marks of all variants, best first, what is missing, and the files; the ad's last.

    ad: the best variant. output: its path; the manifest is next to it. layers: where its layers
    are, if they were requested. ads: all variants by seed.
    """
    for seed, variant in rank_seeds(ads):
        mark = f"seed {seed}  {variant.score:g} of 10  {escape(variant.reasons)}"
        console.print(mark, soft_wrap=True)
    print_left_out(ad)
    if ad.profile:
        print_measurements(ad.profile.measurements)
    if layers:
        console.print(str(layers), soft_wrap=True, markup=False)
    console.print(str(output.with_suffix(".json")), soft_wrap=True, markup=False)
    draft = "  draft" if ad.draft else ""
    console.print(f"{output}  {ad.width} x {ad.height}{draft}", soft_wrap=True, markup=False)


def print_left_out(ad: "cyclorama.Ad") -> None:
    """Prints words of the prompt that the ad shows and those that it does not; nothing if all."""
    omitted = format_left_out(ad.warnings)
    if omitted and ad.understood:
        console.print(f"shown: {', '.join(ad.understood)}", soft_wrap=True, markup=False)
    if omitted:
        console.print(f"left out: {omitted}", soft_wrap=True, markup=False)


def summarize_ad(
    ad: "cyclorama.Ad", output: Path, layers: Path | None, ads: "dict[int, cyclorama.Ad]"
) -> dict[str, Any]:
    """Returns what --json prints: the files, the ad's properties, and the scores of all variants.

    ad: the best variant. output: its path; the manifest is next to it. layers: where its layers
    are, if they were requested. ads: all variants by seed.
    """
    stages = ad.manifest["stages"]
    return {
        "ad": str(output),
        "manifest": str(output.with_suffix(".json")),
        "layers": str(layers) if layers else None,
        "format": ad.format,
        "width": ad.width,
        "height": ad.height,
        "draft": ad.draft,
        "score": ad.score,
        "flaw_probability": round(ad.flaw_probability, 4),
        "reasons": ad.reasons,
        "engines": {stage["stage"]: stage["engine"] for stage in stages},
        "warnings": [
            {"stage": stage["stage"], **warning}
            for stage in stages
            for warning in stage["warnings"]
        ],
        "understood": list(ad.understood),
        "profile": asdict(ad.profile) if ad.profile else None,
        "seeds": [{"seed": seed, "score": variant.score} for seed, variant in rank_seeds(ads)],
    }


def rank_seeds(ads: "dict[int, cyclorama.Ad]") -> "list[tuple[int, cyclorama.Ad]]":
    """Returns pairs of a seed and its ad, best ad first; ads: by seed."""
    # By identity: an Ad contains a dict, so it cannot be a key itself.
    seeds = {id(ad): seed for seed, ad in ads.items()}
    return [(seeds[id(ad)], ad) for ad in cyclorama.rank_ads(ads.values())]
