"""Channels to the stages, in plain text or with TLS, and new ones when certificates change."""

import asyncio
import json

import grpc

from cyclorama.stages import STAGES
from gateway.settings import Settings
from services.runtime.addresses import is_local_address
from services.runtime.tls import CertificateReloader, TlsIdentity, channel_credentials

SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    # A replica that says NOT_SERVING, as one that drains does, gets no new calls.
    "healthCheckConfig": {"serviceName": ""},
    # When most calls fail, trying again only adds to the trouble.
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}


class Channels:
    """One channel to each stage; raises SystemExit where the settings would let strangers listen.

    Used from one event loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._identity = _identity(settings)
        self._renewal = CertificateReloader(self._identity)
        self._channels = self._open()
        self._closing: set[asyncio.Task] = set()

    def to(self, stage: str) -> grpc.aio.Channel:
        """The channel to a stage; what is at work on one that was replaced goes on."""
        if self._renewal.should_reload():
            self._replace()
        return self._channels[stage]

    def _open(self) -> dict[str, grpc.aio.Channel]:
        return {stage: self._channel(self._settings.address_of(stage)) for stage in STAGES}

    def _replace(self) -> None:
        before, self._channels = self._channels, self._open()
        for channel in before.values():
            closing = asyncio.create_task(channel.close(self._settings.ad_timeout_seconds))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _channel(self, address: str) -> grpc.aio.Channel:
        options = _options(self._settings)
        if not self._identity.ca:
            return grpc.aio.insecure_channel(address, options=options)
        credentials = channel_credentials(self._identity)
        return grpc.aio.secure_channel(address, credentials, options=options)


def _identity(settings: Settings) -> TlsIdentity:
    """What the gateway shows to stages, and whom it takes for one."""
    if not settings.stage_tls_ca:
        reached = {stage: settings.address_of(stage) for stage in STAGES}
        far = {stage for stage, address in reached.items() if not is_local_address(address)}
        if far and not settings.allow_plaintext:
            raise SystemExit(
                f"{', '.join(sorted(far))}: on other machines, and there is no TLS: set "
                "CYCLORAMA_GATEWAY_STAGE_TLS_CA, or CYCLORAMA_ALLOW_PLAINTEXT=true"
            )
        return TlsIdentity()
    own = settings.stage_tls_cert or settings.tls_cert, settings.stage_tls_key or settings.tls_key
    identity = TlsIdentity(*own, ca=settings.stage_tls_ca)
    identity.exit_if_unusable()
    return identity


def _options(settings: Settings) -> list[tuple[str, int | str]]:
    limit, keepalive = settings.max_message_mib * 2**20, round(settings.keepalive_seconds * 1000)
    return [
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        # Requests larger than this are not retried, and ours hold pictures.
        ("grpc.per_rpc_retry_buffer_size", limit),
        # A stage that was restarted is found again within a second, not two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        # This bounds an attempt, TLS handshake and all, rather than the pause between two.
        ("grpc.min_reconnect_backoff_ms", 1000),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # A replica that froze or was cut off is noticed after twice this, not after minutes.
        ("grpc.keepalive_time_ms", keepalive),
        ("grpc.keepalive_timeout_ms", keepalive),
        # Without this one, a minute by default, the timeout above has no effect.
        ("grpc.http2.ping_timeout_ms", keepalive),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
