//! What an audit knows of a database: flat facts, each row as the server's catalogs have it, to be judged later and elsewhere.
//!
//! Where a [`Catalog`](crate::Catalog) is a schema as SQL says it, a census is the catalogs themselves, by object identifier. It
//! is read without a lock on any user relation: no definition is printed by the server and no file is measured. Expressions come
//! as [`Node`] trees, sizes as pages of the last `VACUUM` or `ANALYZE`.
//!
//! Ages are in seconds, as of the moment the census was taken. `None` is "not known", never "zero" and never "no".

mod activity;
mod column;
mod constraint;
mod environment;
mod index;
mod node;
mod relation;
mod replication;
mod routine;
mod security;
mod sequence;
mod source;
mod statistics;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::SnapshotError;

pub use activity::{Backend, Lock, PreparedTransaction, Progress, Statement, StatementTotals};
pub use column::{Column, ColumnDefault, ColumnStatistics, ColumnType};
pub use constraint::{CheckExpression, Constraint, ConstraintKind, Trigger};
pub use environment::{
    AvailableExtension, Database, Extension, Node as ServerNode, Origin, RoleSetting, Server, Setting,
};
pub use index::{Index, IndexDependency};
pub use node::{Bound, Constant, End, Node, OfNulls};
pub use relation::{Inheritance, Namespace, PartitionKey, Relation, RelationKind};
pub use replication::{
    Archiver, Checkpoints, IoStatistics, Publication, Replica, Slot, Subscription, Wal, WalFiles,
};
pub use routine::{EventTrigger, ForeignServer, Language, Routine, Rule};
pub use security::{DefaultPrivilege, HbaRule, Membership, PasswordKind, Policy, Role};
pub use sequence::{ExactRows, HistoryRow, Sequence, SequenceUse};
pub use source::{Source, Unseen, Why};
pub use statistics::{IndexStatistics, RelationStatistics};

/// Everything that the checks of an audit rest on, as of one moment.
///
/// It holds names, definitions, counters and settings. Of rows it holds no value, except the largest of an integer key; of
/// statements, the text without literals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// The version of this form; [`Census::FORMAT`] when it is taken.
    pub census: u32,
    /// The server, the database and the role.
    pub server: Server,
    /// How it was taken, and what that cost the server.
    pub origin: Origin,
    /// What could not be read at all, and why. What was read in part says so in the rows: see `Relation::shows_statistics`.
    pub unseen: BTreeMap<Source, Unseen>,
    /// `pg_settings`; settings that the role may not see are not among them.
    pub settings: Vec<Setting>,
    /// `pg_db_role_setting`.
    pub role_settings: Vec<RoleSetting>,
    /// All databases of the cluster.
    pub databases: Vec<Database>,
    /// The other nodes that were asked for their use of indexes and tables.
    pub nodes: Vec<ServerNode>,
    /// Installed extensions.
    pub extensions: Vec<Extension>,
    /// What the server's files offer of the installed extensions.
    pub available_extensions: Vec<AvailableExtension>,
    /// Schemas of users.
    pub namespaces: Vec<Namespace>,
    /// Relations of users, of every kind, with their TOAST tables and the indexes of those.
    pub relations: Vec<Relation>,
    /// Parent and child, by `INHERITS` or `PARTITION OF`.
    pub inheritance: Vec<Inheritance>,
    /// `pg_partitioned_table`.
    pub partition_keys: Vec<PartitionKey>,
    /// Columns of tables and views of users, without dropped ones.
    pub columns: Vec<Column>,
    /// Types of columns, and those that they rest on.
    pub types: Vec<ColumnType>,
    /// Defaults and generation expressions.
    pub defaults: Vec<ColumnDefault>,
    /// `pg_index` of relations of users, also of TOAST tables.
    pub indexes: Vec<Index>,
    /// Columns on which an index depends, expressions and predicate included.
    pub index_dependencies: Vec<IndexDependency>,
    /// `pg_constraint` of tables and domains of users.
    pub constraints: Vec<Constraint>,
    /// What the `CHECK`s of tables say.
    #[serde(default)]
    pub check_expressions: Vec<CheckExpression>,
    /// `pg_trigger` of relations of users, with the internal ones behind foreign keys.
    pub triggers: Vec<Trigger>,
    /// Rewrite rules that are no view.
    pub rules: Vec<Rule>,
    /// Sequences of users.
    pub sequences: Vec<Sequence>,
    /// Which column draws from which sequence.
    pub sequence_uses: Vec<SequenceUse>,
    /// Functions and procedures of users, without those of extensions.
    pub routines: Vec<Routine>,
    /// Languages that are installed.
    pub languages: Vec<Language>,
    /// Foreign servers.
    pub foreign_servers: Vec<ForeignServer>,
    /// Event triggers.
    pub event_triggers: Vec<EventTrigger>,
    /// Roles of the cluster.
    pub roles: Vec<Role>,
    /// `pg_auth_members`.
    pub memberships: Vec<Membership>,
    /// How passwords are stored, of roles that have one.
    pub passwords: Vec<PasswordKind>,
    /// `pg_hba_file_rules`.
    pub hba_rules: Vec<HbaRule>,
    /// Row security policies.
    pub policies: Vec<Policy>,
    /// `ALTER DEFAULT PRIVILEGES`.
    pub default_privileges: Vec<DefaultPrivilege>,
    /// Counters of tables and materialized views, of TOAST tables too.
    pub relation_statistics: Vec<RelationStatistics>,
    /// Counters of indexes.
    pub index_statistics: Vec<IndexStatistics>,
    /// What `ANALYZE` knows of columns, where the role may see it.
    pub column_statistics: Vec<ColumnStatistics>,
    /// Server processes.
    pub backends: Vec<Backend>,
    /// Locks on relations of this database that are waited for, or that keep readers out.
    pub locks: Vec<Lock>,
    /// `pg_prepared_xacts` of all databases.
    pub prepared_transactions: Vec<PreparedTransaction>,
    /// Running `VACUUM`, `CREATE INDEX` and the like.
    pub progress: Vec<Progress>,
    /// The costliest statements by `pg_stat_statements`, without literals.
    pub statements: Vec<Statement>,
    /// The totals of `pg_stat_statements`.
    pub statement_totals: Option<StatementTotals>,
    /// `pg_stat_replication`.
    pub replicas: Vec<Replica>,
    /// `pg_replication_slots`.
    pub slots: Vec<Slot>,
    /// `pg_publication`.
    pub publications: Vec<Publication>,
    /// `pg_subscription`.
    pub subscriptions: Vec<Subscription>,
    /// `pg_stat_archiver`.
    pub archiver: Option<Archiver>,
    /// `pg_stat_checkpointer`, before 17 `pg_stat_bgwriter`.
    pub checkpoints: Option<Checkpoints>,
    /// `pg_stat_wal`.
    pub wal: Option<Wal>,
    /// The directory of the WAL.
    pub wal_files: Option<WalFiles>,
    /// `pg_stat_io`, from 16 on.
    pub io: Vec<IoStatistics>,
    /// The rows of refinery's history table, by version; none if there is no such table.
    pub history: Option<Vec<HistoryRow>>,
    /// Rows that were counted, where that was asked for.
    #[serde(default)]
    pub exact_rows: Vec<ExactRows>,
}

impl Census {
    /// The version of the form that this program writes, and the newest that it reads.
    pub const FORMAT: u32 = 1;

    /// As JSON on one line, ending with a newline, for [`Census::from_json`].
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings and no value can refuse to be written"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string(self).expect("a census is always valid JSON");
        json.push('\n');
        json
    }

    /// Reads what [`Census::to_json`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError::Newer`] for a form that a later version of this program wrote; [`SnapshotError::Malformed`] for anything
    /// that is no census.
    pub fn from_json(json: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Format {
            census: u32,
        }
        let Format { census: format } = serde_json::from_str(json).map_err(SnapshotError::Malformed)?;
        if format > Self::FORMAT {
            return Err(SnapshotError::Newer { format });
        }
        serde_json::from_str(json).map_err(SnapshotError::Malformed)
    }

    /// Of a database that has nothing in it.
    #[must_use]
    pub fn empty(server: Server) -> Self {
        Self { census: Self::FORMAT, server, ..Self::default() }
    }
}
