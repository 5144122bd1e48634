"""The database tables of jobs, what belongs to them, ads in flight, erasures and workers."""

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
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("ads", sa.Integer, nullable=False),
    # Places in the queue so far. The first ones are those of the ads in the order of their
    # positions, the others those of ads that are made once more, as in RETRIES.
    sa.Column("places", sa.Integer, nullable=False),
    # Places that a worker has claimed so far: those below, whatever became of their ads.
    sa.Column("claimed", sa.Integer, nullable=False),
)
# Where the next ad of a job is in the order of all ads; lower first, among those of one priority.
NEXT_TURN = JOBS.c.turn + JOBS.c.claimed
HAS_QUEUED_ADS = JOBS.c.claimed < JOBS.c.places
# Only of jobs with queued ads, so that claims stay fast however many jobs have ended.
sa.Index(
    "cyclorama_jobs_in_order",
    JOBS.c.priority.desc(),
    NEXT_TURN,
    sqlite_where=HAS_QUEUED_ADS,
    postgresql_where=HAS_QUEUED_ADS,
)
LABELS = sa.Table(
    "cyclorama_labels",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("cyclorama_labels_by_value", "key", "value"),
)
# The ads that failed and wait to be made once more.
RETRIES = sa.Table(
    "cyclorama_retries",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)
# The objects of the artifact store that a job consists of: its pictures and results.
OBJECTS = sa.Table(
    "cyclorama_objects",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Index("cyclorama_objects_by_key", "key"),
)
# Jobs that were deleted.
ERASURES = sa.Table(
    "cyclorama_erasures",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("campaign", sa.LargeBinary, nullable=False),
    # Then only the id is left, which is not used again.
    sa.Column("erased", sa.DateTime(timezone=True)),
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
    sa.Column("error", sa.JSON, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("quality_report", sa.LargeBinary, nullable=False),
    sa.Column("profile_report", sa.LargeBinary, nullable=False),
    sa.Column("computed", sa.JSON, nullable=False),
    sa.Column("cached", sa.JSON, nullable=False),
    sa.Column("engines", sa.JSON, nullable=False),
    sa.Index("cyclorama_events_of_ads", "job", "position"),
)
# Ads that a worker has claimed and that have not ended; the lease of that worker covers them.
CLAIMS = sa.Table(
    "cyclorama_claims",
    TABLES,
    sa.Column("job", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("worker", sa.String(64), nullable=False, index=True),
)
WORKERS = sa.Table(
    "cyclorama_workers",
    TABLES,
    sa.Column("name", sa.String(64), primary_key=True),
    # The last heartbeat by the clock of the database, in Unix seconds.
    sa.Column("seen", sa.Float, nullable=False),
)
