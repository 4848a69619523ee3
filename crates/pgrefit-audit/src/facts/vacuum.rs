//! What autovacuum goes by: effective options of a table, and how far ages and estimates can be trusted.

use pgrefit_catalog::census::{Column, ColumnStatistics, Relation, RelationKind, Source};
use pgrefit_catalog::quote_ident;

use super::Facts;
use super::activity::{DAY_S, HOUR_S, float};
use crate::ruling::Found;

/// The end of transaction ids, less the three million that the server keeps for itself.
const LAST_ID: i64 = (1 << 31) - 3_000_000;

/// An age of something without transaction ids: `age('0')`.
const NO_AGE: i64 = i32::MAX as i64;

/// One of the two counters that wrap around, by its settings.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The age at which autovacuum must run.
    pub(crate) freeze_max_age: &'static str,
    /// Its default.
    pub(crate) freeze_max_age_default: i64,
    /// The age from which on vacuum does nothing but freeze.
    pub(crate) failsafe_age: &'static str,
    /// The age of a relation.
    pub(crate) of_relation: fn(&Relation) -> Option<i64>,
    /// The age of a database.
    pub(crate) of_database: fn(&pgrefit_catalog::census::Database) -> i64,
}

/// Something with an age, and from which ages on it is told.
#[derive(Debug)]
pub(crate) struct Aged {
    /// Its name.
    pub(crate) object: String,
    /// The age.
    pub(crate) age: i64,
    /// Ids that are left until the server stops.
    pub(crate) left: i64,
    /// The age at which autovacuum should have begun.
    pub(crate) freeze_max_age: i64,
    /// Autovacuum is late.
    pub(crate) warn: i64,
    /// The end is in sight.
    pub(crate) fail: i64,
    /// The table to vacuum; none of a database.
    pub(crate) table: Option<String>,
    /// A temporary table: only its own session can vacuum it.
    pub(crate) temporary: bool,
}

impl Aged {
    /// What it is: a table by its name, `the database shop`.
    pub(crate) fn said(&self) -> String {
        if self.table.is_some() { self.object.clone() } else { format!("the database {}", self.object) }
    }
}

impl Facts<'_> {
    /// The value of a setting of autovacuum for one table: its own option, of a TOAST table without options that of the table,
    /// else the server's. None if there is no such setting.
    pub(crate) fn autovacuum(&self, relation: &Relation, name: &str) -> Option<f64> {
        let own = self.autovacuum_options(relation);
        let option: Option<f64> = Facts::option(own, name).and_then(|value| value.parse().ok());
        // Below zero an option is none, but for these two, which -1 switches off.
        let can_be_off = name.ends_with("insert_threshold") || name.ends_with("max_threshold");
        option.filter(|value| *value >= 0.0 || can_be_off).or_else(|| self.number(name))
    }

    /// The options that autovacuum goes by.
    pub(crate) fn autovacuum_options<'b>(&'b self, relation: &'b Relation) -> &'b [String] {
        let owner = self.toast_owner(relation.oid).and_then(|oid| self.relation(oid));
        match owner {
            Some(owner) if relation.options.is_empty() => &owner.options,
            _ => &relation.options,
        }
    }

    /// Dead rows at which autovacuum begins with a table: `autovacuum_vacuum_threshold`, `autovacuum_vacuum_scale_factor`, from
    /// 18 on `autovacuum_vacuum_max_threshold`.
    pub(crate) fn vacuum_trigger(&self, relation: &Relation) -> f64 {
        let value = |name, default| self.autovacuum(relation, name).unwrap_or(default);
        let rows = relation.rows.unwrap_or(0.0);
        let trigger =
            value("autovacuum_vacuum_threshold", 50.0) + value("autovacuum_vacuum_scale_factor", 0.2) * rows;
        match self.autovacuum(relation, "autovacuum_vacuum_max_threshold") {
            Some(most) if most >= 0.0 => trigger.min(most),
            _ => trigger,
        }
    }

    /// Changed rows at which autovacuum analyses a table.
    pub(crate) fn analyze_trigger(&self, relation: &Relation) -> f64 {
        let value = |name, default| self.autovacuum(relation, name).unwrap_or(default);
        let rows = relation.rows.unwrap_or(0.0);
        value("autovacuum_analyze_threshold", 50.0) + value("autovacuum_analyze_scale_factor", 0.1) * rows
    }

    /// Inserted rows at which autovacuum begins with a table; none if it never does for their sake. From 18 on the server counts
    /// only the pages that are not frozen, and begins sooner.
    pub(crate) fn insert_trigger(&self, relation: &Relation) -> Option<f64> {
        let value = |name, default| self.autovacuum(relation, name).unwrap_or(default);
        let threshold = value("autovacuum_vacuum_insert_threshold", 1_000.0);
        let rows = relation.rows.unwrap_or(0.0);
        let factor = value("autovacuum_vacuum_insert_scale_factor", 0.2).max(0.0);
        (threshold >= 0.0).then_some(threshold + factor * rows)
    }

    /// Whether autovacuum has had the time to come: the last one is an hour ago, or there was none while the counters counted for
    /// a day.
    pub(crate) fn vacuum_is_due(&self, last_age_s: Option<f64>) -> bool {
        let counted = || self.census.server.counted_for_s.is_some_and(|counted| counted >= DAY_S);
        last_age_s.map_or_else(counted, |age| age >= HOUR_S)
    }

    /// Whether somebody vacuums it at this moment.
    pub(crate) fn is_being_vacuumed(&self, relation: u32) -> bool {
        let vacuums = |command: &str| matches!(command, "VACUUM" | "CLUSTER" | "VACUUM FULL" | "REPACK");
        self.census.progress.iter().any(|it| it.relation == Some(relation) && vacuums(&it.command))
    }

    /// Whether it belongs to an extension, itself or the table of this TOAST table.
    pub(crate) fn is_of_extension(&self, relation: &Relation) -> bool {
        let owner = self.toast_owner(relation.oid).and_then(|oid| self.relation(oid));
        relation.of_extension || owner.is_some_and(|owner| owner.of_extension)
    }

    /// What a command must name to vacuum a relation: of a TOAST table, its table.
    pub(crate) fn vacuum_name(&self, relation: u32) -> String {
        self.name(self.toast_owner(relation).unwrap_or(relation))
    }

    /// Whether the role would see the column statistics of a table if there are any.
    pub(crate) fn sees_column_statistics(&self, relation: &Relation) -> bool {
        let unseen = self.census.unseen.contains_key(&Source::ColumnStatistics);
        let has_some = |number| self.column_statistics(relation.oid, number).is_some();
        (relation.shows_statistics && !unseen)
            || self.columns(relation.oid).iter().any(|it| has_some(it.number))
    }

    /// What helps against an age, for a finding about it.
    pub(crate) fn cure_age(&self, aged: &Aged, found: &mut Found<'_>) {
        match &aged.table {
            _ if aged.temporary => {
                found.hint("end the session that made this temporary table: nobody else can vacuum it")
            }
            _ if self.census.server.in_recovery => found.hint("VACUUM on the primary"),
            Some(table) => found.sql(
                format!("VACUUM (FREEZE, INDEX_CLEANUP OFF) {table};"),
                "SHARE UPDATE EXCLUSIVE",
                true,
            ),
            None => found.hint(self.look_in_database(&aged.object)),
        };
    }

    /// Where to look in a database that is old.
    fn look_in_database(&self, name: &str) -> &'static str {
        match self.census.databases.iter().find(|it| quote_ident(&it.name) == name) {
            Some(it) if it.name == self.census.server.database => {
                "no table of users is as old: look in pg_class which of the system's own is"
            }
            Some(it) if !it.allows_connections => {
                "nobody can connect to it, and autovacuum alone freezes it: see autovacuum-off and xmin-held-back; in need, \
                 ALTER DATABASE … ALLOW_CONNECTIONS true, and VACUUM (FREEZE) there"
            }
            _ => "connect to that database and look which of its tables is the oldest",
        }
    }

    /// What is late of all that can wrap around, and how much that is: tables of this database, with those of extensions, and
    /// the databases that no table of them accounts for.
    pub(crate) fn late(&self, counter: &Counter) -> (usize, Vec<Aged>) {
        let server = self.number(counter.freeze_max_age);
        #[expect(clippy::cast_possible_truncation, reason = "a setting of at most two billion")]
        let whole = |value: f64| value as i64;
        let server = server.map_or(counter.freeze_max_age_default, whole);
        // A value of the role that looks is not that of autovacuum.
        let failsafe = self.server_text(counter.failsafe_age).and_then(|it| it.parse::<f64>().ok());
        let failsafe = failsafe.map_or(1_600_000_000, whole);
        let has_age = |it: &&Relation| {
            matches!(it.kind, RelationKind::Table | RelationKind::MaterializedView | RelationKind::Toast)
        };
        let (mut count, mut late) = (0, Vec::new());
        for relation in self.census.relations.iter().filter(has_age) {
            let Some(age) = (counter.of_relation)(relation).filter(|age| *age < NO_AGE) else { continue };
            // An option can only make it earlier.
            let own = self.autovacuum(relation, counter.freeze_max_age).map_or(server, whole).min(server);
            let aged = limits(age, server, own, failsafe);
            count += 1;
            if aged.age >= aged.warn {
                let (object, table) = (self.name(relation.oid), Some(self.vacuum_name(relation.oid)));
                late.push(Aged { object, table, temporary: relation.persistence == 't', ..aged });
            }
        }
        let of_tables = !late.is_empty();
        for database in &self.census.databases {
            let age = (counter.of_database)(database);
            let told = of_tables && database.name == self.census.server.database;
            if age < NO_AGE && !told {
                let aged = limits(age, server, server, failsafe);
                count += 1;
                late.extend(
                    (aged.age >= aged.warn).then(|| Aged { object: quote_ident(&database.name), ..aged }),
                );
            }
        }
        (count, late)
    }
}

/// How much of a relation is empty, by estimate.
#[derive(Debug)]
pub(crate) struct Waste {
    /// Its size.
    pub(crate) bytes: u64,
    /// How much of that its rows do not need.
    pub(crate) wasted_bytes: u64,
}

impl Facts<'_> {
    /// The empty space of a heap, as `ioguix/pgsql-bloat-estimation` estimates it, with the padding between columns. None where that is unsound: statistics stale
    /// or missing for a column, children whose rows are in the statistics, a column of type `name`, whose width is not its own.
    pub(crate) fn heap_waste(&self, table: &Relation) -> Option<Waste> {
        if !self.is_analysed(table.oid) || !self.children(table.oid).is_empty() {
            return None;
        }
        let columns: Vec<_> = self.columns(table.oid).iter().filter(|it| it.generated != Some('v')).collect();
        let (mut data, mut nulls) = (RowWidth { bytes: 0.0, exact: true }, false);
        for column in &columns {
            let statistics = self.column_statistics(table.oid, column.number)?;
            if self.base_type(column.type_oid).is_some_and(|it| it.name == "name") {
                return None;
            }
            data.add(column, statistics);
            nulls |= statistics.null_fraction > 0.0;
        }
        let bitmap = if nulls { columns.len().div_ceil(8) } else { 0 };
        let header = aligned(float(i64::try_from(23 + bitmap).ok()?));
        // An item pointer for each row, after the header of the page.
        let row = 4.0 + header + aligned(data.bytes);
        let fill =
            Facts::option(&table.options, "fillfactor").and_then(|it| it.parse().ok()).unwrap_or(100.0);
        let per_page = ((float(self.census.server.block_size) - 24.0) * fill / 100.0 / row).floor().max(1.0);
        Some(self.waste(table, table.rows?, per_page))
    }

    /// The empty space of a TOAST table, at four chunks to a page. None where its rows changed much since they were counted: only
    /// `VACUUM` counts them.
    pub(crate) fn toast_waste(&self, toast: &Relation) -> Option<Waste> {
        let (rows, counters) = (toast.rows?, self.statistics(toast.oid)?);
        let sound = is_small(counters.inserts_since_vacuum, rows) && is_small(counters.dead, rows);
        sound.then(|| self.waste(toast, rows, 4.0))
    }

    fn waste(&self, relation: &Relation, rows: f64, per_page: f64) -> Waste {
        #[expect(clippy::cast_possible_truncation, reason = "an estimate")]
        let needed = (rows / per_page).ceil() as i64;
        let wasted = (relation.pages - needed).max(0).saturating_mul(self.census.server.block_size);
        Waste { bytes: self.bytes(relation.oid), wasted_bytes: u64::try_from(wasted).unwrap_or(0) }
    }
}

/// The bytes of a row behind its header, column by column.
struct RowWidth {
    bytes: f64,
    /// All columns so far have a fixed length and are never null, so that the place of the next is known.
    exact: bool,
}

impl RowWidth {
    /// Where the place of a column is not known, half of the padding that it may need. A short value of varying length needs none.
    fn add(&mut self, column: &Column, statistics: &ColumnStatistics) {
        let width = f64::from(statistics.average_width);
        let step = match column.alignment {
            _ if column.length < 0 && width < 127.0 => 1.0,
            'd' => 8.0,
            'i' => 4.0,
            's' => 2.0,
            _ => 1.0,
        };
        let padding =
            if self.exact { (self.bytes / step).ceil() * step - self.bytes } else { (step - 1.0) / 2.0 };
        self.bytes += (1.0 - statistics.null_fraction) * (padding + width);
        self.exact &= column.length > 0 && statistics.null_fraction <= 0.0;
    }
}

/// To the next multiple of eight: `MAXALIGN`.
fn aligned(bytes: f64) -> f64 {
    (bytes.ceil() / 8.0).ceil() * 8.0
}

/// Late is twice the age at which autovacuum begins. The end is in sight at four times the server's, or at the failsafe, which
/// the server takes as 105 % of that age at least; and in any case with a quarter of all ids left.
fn limits(age: i64, server: i64, own: i64, failsafe: i64) -> Aged {
    const QUARTER_LEFT: i64 = 1_600_000_000;
    let failsafe = failsafe.max(server + server / 20);
    let fail = (4 * server).max(800_000_000).min(failsafe).min(QUARTER_LEFT);
    let warn = (2 * own).max(50_000_000).min(fail - fail / 8);
    let left = (LAST_ID - age).max(0);
    let object = String::new();
    Aged { object, age, left, freeze_max_age: own, warn, fail, table: None, temporary: false }
}

/// Rows of an estimate, for a number of a finding.
pub(crate) fn rounded(rows: f64) -> pgrefit_report::Cell {
    pgrefit_report::Cell::Float(rows.round())
}

/// Whether dead rows or inserts are many against the rows that an estimate counted.
pub(crate) fn is_small(count: i64, rows: f64) -> bool {
    float(count) <= (rows / 10.0).max(1_000.0)
}

#[cfg(test)]
mod tests {
    use super::{RowWidth, limits};
    use crate::sample::Sample;

    #[test]
    fn padding_between_columns_counts() {
        // Each column by its length, its alignment, its average width, and the share of nulls.
        let check = |columns: &[(i16, char, i32, f64)], expected: f64| {
            let sample = Sample::new(18).int8_column(1, 1, "c").width(1, 1, 8);
            let (column, statistics) = (&sample.census.columns[0], &sample.census.column_statistics[0]);
            let mut row = RowWidth { bytes: 0.0, exact: true };
            for (length, alignment, average_width, null_fraction) in columns.iter().copied() {
                let mut column = column.clone();
                (column.length, column.alignment) = (length, alignment);
                let mut statistics = statistics.clone();
                (statistics.average_width, statistics.null_fraction) = (average_width, null_fraction);
                row.add(&column, &statistics);
            }
            assert!((row.bytes - expected).abs() < 1e-9, "{columns:?}: {} is not {expected}", row.bytes);
        };
        check(&[(8, 'd', 8, 0.0)], 8.0);
        check(&[(1, 'c', 1, 0.0), (8, 'd', 8, 0.0)], 16.0);
        check(&[(8, 'd', 8, 0.0), (1, 'c', 1, 0.0)], 9.0);
        check(&[(2, 's', 2, 0.0), (4, 'i', 4, 0.0), (2, 's', 2, 0.0)], 10.0);
        // A short text needs no padding, what comes behind it does.
        check(&[(1, 'c', 1, 0.0), (-1, 'i', 10, 0.0)], 11.0);
        check(&[(-1, 'i', 10, 0.0), (8, 'd', 8, 0.0)], 21.5);
        check(&[(1, 'c', 1, 0.0), (-1, 'i', 500, 0.0)], 504.0);
        check(&[(8, 'd', 8, 0.5), (4, 'i', 4, 0.0)], 9.5);
    }

    #[test]
    fn limits_follow_the_settings() {
        let check = |server: i64, own: i64, failsafe: i64, expected: (i64, i64)| {
            let found = limits(0, server, own, failsafe);
            assert_eq!((found.warn, found.fail), expected, "{server} {own} {failsafe}");
        };
        let million = 1_000_000;
        check(200 * million, 200 * million, 1_600 * million, (400 * million, 800 * million));
        check(200 * million, 100 * million, 1_600 * million, (200 * million, 800 * million));
        check(200 * million, 100_000, 1_600 * million, (50 * million, 800 * million));
        check(1_500 * million, 1_500 * million, 1_600 * million, (1_400 * million, 1_600 * million));
        check(50 * million, 50 * million, 1_600 * million, (100 * million, 800 * million));
        check(200 * million, 200 * million, 500 * million, (400 * million, 500 * million));
        check(2_000 * million, 2_000 * million, 1_600 * million, (1_400 * million, 1_600 * million));
    }
}
