"""Channels to the stages, plaintext or TLS; recreated when the certificates change."""

import asyncio
import json
import time

import grpc

from cyclorama.stages import STAGES
from gateway.settings import GatewaySettings
from services.runtime.addresses import is_local_address
from services.runtime.tls import CertificateReloader, TlsIdentity, channel_credentials

# gRPC service config of every channel to a stage. It has no retry policy: gRPC would send a request
# that ended a replica to the next four as well; gateway.retries counts them.
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    # No new calls to a replica whose health check reports NOT_SERVING, for example while it drains.
    "healthCheckConfig": {"serviceName": ""},
}
# Seconds that a call waits for a connection to its stage. Larger: longer restarts are bridged;
# smaller: calls to a stage that is down fail sooner.
CONNECT_SECONDS = 3.0
# Pause between two looks at the connection. Smaller: calls continue sooner after a restart.
CONNECT_POLL_SECONDS = 0.02


class NotConnected(Exception):
    """No replica of a stage can be reached; nothing was sent."""


class StageChannels:
    """One channel to each stage; not thread-safe, belongs to one event loop.

    Raises SystemExit when the settings would send plaintext to other machines.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        """Opens a channel to the address of each stage, with TLS if the settings name a CA."""
        self._settings = settings
        self._identity = _load_identity(settings)
        self._renewal = CertificateReloader(self._identity)
        self._channels = self._open_channels()
        self._closing: set[asyncio.Task[None]] = set()

    def get_channel(self, stage: str) -> grpc.aio.Channel:
        """Returns the current channel to a stage; opens new ones when the certificates changed.

        stage: its name, such as "finishing". Calls in flight finish on the channel they began on.
        """
        if self._renewal.should_reload():
            self._replace_channels()
        return self._channels[stage]

    async def wait_until_connected(self, stage: str) -> grpc.aio.Channel:
        """Returns the channel to a stage when it is connected to a replica that serves.

        stage: its name, such as "finishing". Raises NotConnected after CONNECT_SECONDS.
        """
        end = time.monotonic() + CONNECT_SECONDS
        channel = self.get_channel(stage)
        while channel.get_state(try_to_connect=True) is not grpc.ChannelConnectivity.READY:
            if time.monotonic() > end:
                raise NotConnected
            await asyncio.sleep(CONNECT_POLL_SECONDS)
            channel = self.get_channel(stage)
        return channel

    def _open_channels(self) -> dict[str, grpc.aio.Channel]:
        """Opens a channel to each stage; returns the channels by name of the stage."""
        return {
            stage: self._open_channel(self._settings.get_stage_address(stage)) for stage in STAGES
        }

    def _replace_channels(self) -> None:
        """Opens new channels to all stages; closes the old ones when their calls have finished."""
        replaced, self._channels = self._channels, self._open_channels()
        for channel in replaced.values():
            # Waits for the calls in flight; those that take longer than this are cancelled.
            closing = asyncio.create_task(channel.close(grace=self._settings.ad_timeout_seconds))
            # The event loop does not keep a task alive, this set does until the task is done.
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _open_channel(self, address: str) -> grpc.aio.Channel:
        """Opens a channel to a stage, with TLS if the settings name a CA for the stages.

        address: host:port, or unix:/path.
        """
        options = _build_channel_options(self._settings)
        if not self._identity.ca:
            return grpc.aio.insecure_channel(address, options=options)
        credentials = channel_credentials(self._identity)
        return grpc.aio.secure_channel(address, credentials, options=options)


def _load_identity(settings: GatewaySettings) -> TlsIdentity:
    """Returns the paths of the gateway's certificate and key and of the CA of the stages.

    The paths are empty when the settings name no CA: the channels are then plaintext. Raises
    SystemExit when that would send plaintext to other machines, or when a file cannot be used.
    """
    if not settings.stage_tls_ca:
        addresses = {stage: settings.get_stage_address(stage) for stage in STAGES}
        remote = {stage for stage, address in addresses.items() if not is_local_address(address)}
        if remote and not settings.allow_plaintext:
            raise SystemExit(
                f"{', '.join(sorted(remote))}: on other machines, and there is no TLS: set "
                "CYCLORAMA_GATEWAY_STAGE_TLS_CA, or CYCLORAMA_ALLOW_PLAINTEXT=true"
            )
        return TlsIdentity()
    identity = TlsIdentity(
        cert=settings.stage_tls_cert or settings.tls_cert,
        key=settings.stage_tls_key or settings.tls_key,
        ca=settings.stage_tls_ca,
    )
    identity.exit_if_unusable()
    return identity


def _build_channel_options(settings: GatewaySettings) -> list[tuple[str, int | str]]:
    """Returns the gRPC options, as (name, value), of every channel to a stage.

    They set the largest message, reconnects and keepalive.
    """
    max_bytes = settings.max_message_mib * 2**20
    keepalive_ms = round(settings.keepalive_seconds * 1000)
    return [
        ("grpc.max_receive_message_length", max_bytes),
        ("grpc.max_send_message_length", max_bytes),
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        # gRPC sends a request again that no replica has begun, unless it is larger than this.
        ("grpc.per_rpc_retry_buffer_size", max_bytes),
        # Reconnects to a restarted stage within a second instead of up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        # Bounds one attempt, TLS handshake included, not the pause between two attempts.
        ("grpc.min_reconnect_backoff_ms", 1000),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # A replica that moved to another address is found by its name within a second, not half a
        # minute. Longer: fewer requests to the DNS server while a stage is unreachable.
        ("grpc.dns_min_time_between_resolutions_ms", 1000),
        # A frozen or disconnected replica is detected after twice this, not after minutes.
        ("grpc.keepalive_time_ms", keepalive_ms),
        ("grpc.keepalive_timeout_ms", keepalive_ms),
        # Without this, one minute by default, the timeout above has no effect.
        ("grpc.http2.ping_timeout_ms", keepalive_ms),
        # Probes idle connections too; by default, gRPC sends at most two probes without data.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
