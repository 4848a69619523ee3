CREATE TABLE IF NOT EXISTS {ledger} (
    id text PRIMARY KEY,
    relation text NOT NULL,
    parent text,
    state text NOT NULL,
    is_open bool NOT NULL,
    rows int8,
    bytes int8,
    digest text,
    store text,
    manifest text,
    loaded_oid oid,
    plan json NOT NULL,
    export json,
    moments jsonb NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    started_by text NOT NULL DEFAULT session_user,
    tool text NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS pgrefit_archive_open ON {ledger} (relation) WHERE is_open
