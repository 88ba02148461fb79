-- The view: what the topics say, as tables. docs/database.md is its manual; a change that a reader meets raises store.SCHEMA_VERSION.

-- What the file was made from: schema (digest of this text), cluster_id, topic_prefix, partitions.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- How far each partition is applied; in the same transaction as the rows that it gave.
CREATE TABLE offsets (
    topic         TEXT NOT NULL,     -- status, claims or alerts, without prefix
    partition     INTEGER NOT NULL,
    next_offset   INTEGER NOT NULL,  -- of the next record to apply
    last_digest   BLOB NOT NULL,     -- of the record before it, to tell a topic from its successor of the same name
    last_position INTEGER,           -- of the last claim
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- One Status as on its topic: the parent of what is told of it below.
CREATE TABLE statuses (
    subject  TEXT NOT NULL,
    country  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    record   TEXT NOT NULL,          -- JSON
    PRIMARY KEY (subject, country)
);

-- The current value of each dimension.
CREATE TABLE status (
    subject         TEXT NOT NULL,
    country         TEXT NOT NULL,
    dimension       TEXT NOT NULL,
    value           TEXT NOT NULL,
    since           TEXT,            -- EDTF, as precise as is known
    precision       TEXT NOT NULL,   -- day, month, year or none
    confidence      TEXT NOT NULL,
    sources         INTEGER NOT NULL,
    independent     INTEGER NOT NULL,
    first_ever      INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    updated         TEXT,            -- as published
    claims_1d       INTEGER NOT NULL,
    sources_1d      INTEGER NOT NULL,
    independent_1d  INTEGER NOT NULL,
    claims_7d       INTEGER NOT NULL,
    sources_7d      INTEGER NOT NULL,
    independent_7d  INTEGER NOT NULL,
    claims_30d      INTEGER NOT NULL,
    sources_30d     INTEGER NOT NULL,
    independent_30d INTEGER NOT NULL,
    PRIMARY KEY (subject, country, dimension),
    FOREIGN KEY (subject, country) REFERENCES statuses ON DELETE CASCADE
) WITHOUT ROWID;

-- What held when, by the dates of the events and with all that is known by now: one row for each stretch of days.
CREATE TABLE status_as_of (
    subject     TEXT NOT NULL,
    country     TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    from_date   TEXT NOT NULL,       -- the first day
    to_date     TEXT,                -- the day after the last; NULL: up to now
    value       TEXT NOT NULL,
    since       TEXT,
    precision   TEXT NOT NULL,
    confidence  TEXT NOT NULL,
    sources     INTEGER NOT NULL,
    independent INTEGER NOT NULL,
    first_ever  INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    updated     TEXT,
    PRIMARY KEY (subject, country, dimension, from_date),
    FOREIGN KEY (subject, country) REFERENCES statuses ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE facts (
    subject     TEXT NOT NULL,
    country     TEXT NOT NULL,
    dimension   TEXT NOT NULL,
    number      INTEGER NOT NULL,    -- in order of time, from 1
    value       TEXT NOT NULL,
    aspect      TEXT NOT NULL,       -- event or state
    role        TEXT NOT NULL,       -- current, history or dissent
    since       TEXT,
    since_first TEXT,                -- the days that since can mean; NULL where its year is unknown
    since_last  TEXT,
    precision   TEXT NOT NULL,
    confidence  TEXT NOT NULL,
    sources     INTEGER NOT NULL,
    independent INTEGER NOT NULL,
    first_ever  INTEGER NOT NULL,
    PRIMARY KEY (subject, country, dimension, number),
    FOREIGN KEY (subject, country) REFERENCES statuses ON DELETE CASCADE
) WITHOUT ROWID;

-- A bounded choice of the articles behind a Fact.
CREATE TABLE fact_support (
    subject        TEXT NOT NULL,
    country        TEXT NOT NULL,
    dimension      TEXT NOT NULL,
    fact           INTEGER NOT NULL, -- facts.number
    number         INTEGER NOT NULL, -- the best first, from 1
    claim_id       TEXT NOT NULL,    -- claims.id, where the claim has arrived here
    source         TEXT NOT NULL,
    article_id     TEXT NOT NULL,
    url            TEXT,
    title          TEXT,
    published      TEXT,
    date           TEXT,
    attribution    TEXT,
    confidence     REAL NOT NULL,
    sentence       TEXT NOT NULL,
    sentence_start INTEGER NOT NULL,
    sentence_end   INTEGER NOT NULL,
    trigger_start  INTEGER,
    trigger_end    INTEGER,
    PRIMARY KEY (subject, country, dimension, fact, number),
    FOREIGN KEY (subject, country, dimension, fact) REFERENCES facts ON DELETE CASCADE
) WITHOUT ROWID;

-- Every Claim, once: the first of those with its id.
CREATE TABLE claims (
    position        INTEGER PRIMARY KEY,   -- serving/positions.py
    id              TEXT NOT NULL UNIQUE,
    learned         TEXT NOT NULL,         -- when Kafka got it, UTC
    subject         TEXT NOT NULL,
    country         TEXT NOT NULL,
    predicate       TEXT NOT NULL,
    dimension       TEXT NOT NULL,
    value           TEXT NOT NULL,
    aspect          TEXT NOT NULL,
    date            TEXT,                  -- EDTF
    date_basis      TEXT NOT NULL,
    polarity        TEXT NOT NULL,
    modality        TEXT NOT NULL,
    attribution     TEXT,
    first_ever      INTEGER NOT NULL,
    sentence        TEXT NOT NULL,
    sentence_start  INTEGER NOT NULL,
    sentence_end    INTEGER NOT NULL,
    trigger_start   INTEGER,
    trigger_end     INTEGER,
    confidence      REAL NOT NULL,
    article_id      TEXT NOT NULL,
    source          TEXT NOT NULL,
    url             TEXT,
    title           TEXT,
    published       TEXT,
    dated           TEXT,
    dated_basis     TEXT NOT NULL,
    reader          TEXT NOT NULL,
    digest          TEXT NOT NULL,
    signature       TEXT NOT NULL,
    kafka_partition INTEGER NOT NULL,
    kafka_offset    INTEGER NOT NULL
);
CREATE INDEX claims_of_status ON claims (subject, country, position);

-- Claims that were delivered again. The judge met them too, so what was known at a time is folded with them.
CREATE TABLE claim_repeats (
    position INTEGER PRIMARY KEY,
    subject  TEXT NOT NULL,
    country  TEXT NOT NULL,
    record   TEXT NOT NULL           -- JSON
);
CREATE INDEX claim_repeats_of_status ON claim_repeats (subject, country, position);

-- Full text of the evidence. In `filters` the subject, country, predicate and source of a claim stand as one word each,
-- so that a search with filters is an intersection of lists of positions.
CREATE VIEW evidence AS
SELECT
    position,
    sentence,
    's' || hex(subject) || ' c' || hex(country) || ' p' || hex(predicate) || ' o' || hex(source) AS filters
FROM claims;

CREATE VIRTUAL TABLE evidence_search USING fts5 (
    sentence,
    filters,
    content = 'evidence',
    content_rowid = 'position',
    prefix = '3 4',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE alerts (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of this file alone
    id              TEXT NOT NULL UNIQUE,
    learned         TEXT NOT NULL,   -- when Kafka got it, UTC
    kind            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    country         TEXT NOT NULL,
    dimension       TEXT NOT NULL,
    value           TEXT NOT NULL,
    previous        TEXT,
    since           TEXT,
    precision       TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    confidence      TEXT NOT NULL,
    sources         INTEGER NOT NULL,
    independent     INTEGER NOT NULL,
    first_ever      INTEGER NOT NULL,
    time            TEXT,            -- when the article that caused it was published
    kafka_partition INTEGER NOT NULL,
    kafka_offset    INTEGER NOT NULL,
    kafka_timestamp INTEGER NOT NULL,
    record          TEXT NOT NULL,   -- the CloudEvents envelope, JSON
    UNIQUE (kafka_partition, kafka_offset)
);

-- So that a scan in order does not read the envelopes.
CREATE INDEX alerts_in_order ON alerts (seq, kind, subject, country, dimension, kafka_partition, kafka_offset);
