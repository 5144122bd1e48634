"""The database tables of jobs and of the events of their ads."""

import sqlalchemy as sa

from gateway.database import TABLES

JOBS = sa.Table(
    "cyclorama_jobs",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), unique=True, nullable=False),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.Integer, nullable=False, index=True),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Integer, nullable=False),
    sa.Column("succeeded", sa.Integer, nullable=False),
    sa.Column("cancelled", sa.Integer, nullable=False),
    sa.Column("campaign", sa.LargeBinary, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("ads", sa.Integer, nullable=False),
)
EVENTS = sa.Table(
    "cyclorama_events",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("artifact", sa.String(64), nullable=False),
    sa.Column("manifest", sa.String(64), nullable=False),
    sa.Column("preview", sa.String(64), nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("quality_report", sa.LargeBinary, nullable=False),
    sa.Column("profile_report", sa.LargeBinary, nullable=False),
    sa.Column("computed", sa.JSON, nullable=False),
    sa.Column("cached", sa.JSON, nullable=False),
    sa.Column("engines", sa.JSON, nullable=False),
    sa.Index("cyclorama_events_of_ads", "job", "position"),
)
