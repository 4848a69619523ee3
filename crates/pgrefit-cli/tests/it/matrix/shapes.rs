//! What is disturbed: migrations of every kind, each with the places at which it can be met.

use Kind::{Alone, Batches, Mixed, Whole};

/// A migration on a small database.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// Its files: name and text.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// The version at which it begins: what comes before it is not disturbed.
    pub(super) from: i64,
    pub(super) kind: Kind,
    /// A table that an application reads.
    pub(super) read: &'static str,
    /// What somebody holds in an open transaction so that a statement of it waits, each in another phase.
    pub(super) held: &'static [&'static str],
    /// Whether it needs room on the disk.
    pub(super) grows: bool,
}

/// How its first file runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As one transaction.
    Whole,
    /// As one statement on its own.
    Alone,
    /// As one statement in batches.
    Batches,
    /// As a statement on its own with transactions around it.
    Mixed,
}

macro_rules! files {
    ($folder:literal: $($file:literal),+) => {
        &[$(($file, include_str!(concat!("shapes/", $folder, "/", $file)))),+]
    };
}

/// The transaction is at its end: nothing is left to do but to note its text, and the commit.
const NOTE: &str = "LOCK TABLE pgrefit_migration IN SHARE MODE";
/// Has transactions that write, for which all of `CONCURRENTLY` waits before it builds anything.
const ITEMS_WRITTEN: &str = "LOCK TABLE items IN ROW EXCLUSIVE MODE";
/// An old snapshot, for which `CONCURRENTLY` waits when an index is built.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1";
/// A reader between two statements: no snapshot, but a lock that the last phase of `CONCURRENTLY` waits for.
const ITEMS_READ: &str = "LOCK TABLE items IN ACCESS SHARE MODE";

/// Every shape.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: "create-table",
        files: files!("create-table": "V1__items.sql", "V2__notes.sql"),
        from: 1,
        kind: Whole,
        read: "items",
        held: &[ITEMS_WRITTEN, NOTE],
        grows: true,
    },
    Shape {
        name: "add-column",
        files: files!("add-column": "V1__items.sql", "V2__price.sql"),
        from: 1,
        kind: Whole,
        read: "items",
        held: &[ITEMS_READ, NOTE],
        grows: true,
    },
    Shape {
        name: "foreign-key",
        files: files!("foreign-key": "V1__orders.sql", "V2__not_valid.sql", "V3__validate.sql"),
        from: 1,
        kind: Whole,
        read: "orders",
        held: &[ITEMS_WRITTEN, "LOCK TABLE orders IN ROW EXCLUSIVE MODE", NOTE],
        grows: false,
    },
    Shape {
        name: "foreign-key-validate",
        files: files!("foreign-key": "V1__orders.sql", "V2__not_valid.sql", "V3__validate.sql"),
        from: 2,
        kind: Whole,
        read: "orders",
        held: &[
            "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE",
            "LOCK TABLE items IN EXCLUSIVE MODE",
            NOTE,
        ],
        grows: false,
    },
    Shape {
        name: "type-change",
        files: files!("type-change": "V1__items.sql", "V2__bigint.sql"),
        from: 1,
        kind: Whole,
        read: "items",
        held: &[ITEMS_READ, NOTE],
        grows: true,
    },
    Shape {
        name: "create-index",
        files: files!("create-index": "V1__items.sql", "V2__items_n.sql"),
        from: 1,
        kind: Alone,
        read: "items",
        held: &[ITEMS_WRITTEN, SNAPSHOT],
        grows: true,
    },
    Shape {
        name: "create-unique-index",
        files: files!("create-unique-index": "V1__items.sql", "V2__items_name.sql"),
        from: 1,
        kind: Alone,
        read: "items",
        held: &[ITEMS_WRITTEN, SNAPSHOT],
        grows: true,
    },
    Shape {
        name: "drop-index",
        files: files!("drop-index": "V1__items.sql", "V2__without_items_n.sql"),
        from: 1,
        kind: Alone,
        read: "items",
        held: &[ITEMS_READ],
        grows: false,
    },
    Shape {
        name: "reindex-index",
        files: files!("reindex-index": "V1__items.sql", "V2__items_n.sql"),
        from: 1,
        kind: Alone,
        read: "items",
        held: &[ITEMS_WRITTEN, SNAPSHOT, ITEMS_READ],
        grows: true,
    },
    Shape {
        name: "reindex-table",
        files: files!("reindex-table": "V1__documents.sql", "V2__reindex.sql"),
        from: 1,
        kind: Alone,
        read: "documents",
        held: &[
            "LOCK TABLE documents IN ROW EXCLUSIVE MODE",
            SNAPSHOT,
            "LOCK TABLE documents IN ACCESS SHARE MODE",
        ],
        grows: true,
    },
    Shape {
        name: "detach-partition",
        files: files!("detach-partition": "V1__readings.sql", "V2__detach.sql"),
        from: 1,
        kind: Alone,
        read: "readings",
        held: &["LOCK TABLE readings IN ACCESS SHARE MODE", "LOCK TABLE readings_old IN ACCESS SHARE MODE"],
        grows: false,
    },
    Shape {
        name: "vacuum",
        files: files!("vacuum": "V1__items.sql", "V2__vacuum.sql"),
        from: 1,
        kind: Mixed,
        read: "items",
        held: &["LOCK TABLE items IN SHARE UPDATE EXCLUSIVE MODE"],
        grows: false,
    },
    Shape {
        name: "enum-value",
        files: files!("enum-value": "V1__people.sql", "V2__happy.sql"),
        from: 1,
        kind: Mixed,
        read: "people",
        held: &["COMMENT ON TYPE mood IS 'held'", "LOCK TABLE people IN SHARE MODE"],
        grows: true,
    },
    Shape {
        name: "mixed",
        files: files!("mixed": "V1__items.sql", "V2__tags.sql"),
        from: 1,
        kind: Mixed,
        read: "items",
        held: &[ITEMS_READ, SNAPSHOT, "LOCK TABLE counters IN SHARE MODE"],
        grows: true,
    },
    Shape {
        name: "backfill-update",
        files: files!("backfill-update": "V1__readings.sql", "V2__count.sql"),
        from: 1,
        kind: Batches,
        read: "readings",
        held: &[
            "SELECT FROM readings WHERE id = (SELECT id FROM readings ORDER BY id OFFSET 1500 LIMIT 1) FOR UPDATE",
        ],
        grows: true,
    },
    Shape {
        name: "backfill-one-batch",
        files: files!("backfill-one-batch": "V1__readings.sql", "V2__count.sql"),
        from: 1,
        kind: Batches,
        read: "readings",
        held: &["LOCK TABLE readings IN SHARE MODE"],
        grows: false,
    },
    Shape {
        name: "backfill-delete",
        files: files!("backfill-delete": "V1__events.sql", "V2__without_old.sql"),
        from: 1,
        kind: Batches,
        read: "events",
        held: &["SELECT FROM events WHERE (kind, \"Code\") = \
             (SELECT kind, \"Code\" FROM events WHERE note = 'old' ORDER BY 1, 2 OFFSET 750 LIMIT 1) FOR UPDATE"],
        grows: false,
    },
    Shape {
        name: "backfill-insert",
        files: files!("backfill-insert": "V1__readings.sql", "V2__copies.sql"),
        from: 1,
        kind: Batches,
        read: "readings",
        // The foreign key of a copy asks for its reading.
        held: &["SELECT FROM readings WHERE id = 4503 FOR UPDATE"],
        grows: true,
    },
];

impl Kind {
    pub(super) const ALL: [Self; 4] = [Whole, Alone, Mixed, Batches];

    /// The places before something takes effect at which the runner can be stopped.
    pub(super) fn before(self) -> &'static [&'static str] {
        match self {
            Whole => &["transaction"],
            Alone => &["step-begun"],
            Batches => &["batch-open", "batch-done"],
            Mixed => &["transaction", "step-begun"],
        }
    }

    /// The places after something has taken effect, and been answered.
    pub(super) fn after(self) -> &'static [&'static str] {
        match self {
            Whole => &["transaction-committed"],
            Alone => &["step-ran", "steps-done"],
            Batches => &["batch-committed", "steps-done"],
            Mixed => &["transaction-committed", "step-ran", "steps-done"],
        }
    }

    /// The last place before the commit, and what the message has in it that brings the commit.
    pub(super) fn commit(self) -> (&'static str, &'static str) {
        match self {
            Whole => ("transaction", "COMMIT"),
            Alone | Mixed => ("step-begun", "/* pgrefit V"),
            Batches => ("batch-done", "COMMIT"),
        }
    }
}
