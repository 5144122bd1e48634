"""What the gateway counts beside its own calls: waits, stages, and results used again."""

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.metrics import DURATION_BUCKETS

STAGE_WAIT = Histogram(
    "cyclorama_stage_wait_seconds",
    "Time that work waited in the gateway for its turn at a stage.",
    ["stage"],
    buckets=DURATION_BUCKETS,
)
STAGE_SECONDS = Histogram(
    "cyclorama_stage_duration_seconds",
    "Time until a stage had answered.",
    ["stage"],
    buckets=DURATION_BUCKETS,
)
STAGE_RETRIES = Counter(
    "cyclorama_stage_retries", "Calls sent again after a broken answer.", ["stage"]
)
RESULTS = Counter(
    "cyclorama_stage_results", "Results of stages in jobs, by origin.", ["stage", "origin"]
)
KEPT_BYTES = Gauge(
    "cyclorama_artifact_store_bytes", "Bytes in the artifact store, as of the last tidying."
)
KEPT_LIMIT_BYTES = Gauge(
    "cyclorama_artifact_store_limit_bytes", "Bytes beyond which results are let go."
)
