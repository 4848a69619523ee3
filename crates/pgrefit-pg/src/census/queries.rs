//! The query of each source that has just one.

use pgrefit_catalog::census::Source;

macro_rules! queries {
    ($($source:ident = $file:literal,)*) => {
        /// The query of a source.
        pub(super) const fn sql(source: Source) -> &'static str {
            match source {
                $(Source::$source => include_str!(concat!($file, ".sql")),)*
            }
        }
    };
}

queries! {
    Settings = "settings",
    RoleSettings = "role_settings",
    Databases = "databases",
    Extensions = "extensions",
    AvailableExtensions = "available_extensions",
    Namespaces = "namespaces",
    Relations = "relations",
    Inheritance = "inheritance",
    PartitionKeys = "partition_keys",
    Columns = "columns",
    Types = "types",
    Defaults = "defaults",
    Indexes = "indexes",
    IndexDependencies = "index_dependencies",
    Constraints = "constraints",
    Triggers = "triggers",
    Rules = "rules",
    Sequences = "sequences",
    SequenceValues = "sequence_places",
    SequenceUses = "sequence_uses",
    Routines = "routines",
    Languages = "languages",
    ForeignServers = "foreign_servers",
    EventTriggers = "event_triggers",
    Roles = "roles",
    Memberships = "memberships",
    Passwords = "passwords",
    HbaRules = "hba_rules",
    Policies = "policies",
    DefaultPrivileges = "default_privileges",
    RelationStatistics = "relation_statistics",
    IndexStatistics = "index_statistics",
    ColumnStatistics = "column_statistics",
    Backends = "backends",
    Locks = "locks",
    PreparedTransactions = "prepared_transactions",
    Progress = "progress",
    Statements = "statements",
    Replicas = "replicas",
    Slots = "slots",
    Publications = "publications",
    Subscriptions = "subscriptions",
    Archiver = "archiver",
    Checkpoints = "checkpoints",
    Wal = "wal",
    WalFiles = "wal_files",
    Io = "io",
    History = "history",
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions that open a user relation, and so wait behind a migration.
    const BLOCKING: [&str; 17] = [
        "pg_relation_size",
        "pg_table_size",
        "pg_total_relation_size",
        "pg_indexes_size",
        "pg_get_indexdef",
        "pg_get_expr",
        "pg_get_constraintdef",
        "pg_get_partkeydef",
        "pg_get_viewdef",
        "pg_get_triggerdef",
        "pg_get_ruledef",
        "pg_indexes",
        "pg_policies",
        "information_schema.",
        "pg_partition_tree",
        "pg_sequences",
        "pg_sequence_last_value",
    ];

    #[test]
    fn no_query_names_what_opens_a_relation() {
        for source in Source::ALL {
            let blocking: Vec<_> = BLOCKING.iter().filter(|word| sql(*source).contains(*word)).collect();
            assert!(blocking.is_empty(), "{source}: {blocking:?}");
        }
    }
}
