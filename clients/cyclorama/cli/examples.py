"""Examples that --help shows; tests run them in this order, with the files that they name."""

from collections.abc import Mapping

# Placeholder for the name of a job.
EXAMPLE_JOB = "jobs/5f0c8a3e"
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "run": (
        'cyclorama run photo.jpg "on a marble table" -o ad.png',
        'cyclorama run photos "on a marble table" -o ads --draft',
    ),
    "create": (
        'cyclorama create photo.jpg --prompt "on a marble table" -o ad.png',
        'cyclorama create photo.jpg --prompt "dark luxury" -o lux.jpg --size 1080x1350 --best-of 2',
        'cyclorama create photo.jpg --prompt "on slate" -o draft.png --draft --best-of 3',
        'cyclorama create photo.jpg --prompt "white" -o main.jpg --profile amazon-main --json',
    ),
    "up": ("cyclorama up",),
    "open": ("cyclorama open",),
    "campaign": (
        "cyclorama campaign campaign.yaml -o ads",
        'cyclorama campaign photos --prompt "on sand" --prompt "on slate" -o ads --draft',
    ),
    "replay": ("cyclorama replay ad.json --photo photo.jpg",),
    "verify": ("cyclorama verify ad.png", "cyclorama verify ad.png --json"),
    "check": ("cyclorama check main.jpg --profile amazon-main",),
    "assess": ("cyclorama assess ad.png", "cyclorama assess ads", "cyclorama assess ads --json"),
    "engines": ("cyclorama engines", "cyclorama engines --json"),
    "workflow check": ("cyclorama workflow check workflow.json",),
    "doctor": ("cyclorama doctor", "cyclorama doctor --json"),
    "stage segment": ("cyclorama stage segment photo.jpg -o cutout.png",),
    "stage background": (
        'cyclorama stage background --prompt "on sand" -o background.png --scene scene.json',
    ),
    "stage composite": (
        "cyclorama stage composite cutout.png background.png -o composite.png --mask mask.png",
    ),
    "stage inpaint": (
        "cyclorama stage inpaint composite.png --mask mask.png -o done.png --scene scene.json",
    ),
    "stage finish": (
        "cyclorama stage finish done.png --composite composite.png --mask mask.png -o file.jpg",
    ),
    "jobs list": ("cyclorama jobs list", "cyclorama jobs list --state succeeded --json"),
    "jobs show": ("cyclorama jobs show",),
    "jobs watch": ("cyclorama jobs watch -o ads",),
    "jobs cancel": (f"cyclorama jobs cancel {EXAMPLE_JOB}",),
    "jobs retry": (f"cyclorama jobs retry {EXAMPLE_JOB}",),
    "jobs delete": (f"cyclorama jobs delete {EXAMPLE_JOB} --yes",),
    "webhooks list": (
        "cyclorama webhooks list",
        "cyclorama webhooks list --state failed --json",
    ),
    "webhooks replay": (
        "cyclorama webhooks replay --failed",
        "cyclorama webhooks replay --since 2026-01-31T08:00 --endpoint shop",
    ),
    "webhooks endpoints": ("cyclorama webhooks endpoints --check",),
    "webhooks enable": ("cyclorama webhooks enable shop",),
}


def format_examples(command: str) -> str:
    """Returns the examples of a command, such as "jobs list", as the last text of its --help.

    The text is empty if there are none.
    """
    lines = EXAMPLES.get(command, ())
    return "\n\n".join(("Examples:" if len(lines) > 1 else "Example:", *lines)) if lines else ""
