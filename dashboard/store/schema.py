"""Tables of the control room's store, SQLAlchemy Core, for SQLite and PostgreSQL.

Times are whole milliseconds since 1970 UTC (`_ms`), durations whole microseconds (`_us`). A change here needs a migration
in migrations/versions; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
})  # fmt: skip

# SQLite gives row ids to INTEGER keys only
Id = BigInteger().with_variant(Integer, "sqlite")

# -- samples ------------------------------------------------------------------------------------------------------------

agent = Table(
    "agent", metadata,
    Column("agent_id", Id, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("token_sha256", String(64), nullable=False),
    Column("added_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("districts", Text),  # JSON list of LGD codes its token may tell of; null: all
)  # fmt: skip

boot = Table(  # one start of an agent; sequence numbers count within it
    "boot", metadata,
    Column("boot_id", Id, primary_key=True),
    Column("agent_id", Id, ForeignKey("agent.agent_id"), nullable=False),
    Column("boot", String(32), nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("skew_ms", BigInteger, nullable=False),  # agent's clock minus ours, at the last batch
    Column("dropped", BigInteger, nullable=False),
    Column("load", Text),  # probes.sample.Load as JSON, of the last batch that told one
    UniqueConstraint("agent_id", "boot"),
)  # fmt: skip

series = Table(
    "series", metadata,
    Column("series_id", Id, primary_key=True),
    Column("district", Integer, nullable=False),  # LGD code
    Column("check_name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # CheckKind
    Column("vantage", String(64), nullable=False),
    UniqueConstraint("district", "check_name", "kind", "vantage"),
)  # fmt: skip

sample = Table(
    "sample", metadata,
    Column("sample_id", Id, primary_key=True),  # order of arrival: the watch reads on from the last one it saw
    Column("boot_id", Id, ForeignKey("boot.boot_id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("series_id", Id, ForeignKey("series.series_id"), nullable=False),
    Column("started_ms", BigInteger, nullable=False),  # by our clock: an agent's plain error (boot.skew_ms) is taken out
    Column("received_ms", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=False),  # Outcome
    Column("reason", String(16), nullable=False),  # Reason
    Column("status", SmallInteger),
    Column("dns_us", Integer), Column("connect_us", Integer), Column("tls_us", Integer),
    Column("first_byte_us", Integer), Column("transfer_us", Integer), Column("visible_us", Integer),
    Column("total_us", BigInteger, nullable=False),
    Column("bytes_up", BigInteger, nullable=False), Column("bytes_down", BigInteger, nullable=False),
    Column("lateness_us", BigInteger, nullable=False),
    Column("detail", String(200), nullable=False),
    Column("stage", String(32), nullable=False, server_default=""),
    Column("parts", Text),  # steps, bundle and rate of an upload as JSON; null when there are none
    UniqueConstraint("boot_id", "seq"),
    Index("ix_sample_started_ms_series_id", "started_ms", "series_id"),
)  # fmt: skip

cell = Table(  # five minutes of one district's checks of one kind; recomputed from samples, never incremented
    "cell", metadata,
    Column("district", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("ok", Integer, nullable=False), Column("failed", Integer, nullable=False), Column("unknown", Integer, nullable=False),
    Column("histogram", LargeBinary, nullable=False),  # of total_us of ok samples, see store/histogram.py
    Column("max_us", BigInteger, nullable=False),
    Index("ix_cell_start_ms", "start_ms"),
)  # fmt: skip

# -- judgement ----------------------------------------------------------------------------------------------------------

flip = Table(  # a district changed its state; its state now is its newest flip. District 0 is the whole state
    "flip", metadata,
    Column("flip_id", Id, primary_key=True),
    Column("district", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # when it was judged
    Column("since_ms", BigInteger, nullable=False),  # since when it holds, by the samples
    Column("old", String(16), nullable=False), Column("new", String(16), nullable=False),  # DistrictState
    Column("sentence", Text, nullable=False),
    Index("ix_flip_district_at_ms", "district", "at_ms"),
)  # fmt: skip

job = Table(  # how far a job has come: `watch` has the last sample_id judged, and when it last ran
    "job", metadata,
    Column("name", String(32), primary_key=True),
    Column("watermark", BigInteger, nullable=False),
    Column("ran_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # JSON the job wants back after a restart
)  # fmt: skip

# -- incidents ----------------------------------------------------------------------------------------------------------

incident = Table(
    "incident", metadata,
    Column("incident_id", Id, primary_key=True),
    Column("kind", String(24), nullable=False),  # IncidentKind
    Column("scope", String(16), nullable=False),  # state, division, district
    Column("status", String(16), nullable=False),  # open, resolved: the technical state; recovering until closed_ms
    Column("since_ms", BigInteger, nullable=False),  # when the fault began, by the samples
    Column("opened_ms", BigInteger, nullable=False),
    Column("resolved_ms", BigInteger),
    Column("closed_ms", BigInteger), Column("closed_by", String(120)),  # after recovery, or by a person
    Column("acknowledged_ms", BigInteger), Column("acknowledged_by", String(120)),
    Column("owner", String(120), nullable=False, server_default=""),
    Column("severity", String(12), nullable=False, server_default="major"),  # minor, major, critical
    Column("made_by", String(120), nullable=False, server_default="rule"),  # "rule" or a person
    Column("merged_into", Id),  # the incident that took this one in
    Column("snoozed_until_ms", BigInteger),
    Column("sentence", Text, nullable=False),  # the newest step's sentence
    Column("steps", Integer, nullable=False),  # number of the newest step; a conditional UPDATE on it claims the next
    Index("ix_incident_status", "status"),
)  # fmt: skip

incident_district = Table(
    "incident_district", metadata,
    Column("incident_id", Id, ForeignKey("incident.incident_id"), primary_key=True),
    Column("district", Integer, primary_key=True, autoincrement=False),
    Column("joined_ms", BigInteger, nullable=False),
    Column("left_ms", BigInteger),
)  # fmt: skip

incident_step = Table(
    "incident_step", metadata,
    Column("incident_id", Id, ForeignKey("incident.incident_id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),  # counts from 1
    Column("what", String(16), nullable=False),  # StepKind
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False), Column("scope", String(16), nullable=False),
    Column("districts", Text, nullable=False),  # JSON list of LGD codes concerned after the step
    Column("sentence", Text, nullable=False),
    Column("who", String(120), nullable=False),  # "rule" or a person
)  # fmt: skip

evidence = Table(  # what a step was judged from, copied while it was there; never changed
    "evidence", metadata,
    Column("incident_id", Id, ForeignKey("incident.incident_id"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("taken_ms", BigInteger, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the body before it was packed
    Column("body", LargeBinary, nullable=False),  # canonical JSON, gzip
)  # fmt: skip

maintenance = Table(  # a planned window set by a person: nothing opens in its districts
    "maintenance", metadata,
    Column("maintenance_id", Id, primary_key=True),
    Column("begins_ms", BigInteger, nullable=False), Column("ends_ms", BigInteger, nullable=False),
    Column("districts", Text, nullable=False),  # JSON list of LGD codes
    Column("why", Text, nullable=False), Column("who", String(120), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger), Column("ended_by", String(120)),  # before its end
    Column("form", String(40), nullable=False, unique=True),  # the form it came from: sent twice, it is one window
    Index("ix_maintenance_ends_ms", "ends_ms"),
)  # fmt: skip

# -- decisions ----------------------------------------------------------------------------------------------------------

decision = Table(  # taken by a person, never by a rule; appended, and ended only by another decision
    "decision", metadata,
    Column("decision_id", Id, primary_key=True),
    Column("what", String(16), nullable=False),  # paper, suspend, resume, back_entry_done
    Column("taken_ms", BigInteger, nullable=False),
    Column("who", String(120), nullable=False),
    Column("why", Text, nullable=False),
    Column("incident_id", Id, ForeignKey("incident.incident_id")),  # the evidence, if there was one
    Column("evidence", Text, nullable=False),  # JSON: the figures and states as they were known at that moment
    Column("form", String(40), nullable=False, unique=True),  # the form it came from: sent twice, it is one decision
    Index("ix_decision_taken_ms", "taken_ms"),
)  # fmt: skip

decision_district = Table(  # whom it concerns, and which officer has confirmed it
    "decision_district", metadata,
    Column("decision_id", Id, ForeignKey("decision.decision_id"), primary_key=True),
    Column("district", Integer, primary_key=True, autoincrement=False),
    Column("confirmed_ms", BigInteger), Column("confirmed_by", String(120)),
)  # fmt: skip

# -- notices ------------------------------------------------------------------------------------------------------------

notice = Table(  # one mail owed to one person for one step; written in the step's own transaction
    "notice", metadata,
    Column("notice_id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("incident.incident_id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("address", String(254), nullable=False),
    Column("recipient", String(160), nullable=False),  # who that is, for the page: "Raigad: District Immunisation Officer"
    Column("district", Integer),  # None: the control room
    Column("language", String(2), nullable=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("subject", Text, nullable=False), Column("text", Text, nullable=False), Column("html", Text, nullable=False),
    Column("state", String(12), nullable=False),  # due, sending, accepted, refused, given_up
    Column("created_ms", BigInteger, nullable=False), Column("due_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("accepted_ms", BigInteger),
    Column("last_reply", String(300), nullable=False),  # the relay's own words
    UniqueConstraint("incident_id", "step", "address"),
    Index("ix_notice_state_due_ms", "state", "due_ms"),
)  # fmt: skip

attempt = Table(
    "attempt", metadata,
    Column("attempt_id", Id, primary_key=True),
    Column("notice_id", Id, ForeignKey("notice.notice_id"), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("result", String(12), nullable=False),  # accepted, later, refused, in_doubt
    Column("reply", String(300), nullable=False),
    Index("ix_attempt_notice_id", "notice_id"),
)  # fmt: skip

# -- doses --------------------------------------------------------------------------------------------------------------

figure = Table(  # appended, never changed
    "figure", metadata,
    Column("figure_id", Id, primary_key=True),
    Column("place", String(40), nullable=False),  # LGD code, key of a joint area, STATE, or the letters of another state
    Column("day", String(10), nullable=False),  # service day, YYYY-MM-DD
    Column("kind", String(12), nullable=False),  # target, reported, recorded, paper; since the drive began: reported_cum, recorded_cum
    Column("value", BigInteger, nullable=False),
    Column("as_of_ms", BigInteger, nullable=False),  # hour unknown: end of that day
    Column("hour_known", Integer, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("said", String(120), nullable=False), Column("source", Text, nullable=False), Column("who", String(120), nullable=False),
    Column("status", String(12), nullable=False), Column("note", Text, nullable=False),
    Column("rehearsed", Integer, nullable=False),  # 1: made up for a rehearsal, and marked wherever it is shown
    Column("version", Integer, nullable=False, server_default="1"),  # 2 and on: the same telling with another value
    UniqueConstraint("place", "day", "kind", "as_of_ms", "source", "version"),
    Index("ix_figure_day_kind", "day", "kind"),
)  # fmt: skip

dose_delivery = Table(  # a POST of figures that was answered: sent again, it gets the same answer and stores nothing
    "dose_delivery", metadata,
    Column("sender", String(64), primary_key=True),
    Column("delivery_key", String(200), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("answer", Text, nullable=False),
)  # fmt: skip
