//! What is read, by name, and why something could not be.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! sources {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// One thing that a census reads. A check names those that it rests on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Source {
            $($(#[$doc])* $name,)*
        }

        impl Source {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in files and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

sources! {
    /// `pg_settings`.
    Settings = "settings",
    /// `pg_db_role_setting`.
    RoleSettings = "role_settings",
    /// `pg_database` and `pg_stat_database`.
    Databases = "databases",
    /// `pg_extension`.
    Extensions = "extensions",
    /// `pg_available_extensions`: reads the server's control files.
    AvailableExtensions = "available_extensions",
    /// `pg_namespace`.
    Namespaces = "namespaces",
    /// `pg_class`.
    Relations = "relations",
    /// `pg_inherits`.
    Inheritance = "inheritance",
    /// `pg_partitioned_table`.
    PartitionKeys = "partition_keys",
    /// `pg_attribute`.
    Columns = "columns",
    /// `pg_type`.
    Types = "types",
    /// `pg_attrdef`.
    Defaults = "defaults",
    /// `pg_index`.
    Indexes = "indexes",
    /// `pg_depend` of indexes.
    IndexDependencies = "index_dependencies",
    /// `pg_constraint`.
    Constraints = "constraints",
    /// `pg_trigger`.
    Triggers = "triggers",
    /// `pg_rewrite`.
    Rules = "rules",
    /// `pg_sequence`.
    Sequences = "sequences",
    /// The values of sequences: opens each of them.
    SequenceValues = "sequence_values",
    /// `pg_depend` of sequences.
    SequenceUses = "sequence_uses",
    /// `pg_proc`.
    Routines = "routines",
    /// `pg_language`.
    Languages = "languages",
    /// `pg_foreign_server`, `pg_user_mapping`.
    ForeignServers = "foreign_servers",
    /// `pg_event_trigger`.
    EventTriggers = "event_triggers",
    /// `pg_roles`.
    Roles = "roles",
    /// `pg_auth_members`.
    Memberships = "memberships",
    /// `pg_authid`: superusers only.
    Passwords = "passwords",
    /// `pg_hba_file_rules`: superusers only.
    HbaRules = "hba_rules",
    /// `pg_policy`.
    Policies = "policies",
    /// `pg_default_acl`.
    DefaultPrivileges = "default_privileges",
    /// The counters of tables.
    RelationStatistics = "relation_statistics",
    /// The counters of indexes.
    IndexStatistics = "index_statistics",
    /// `pg_stats`, or the view `pgrefit.column_statistics`.
    ColumnStatistics = "column_statistics",
    /// `pg_stat_activity`.
    Backends = "backends",
    /// `pg_locks`.
    Locks = "locks",
    /// `pg_prepared_xacts`.
    PreparedTransactions = "prepared_transactions",
    /// `pg_stat_progress_*`.
    Progress = "progress",
    /// `pg_stat_statements`.
    Statements = "statements",
    /// `pg_stat_replication`.
    Replicas = "replicas",
    /// `pg_replication_slots`.
    Slots = "slots",
    /// `pg_publication`.
    Publications = "publications",
    /// `pg_subscription`.
    Subscriptions = "subscriptions",
    /// `pg_stat_archiver`.
    Archiver = "archiver",
    /// `pg_stat_checkpointer` or `pg_stat_bgwriter`.
    Checkpoints = "checkpoints",
    /// `pg_stat_wal`.
    Wal = "wal",
    /// `pg_ls_waldir()`, `pg_ls_archive_statusdir()`.
    WalFiles = "wal_files",
    /// `pg_stat_io`.
    Io = "io",
    /// refinery's history table.
    History = "history",
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a source was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The kind of reason.
    pub why: Why,
    /// For people: what the server said, or what is missing.
    pub text: String,
    /// What would open it: SQL for an administrator, such as `GRANT pg_monitor TO auditor`.
    pub grant: Option<String>,
}

/// The kinds of reasons for which something is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is no such thing on this server: an older version, or an extension that is not installed. No fault.
    Absent,
    /// The role may not.
    Privilege,
    /// Somebody holds or waits for a lock behind which the read would have waited.
    Locked,
    /// It took longer than it may.
    TimedOut,
    /// It was not asked for.
    NotAsked,
    /// The server refused for another reason.
    Failed,
}
