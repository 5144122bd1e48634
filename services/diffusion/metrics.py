"""What stages 2 and 4 count of their Stable Diffusion servers."""

from prometheus_client import Gauge

CIRCUIT_OPEN = Gauge(
    "cyclorama_sdapi_circuit_open",
    "1 from the failures that opened a server's circuit until it has drawn again, else 0.",
    ["server"],
)
