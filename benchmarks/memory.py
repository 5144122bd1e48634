"""Peak memory of each service for one ad, next to the memory limit of its container.

python -m benchmarks.memory [--quick]

Every service is a process of its own, as in docker-compose.yml, with the embedded engines. Ours is
the most resident memory that a process has had (VmHWM) after its first ad of 1024 x 1024 pixels,
theirs the same before the ad, when the service is ready. The goal is the limit of the container.
"""

import argparse
import tempfile
from contextlib import ExitStack

import cyclorama
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.serving import ROOT, build_gateway_settings, read_peak_mib, start_process

# By service, in MiB: mem_limit in docker-compose.yml. Compositing serves finishing.
LIMITS = {
    "segmentation": 4096,
    "background": 3072,
    "compositing": 3072,
    "inpainting": 3072,
    "gateway": 2560,
}
SIDE, QUICK_SIDE = 1024, 256
PHOTO = ROOT / "clients/samples/bottle.jpg"
PROMPT = "on a marble table, soft morning light"


def main() -> None:
    """Makes one ad, and compares the memory of the services with their limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small ad")
    quick = parse_arguments(parser).quick
    before, after = measure_peaks(QUICK_SIDE if quick else SIDE)
    rows = [
        BenchmarkRow(f"{name}: peak", "MiB", before[name], after[name], limit, "ours", True)
        for name, limit in LIMITS.items()
    ]
    write_report("memory", rows, quick, ["mitsuba", "numpy", "opencv-python-headless", "grpcio"])


def measure_peaks(side: int) -> tuple[dict[str, float], dict[str, float]]:
    """Returns the peak memory of each service in MiB before and after an ad.

    side: width and height of the ad in pixels.
    """
    with ExitStack() as stack:
        addresses, pids = {}, {}
        for name in LIMITS:
            if name != "gateway":
                address, process = stack.enter_context(start_process(f"services.{name}"))
                addresses[name], pids[name] = address, process.pid
        addresses["finishing"] = addresses["compositing"]
        settings = build_gateway_settings("", stack.enter_context(tempfile.TemporaryDirectory()))
        settings |= {
            f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": a for name, a in addresses.items()
        }
        address, process = stack.enter_context(start_process("gateway", **settings))
        pids["gateway"] = process.pid
        before = {name: read_peak_mib(pid) for name, pid in pids.items()}
        with cyclorama.Client(address, timeout=300) as client:
            client.create_ad(PHOTO, PROMPT, size=(side, side))
        return before, {name: read_peak_mib(pid) for name, pid in pids.items()}


if __name__ == "__main__":
    main()
