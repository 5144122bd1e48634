"""The tables that jobs are kept in."""

import sqlalchemy as sa

TABLES = sa.MetaData()
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
    # Jobs from before there were callers belong to the one that a gateway without callers has.
    sa.Column("owner", sa.String(64), nullable=False, server_default="local"),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("ads", sa.Integer, nullable=False, server_default="0"),
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
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("computed", sa.JSON, nullable=False),
    sa.Column("cached", sa.JSON, nullable=False),
    sa.Index("cyclorama_events_of_ads", "job", "position"),
)
# Columns that tables from earlier versions lack.
YOUNGER = (JOBS.c.owner, JOBS.c.priority, JOBS.c.turn, JOBS.c.ads)


def make_tables(writes: sa.Engine) -> None:
    """Makes the tables, and gives those from an earlier version what they lack."""
    TABLES.create_all(writes)
    with writes.begin() as connection:
        # Two gateways may start at once; in SQLite the transaction itself keeps the other out.
        postgres = writes.dialect.name == "postgresql"
        there = {each["name"] for each in sa.inspect(connection).get_columns(JOBS.name)}
        for column in YOUNGER:
            if column.name not in there:
                added = sa.schema.CreateColumn(column).compile(writes)
                unless = "IF NOT EXISTS " if postgres else ""
                connection.execute(sa.text(f"ALTER TABLE {JOBS} ADD COLUMN {unless}{added}"))
