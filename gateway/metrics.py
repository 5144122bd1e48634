"""Metrics of the gateway besides those of its calls: stages, cached results, artifact store."""

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.metrics import DURATION_BUCKETS

STAGE_WAIT_SECONDS = Histogram(
    "cyclorama_stage_wait_seconds",
    "Time that a call waited in the gateway for a free slot of its stage.",
    ["stage"],
    buckets=DURATION_BUCKETS,
)
STAGE_SECONDS = Histogram(
    "cyclorama_stage_duration_seconds",
    "Time from sending a call to a stage until its result.",
    ["stage"],
    buckets=DURATION_BUCKETS,
)
STAGE_RETRIES = Counter(
    "cyclorama_stage_retries", "Calls sent once more after their replica was lost.", ["stage"]
)
STAGE_REPLICAS = Gauge(
    "cyclorama_stage_replicas",
    "Replicas of a stage as of its last call: ready, ejected after a failure, or unreachable.",
    ["stage", "state"],
)
STAGE_RESULTS = Counter(
    "cyclorama_stage_results", "Stage results of jobs, by origin.", ["stage", "origin"]
)
STORE_BYTES = Gauge(
    "cyclorama_artifact_store_bytes", "Bytes in the artifact store after the last cleanup."
)
STORE_LIMIT_BYTES = Gauge(
    "cyclorama_artifact_store_limit_bytes", "Bytes above which the oldest results are deleted."
)
