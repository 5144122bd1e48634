"""The database tables of webhooks: deliveries of events, and endpoints that get none."""

import sqlalchemy as sa

from cyclorama.v1 import webhooks_pb2
from gateway.database import TABLES

WAITING = webhooks_pb2.WEBHOOK_DELIVERY_STATE_WAITING
DELIVERED = webhooks_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED
FAILED = webhooks_pb2.WEBHOOK_DELIVERY_STATE_FAILED

# All times are Unix seconds by the clock of the database.
DELIVERIES = sa.Table(
    "cyclorama_webhook_deliveries",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), nullable=False, index=True),
    sa.Column("endpoint", sa.String(64), nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("job", sa.String(64), nullable=False, index=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    # The bytes that are signed and sent, the same in every attempt.
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    # All attempts, and those since the delivery was last due at once.
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    # The worker that attempts it, whose lease covers it; empty for none.
    sa.Column("worker", sa.String(64), nullable=False),
    sa.Column("next_attempt", sa.Float, nullable=False),
    # Of the last attempt; 0, empty and NULL before it.
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("attempted", sa.Float),
)
# Not a parameter, with which the plans that Postgres keeps could not use the index.
IS_WAITING = DELIVERIES.c.state == sa.literal_column(str(int(WAITING)))
# Only of those that wait, so that claims stay fast however many have ended.
sa.Index(
    "cyclorama_webhook_deliveries_in_order",
    DELIVERIES.c.endpoint,
    DELIVERIES.c.next_attempt,
    sqlite_where=IS_WAITING,
    postgresql_where=IS_WAITING,
)
DISABLED_ENDPOINTS = sa.Table(
    "cyclorama_webhook_disabled_endpoints",
    TABLES,
    sa.Column("endpoint", sa.String(64), primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
)
# Endpoints whose servers asked for a pause, which may be over.
PAUSED_ENDPOINTS = sa.Table(
    "cyclorama_webhook_paused_endpoints",
    TABLES,
    sa.Column("endpoint", sa.String(64), primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
)
# Endpoints that the file lacks while events wait for them.
MISSING_ENDPOINTS = sa.Table(
    "cyclorama_webhook_missing_endpoints",
    TABLES,
    sa.Column("endpoint", sa.String(64), primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
)
