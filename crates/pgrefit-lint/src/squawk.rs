//! The rules of squawk, for those who want them, and which of them ask what ours ask.
//!
//! Ours know the schema, so that they can be quiet; squawk's look at the text alone. They are off unless asked for.

use pgrefit_report::Status;
use squawk_linter::{Linter, Rule, Version};

use pgrefit_sql::Parsed;

use crate::found::Draft;
use crate::options::Options;

/// Our rule for one of squawk's: an ignore comment for the one holds for the other.
const SAME: [(&str, &[&str]); 24] = [
    ("require-concurrent-index-creation", &["index-without-concurrently"]),
    ("require-concurrent-index-deletion", &["drop-index-without-concurrently"]),
    ("require-concurrent-reindex", &["reindex-without-concurrently"]),
    ("require-concurrent-partition-detach", &["detach-without-concurrently"]),
    ("constraint-missing-not-valid", &["check-without-not-valid", "foreign-key-without-not-valid"]),
    ("adding-foreign-key-constraint", &["foreign-key-without-not-valid"]),
    (
        "adding-field-with-default",
        &["volatile-default", "stored-generated-column", "identity-on-existing-table"],
    ),
    ("adding-not-nullable-field", &["set-not-null-scan", "not-null-without-default"]),
    ("adding-required-field", &["not-null-without-default"]),
    ("adding-serial-primary-key-field", &["primary-key-without-index", "identity-on-existing-table"]),
    ("changing-column-type", &["type-change-rewrite", "narrowing-type-change"]),
    ("renaming-column", &["rename-column"]),
    ("renaming-table", &["rename-table"]),
    ("disallowed-unique-constraint", &["unique-without-index"]),
    ("ban-drop-column", &["drop-column"]),
    ("ban-drop-table", &["drop-table"]),
    ("ban-drop-database", &["drop-database"]),
    ("ban-drop-schema", &["drop-schema"]),
    ("ban-truncate-cascade", &["truncate"]),
    ("transaction-nesting", &["transaction-control"]),
    ("ban-uncommitted-transaction", &["transaction-control"]),
    ("ban-concurrent-index-creation-in-transaction", &["concurrently-in-transaction"]),
    ("ban-alter-domain-with-add-constraint", &["domain-constraint-scan"]),
    ("ban-drop-not-null", &[]),
];

/// Ids of our rules that ask what the rule of squawk asks.
pub(crate) fn same_as(name: &str) -> &'static [&'static str] {
    SAME.iter().find(|(squawk, _)| *squawk == name).map_or(&[], |(_, ours)| ours)
}

/// Whether squawk has a rule of this name.
#[must_use]
pub fn is_rule(name: &str) -> bool {
    name.parse::<Rule>().is_ok()
}

/// Names of squawk's rules: those that are on by default, and those that have one of ours for them.
#[must_use]
pub fn rules() -> Vec<String> {
    let mut names: Vec<String> = Linter::with_default_rules().rules.iter().map(ToString::to_string).collect();
    names.extend(SAME.iter().map(|(name, _)| (*name).to_owned()));
    names.sort();
    names.dedup();
    names
}

/// The name behind `squawk/`, as findings write rules of squawk.
pub(crate) fn bare(rule: &str) -> Option<&str> {
    rule.strip_prefix("squawk/")
}

/// Runs the rules that the options name; `all` is every rule that squawk has on by default.
pub(crate) fn run(parse: &Parsed, text: &str, options: &Options) -> Vec<Draft> {
    if options.squawk.is_empty() {
        return Vec::new();
    }
    let named: Vec<Rule> = options.squawk.iter().filter_map(|name| name.parse().ok()).collect();
    let mut linter = if options.squawk.iter().any(|name| name == "all") {
        Linter::with_rules(&named, &[])
    } else {
        Linter::from(named)
    };
    if let Ok(version) = format!("{}.0", options.server_major).parse::<Version>() {
        linter.settings.pg_version = version;
    }
    linter.settings.assume_in_transaction = true;
    let found = linter.lint(parse.raw(), text);
    let drafts = found.into_iter().map(|violation| {
        let rule = format!("squawk/{}", violation.code);
        let mut draft = Draft::new(rule, Status::Warn, violation.text_range.into(), violation.message);
        draft.help = violation.help;
        draft
    });
    drafts.collect()
}

/// Whether squawk, too, has a rule for what this rule of ours asks, or it is one of squawk's own.
pub(crate) fn asks_the_same(ours: &str) -> bool {
    ours.starts_with("squawk/") || SAME.iter().any(|(_, same)| same.contains(&ours))
}
