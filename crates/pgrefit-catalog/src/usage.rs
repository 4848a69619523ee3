//! How large and how busy a table is, and what hangs on it.

use serde::{Deserialize, Serialize};

/// Size and use of a table or a materialized view; of a partitioned table, those of all its partitions together.
///
/// Sizes are those of the last `VACUUM` or `ANALYZE`, as the planner uses them. Rates are averages over the time since the
/// statistics of the database began, which may be months: a table that is busy on Mondays, or was made yesterday, is busier
/// than they say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// `pg_class.reltuples`; none if it was never analysed. Of a partitioned table, of the partitions that were.
    pub rows: Option<u64>,
    /// The rows and what is stored out of line; zero if it was never vacuumed or analysed.
    pub bytes: u64,
    /// What of `bytes` is stored out of line. An estimate from the number of chunks until the TOAST table is first vacuumed.
    pub toast_bytes: u64,
    /// All its indexes.
    pub index_bytes: u64,
    /// Rows by the statistics; none where they have counted nothing.
    pub live_rows: Option<u64>,
    /// Versions of rows that nobody can see any more, which `VACUUM` would remove.
    pub dead_rows: Option<u64>,
    /// Scans, sequential ones and those of indexes. None if it cannot be told; then [`Snapshot::blind`] says why.
    ///
    /// [`Snapshot::blind`]: crate::Snapshot::blind
    pub reads_per_s: Option<f64>,
    /// Rows inserted, updated and deleted. None as above.
    pub writes_per_s: Option<f64>,
    /// Scans of the whole table. None as above.
    pub seq_scans_per_s: Option<f64>,
    /// The last vacuum by the autovacuum daemon, in RFC 3339; of a partitioned table, that of the partition that was least
    /// lately vacuumed.
    pub last_autovacuum: Option<String>,
    /// The last `ANALYZE`, by hand or by the daemon, in RFC 3339; of a partitioned table as above.
    pub last_analyze: Option<String>,
    /// How many partitions hold the rows; zero if the table is not partitioned.
    pub partitions: u32,
}

/// An object that a statement on a table may break, or be refused for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependent {
    /// What it is.
    pub kind: DependentKind,
    /// Qualified and quoted: `public.happy`, a function with its signature, anything else behind its table.
    pub name: String,
    /// The columns that it names, sorted, unquoted. Empty if it hangs on the table as a whole.
    pub columns: Vec<String>,
}

/// The kind of a dependent object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependentKind {
    /// A view that reads it.
    View,
    /// A materialized view that reads it.
    MaterializedView,
    /// A function with a parsed body that names it, or with an argument or a result of its row type. What a body in text
    /// form names is not known.
    Function,
    /// A row security policy, on this table or on another.
    Policy,
    /// A trigger on it, with the columns of `UPDATE OF` and `WHEN`.
    Trigger,
    /// A rewrite rule, on this table or on another.
    Rule,
    /// A foreign key that references it, with the referenced columns.
    ForeignKey,
    /// The default of a column elsewhere, such as one that takes the values of a sequence.
    Default,
    /// A generated column of the same table.
    GeneratedColumn,
}
