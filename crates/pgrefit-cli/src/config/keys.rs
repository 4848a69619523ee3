//! The table of configuration keys. One line of it is one key: its documentation, its default, its place in
//! `pgrefit config show` and in the reference.

use super::value::{Kind, Value};

/// A configuration key.
#[derive(Debug)]
pub(crate) struct Key {
    /// `section.name`.
    pub(crate) name: &'static str,
    default: Default,
    /// What it does, in one sentence.
    pub(crate) about: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Default {
    Duration(&'static str),
    Text(&'static str),
    Integer(i64),
    Switch(bool),
    Empty,
}

/// Every key.
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "archive.lock_timeout",
        default: Default::Duration("1s"),
        about: "How long archiving waits for a lock that keeps others out, each time it tries.",
    },
    Key {
        name: "archive.store",
        default: Default::Text("pgrefit/archives"),
        about: "Where archives are kept: a folder, or s3://bucket/prefix, gs://bucket/prefix, az://container/prefix; credentials come from the variables of each service.",
    },
    Key {
        name: "archive.time_max",
        default: Default::Duration("6h"),
        about: "How long one statement of archiving may take that reads or writes a whole table.",
    },
    Key {
        name: "archive.work_dir",
        default: Default::Text("pgrefit/archive-work"),
        about: "The folder for files in the making; a file of one partition must fit.",
    },
    Key {
        name: "archive.work_max",
        default: Default::Text(""),
        about: "At most so many bytes in that folder, such as 20GiB; empty: as many as the disk has.",
    },
    Key {
        name: "audit.budget",
        default: Default::Duration("2s"),
        about: "How long a query of the application may take, by which slow ones are told.",
    },
    Key {
        name: "audit.fail_on",
        default: Default::Text("fail"),
        about: "The level from which findings of `audit` end with exit code 1: fail, warn, info or none.",
    },
    Key {
        name: "audit.memory",
        default: Default::Text(""),
        about: "Memory of the server's machine or container, such as 8GiB; empty: memory settings are not judged.",
    },
    Key {
        name: "audit.skip",
        default: Default::Empty,
        about: "Checks, or groups of checks, that are not asked.",
    },
    Key {
        name: "backup.adapter",
        default: Default::Text("pg_dump"),
        about: "What takes the backup: pg_dump, pg_basebackup, pgbackrest or command.",
    },
    Key {
        name: "backup.command",
        default: Default::Empty,
        about: "The program and its arguments that take a backup, for the adapter `command`.",
    },
    Key { name: "backup.dir", default: Default::Text("pgrefit/backups"), about: "The folder of backups." },
    Key {
        name: "backup.jobs",
        default: Default::Integer(2),
        about: "How many tables are dumped, restored and compared at once.",
    },
    Key {
        name: "backup.keep",
        default: Default::Integer(3),
        about: "How many backups of a database are kept; the last verified one always is.",
    },
    Key {
        name: "backup.max_rate",
        default: Default::Text(""),
        about: "How fast pg_basebackup may read, such as 50MiB a second; empty: as fast as it can.",
    },
    Key {
        name: "backup.pgbackrest_config",
        default: Default::Text(""),
        about: "The configuration file of pgBackRest, if it is not in the usual place.",
    },
    Key {
        name: "backup.pgbackrest_type",
        default: Default::Text(""),
        about: "The type of backup that pgBackRest takes first: full, diff or incr; empty: the newest one it has is used.",
    },
    Key {
        name: "backup.sample",
        default: Default::Integer(100),
        about: "The share of rows that is compared, in percent; 100 compares every row.",
    },
    Key { name: "backup.stanza", default: Default::Text(""), about: "The stanza of pgBackRest." },
    Key {
        name: "backup.time_max",
        default: Default::Duration("12h"),
        about: "How long a backup, its restore and its comparison may take in all.",
    },
    Key {
        name: "baseline.accept_differences",
        default: Default::Empty,
        about: "Fingerprints of differences from the baseline with which a database may be adopted.",
    },
    Key {
        name: "baseline.version",
        default: Default::Integer(0),
        about: "The version that existing databases are adopted at; 0 is the lowest there is.",
    },
    Key {
        name: "connection.connect_timeout",
        default: Default::Duration("10s"),
        about: "How long one connection attempt may take.",
    },
    Key {
        name: "connection.reconnect_wait",
        default: Default::Duration("1min"),
        about: "How long to try to connect again when the connection is lost during a run.",
    },
    Key {
        name: "evidence.dir",
        default: Default::Text("pgrefit"),
        about: "The folder of evidence: one folder a run.",
    },
    Key {
        name: "evidence.keep",
        default: Default::Integer(50),
        about: "How many runs keep their evidence; that of the last complete one always stays.",
    },
    Key {
        name: "lint.fail_on",
        default: Default::Text("fail"),
        about: "The level from which findings of `lint` and `plan` end with exit code 1: fail, warn or info.",
    },
    Key { name: "lint.off", default: Default::Empty, about: "Ids of lint rules that are not asked." },
    Key {
        name: "lint.server_version",
        default: Default::Integer(15),
        about: "The major version of PostgreSQL that files are linted for, where no server is asked.",
    },
    Key {
        name: "lint.squawk",
        default: Default::Empty,
        about: "Names of squawk's rules to ask as well; `all` is those that squawk has on by default.",
    },
    Key {
        name: "lint.time_zone",
        default: Default::Text(""),
        about: "The time zone of the sessions that run the files, where no server is asked, such as UTC.",
    },
    Key {
        name: "migrations.batch_target",
        default: Default::Duration("100ms"),
        about: "How long a batch of a backfill may take, if its directive does not say otherwise.",
    },
    Key {
        name: "migrations.dir",
        default: Default::Text(""),
        about: "The folder of migration files; empty is ./migrations if it exists, else those in the binary.",
    },
    Key {
        name: "migrations.history_table",
        default: Default::Text("refinery_schema_history"),
        about: "The history table, as search_path finds it.",
    },
    Key {
        name: "migrations.lock_budget",
        default: Default::Duration("10min"),
        about: "How long a migration waits in all: for gaps, for locks, and for transactions that CONCURRENTLY must outwait.",
    },
    Key {
        name: "migrations.lock_timeout",
        default: Default::Duration("2s"),
        about: "How long a statement of a migration may wait for a lock.",
    },
    Key {
        name: "migrations.replica_lag_max",
        default: Default::Duration("10s"),
        about: "How far replicas may fall behind before strong locks and batches wait for them.",
    },
    Key {
        name: "migrations.runner_wait",
        default: Default::Duration("10min"),
        about: "How long to wait for another runner to finish.",
    },
    Key {
        name: "migrations.statement_timeout",
        default: Default::Duration("1h"),
        about: "How long a statement of a migration may run.",
    },
    Key {
        name: "migrations.through_pooler",
        default: Default::Switch(false),
        about: "Whether to go through a pooler in transaction mode, without session settings.",
    },
    Key {
        name: "migrations.wait_for_gap",
        default: Default::Switch(true),
        about: "Whether to look who is in the way before asking for a strong lock, and to wait for a gap.",
    },
    Key {
        name: "policy.backup_max_age",
        default: Default::Duration("1h"),
        about: "How old a verified backup may be when the live run begins.",
    },
    Key {
        name: "policy.backup_strength",
        default: Default::Text("compared"),
        about: "The weakest proof of a backup that will do: attested, restored, sampled or compared.",
    },
    Key {
        name: "policy.environment",
        default: Default::Text("production"),
        about: "What the database is: disposable (asks for no proof), staging (a verified backup) or production (and a rehearsal).",
    },
    Key {
        name: "policy.rehearsal_max_age",
        default: Default::Duration("24h"),
        about: "How old a rehearsal may be when the live run begins.",
    },
    Key {
        name: "policy.stall_max",
        default: Default::Duration("1s"),
        about: "How long a rehearsed transaction may keep readers or writers of a table out.",
    },
    Key {
        name: "policy.trusted_keys",
        default: Default::Empty,
        about: "Public keys of which one must have signed a proof that was made elsewhere; empty: signatures are not asked for.",
    },
    Key {
        name: "serve.audit_every",
        default: Default::Duration("15min"),
        about: "How long from one audit of a database by `serve` to the next.",
    },
    Key {
        name: "serve.every",
        default: Default::Duration("15s"),
        about: "How long from one round of `serve` over a database to the next.",
    },
    Key {
        name: "serve.listen",
        default: Default::Text("127.0.0.1:9464"),
        about: "Where `serve` listens: an address and a port.",
    },
    Key {
        name: "serve.tls_cert",
        default: Default::Text(""),
        about: "The file with the certificate of `serve`, and those that lead to its authority, as PEM.",
    },
    Key {
        name: "serve.tls_key",
        default: Default::Text(""),
        about: "The file with the key of that certificate, as PEM.",
    },
    Key {
        name: "serve.token_file",
        default: Default::Text(""),
        about: "The file with the token that `serve` asks for; empty: it asks for none.",
    },
    Key {
        name: "smoke.runs",
        default: Default::Integer(20),
        about: "How often each of the configured queries is run before and after.",
    },
    Key {
        name: "smoke.time_max",
        default: Default::Duration("1min"),
        about: "How long measuring the queries may take in all.",
    },
    Key {
        name: "traffic.live",
        default: Default::Switch(false),
        about: "Whether the configured queries run beside the live run too, reading only, to measure whether any fails.",
    },
    Key {
        name: "traffic.rate",
        default: Default::Integer(0),
        about: "How many of the configured queries a second run beside a rehearsal; 0 is none.",
    },
    Key { name: "traffic.sessions", default: Default::Integer(4), about: "How many sessions run them." },
];

impl Key {
    /// The type of its value.
    pub(crate) fn kind(&self) -> Kind {
        match self.default {
            Default::Duration(_) => Kind::Duration,
            Default::Text(_) => Kind::Text,
            Default::Integer(_) => Kind::Integer,
            Default::Switch(_) => Kind::Switch,
            Default::Empty => Kind::List,
        }
    }

    /// Its default value.
    pub(crate) fn default(&self) -> Value {
        match self.default {
            Default::Duration(text) | Default::Text(text) => {
                Value::parse(self.kind(), text).unwrap_or_else(|_| Value::Text(text.to_owned()))
            }
            Default::Integer(number) => Value::Integer(number),
            Default::Switch(on) => Value::Switch(on),
            Default::Empty => Value::List(Vec::new()),
        }
    }

    /// The environment variable that sets it: `PGREFIT_MIGRATIONS_DIR`.
    pub(crate) fn variable(&self) -> String {
        format!("PGREFIT_{}", self.name.replace('.', "_").to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_defaults_have_their_type() {
        assert!(KEYS.is_sorted_by(|a, b| a.name < b.name));
        for key in KEYS {
            assert_eq!(key.default().kind(), key.kind(), "{}", key.name);
            assert!(key.about.ends_with('.'), "{}", key.name);
        }
    }
}
