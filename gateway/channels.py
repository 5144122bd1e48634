"""Channels to the replicas of the stages, plaintext or TLS; replaced with the certificates."""

import json
from collections.abc import Collection

import grpc

from cyclorama.stages import STAGES
from gateway.endpoints import Endpoint
from gateway.metrics import STAGE_REPLICAS
from gateway.replicas import ReplicaSet, StageReplica
from gateway.settings import GatewaySettings
from services.runtime.addresses import is_local_address
from services.runtime.tls import CertificateReloader, TlsIdentity, channel_credentials

# gRPC service config of every channel to a replica. It has no retry policy: gRPC would send a
# request that ended a replica again as well; gateway.retries counts them.
SERVICE_CONFIG = {
    # With one address per channel, this balances nothing: gateway.balancing does. gRPC checks the
    # health of replicas only under this policy.
    "loadBalancingConfig": [{"round_robin": {}}],
    # No new calls to a replica whose health check reports NOT_SERVING, for example while it drains.
    "healthCheckConfig": {"serviceName": ""},
}


class StageChannels:
    """The replicas of all stages; not thread-safe, belongs to one event loop.

    Stages with the same address, such as compositing and finishing, share their replicas. Raises
    SystemExit when the settings would send plaintext to other machines.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        """Reads addresses and certificates; uses TLS if the settings name a CA."""
        self._settings = settings
        self._identity = _load_identity(settings)
        self._renewal = CertificateReloader(self._identity)
        self._addresses = {stage: settings.get_stage_address(stage) for stage in STAGES}
        self._sets = {
            address: ReplicaSet(address, self._open_channel)
            for address in set(self._addresses.values())
        }

    async def wait_for_replica(
        self, stage: str, lost: Collection[str] = (), *, fail_fast: bool = False
    ) -> StageReplica:
        """Returns the replica of a stage for the next call: the one with the fewest in flight.

        stage: its name, such as "finishing". lost, fail_fast: as in ReplicaSet. Raises NotConnected
        when no replica can be reached.
        """
        if self._renewal.should_reload():
            for each in self._sets.values():
                each.replace_channels()
        replicas = self._sets[self._addresses[stage]]
        try:
            return await replicas.wait_for_replica(lost, fail_fast=fail_fast)
        finally:
            for state, count in replicas.count_by_state().items():
                STAGE_REPLICAS.labels(stage, state).set(count)

    def _open_channel(self, endpoint: Endpoint) -> grpc.aio.Channel:
        """Opens a channel to a replica, with TLS if the settings name a CA for the stages."""
        options = _build_channel_options(self._settings)
        if endpoint.authority:
            # The certificate is checked against this name instead of the IP address.
            options.append(("grpc.default_authority", endpoint.authority))
        if not self._identity.ca:
            return grpc.aio.insecure_channel(endpoint.target, options=options)
        credentials = channel_credentials(self._identity)
        return grpc.aio.secure_channel(endpoint.target, credentials, options=options)


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
        # For targets that gRPC itself resolves: a replica that moved is found within a second, not
        # half a minute. Longer: fewer requests to the DNS server while a stage is unreachable.
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
