//! Autovacuum of large tables: a fifth of a hundred million rows is twenty million dead ones before anybody looks.

use serde::{Deserialize, Serialize};

use super::{Facts, Setting};

/// The options that are looked at, in the order of [`LargeTable::options`].
const OPTIONS: [&str; 3] = [
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_scale_factor",
];

/// A table with a million rows and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeTable {
    /// With its schema, quoted.
    pub name: String,
    /// As the server estimates.
    pub rows: u64,
    /// What its storage parameters say of the scale factors for dead rows, inserted ones, and statistics.
    pub options: [Option<String>; 3],
}

/// What a table should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableAdvice {
    /// With its schema, quoted.
    pub table: String,
    /// As the server estimates.
    pub rows: u64,
    /// The statement that sets it; takes SHARE UPDATE EXCLUSIVE.
    pub set: String,
    /// The statement that takes it back.
    pub reset: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// What is right for so many rows: a few hundred thousand dead ones are a short vacuum. PostgreSQL manual, Routine Vacuuming,
/// "The Autovacuum Daemon"; the shares are those of common practice for tables of that size.
fn wanted(rows: u64) -> [f64; 3] {
    match rows {
        0..10_000_000 => [0.02, 0.05, 0.02],
        10_000_000..100_000_000 => [0.01, 0.05, 0.01],
        _ => [0.002, 0.01, 0.005],
    }
}

pub(super) fn advise(facts: &Facts) -> Vec<TableAdvice> {
    facts.large_tables.iter().filter_map(|table| one(facts, table)).collect()
}

/// Only what is more than twice what it should be is spoken of.
fn one(facts: &Facts, table: &LargeTable) -> Option<TableAdvice> {
    let mut set = Vec::new();
    let mut back = Vec::new();
    let mut factor = None;
    for ((option, own), wanted) in OPTIONS.iter().zip(&table.options).zip(wanted(table.rows)) {
        let Some(of_server) = facts.setting(option).and_then(Setting::real) else { continue };
        let now = own.as_deref().and_then(|own| own.parse().ok()).unwrap_or(of_server);
        if now <= wanted * 2.0 {
            continue;
        }
        factor = factor.or(Some((*option, now)));
        set.push(format!("{option} = {wanted}"));
        back.push((*option, own.clone()));
    }
    let (option, now) = factor?;
    let LargeTable { name, rows, .. } = table;
    Some(TableAdvice {
        table: name.clone(),
        rows: *rows,
        set: format!("ALTER TABLE {name} SET ({})", set.join(", ")),
        reset: reset(name, &back),
        reason: format!(
            "{name} has {rows} rows, and {option} is {now}: autovacuum waits for that share of them"
        ),
    })
}

/// Restores what was there, in one statement each way: what was set is set, what was not is reset.
fn reset(name: &str, back: &[(&str, Option<String>)]) -> String {
    let was = |(option, value): &(&str, Option<String>)| Some(format!("{option} = {}", value.as_ref()?));
    let set: Vec<String> = back.iter().filter_map(was).collect();
    let unset: Vec<&str> =
        back.iter().filter(|(_, value)| value.is_none()).map(|(option, _)| *option).collect();
    let mut actions = Vec::new();
    if !set.is_empty() {
        actions.push(format!("SET ({})", set.join(", ")));
    }
    if !unset.is_empty() {
        actions.push(format!("RESET ({})", unset.join(", ")));
    }
    format!("ALTER TABLE {name} {}", actions.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Facts, LargeTable, OPTIONS, advise};
    use crate::server::{Kind, Setting};

    fn facts(rows: u64, options: [Option<&str>; 3]) -> Facts {
        let setting = |name: &str, value: &str| Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            unit: None,
            kind: Kind::Real,
            min: None,
            max: None,
            words: Vec::new(),
            context: "sighup".to_owned(),
            source: "default".to_owned(),
            boot_value: None,
            pending_restart: false,
        };
        let options = options.map(|option| option.map(str::to_owned));
        let table = LargeTable { name: "public.\"Odd name\"".to_owned(), rows, options };
        let defaults = OPTIONS.iter().zip(["0.2", "0.2", "0.1"]);
        Facts {
            settings: defaults.map(|(name, value)| ((*name).to_owned(), setting(name, value))).collect(),
            large_tables: vec![table],
            ..Facts::default()
        }
    }

    #[test]
    fn large_tables_are_looked_at_more_often() {
        let check = |rows, options, set: &str, reset: &str| {
            let advice = advise(&facts(rows, options));
            let both = advice.first().map(|advice| (advice.set.as_str(), advice.reset.as_str()));
            let strip = |text: &str| text.replace("autovacuum_", "");
            let found = both.map(|(set, reset)| (strip(set), strip(reset)));
            assert_eq!(found, Some((set.to_owned(), reset.to_owned())), "{rows} {options:?}");
        };
        let table = "ALTER TABLE public.\"Odd name\"";
        let all = "(vacuum_scale_factor, vacuum_insert_scale_factor, analyze_scale_factor)";
        check(
            1_000_000,
            [None; 3],
            &format!(
                "{table} SET (vacuum_scale_factor = 0.02, vacuum_insert_scale_factor = 0.05, analyze_scale_factor = 0.02)"
            ),
            &format!("{table} RESET {all}"),
        );
        check(
            200_000_000,
            [Some("0.05"), None, Some("0.001")],
            &format!("{table} SET (vacuum_scale_factor = 0.002, vacuum_insert_scale_factor = 0.01)"),
            &format!("{table} SET (vacuum_scale_factor = 0.05), RESET (vacuum_insert_scale_factor)"),
        );
    }

    #[test]
    fn what_is_set_well_is_left_alone() {
        let check = |rows, options| assert_eq!(advise(&facts(rows, options)), []);
        check(5_000_000, [Some("0.03"), Some("0.1"), Some("0.04")]);
        check(50_000_000, [Some("0"), Some("0.05"), Some("0.02")]);
    }
}
