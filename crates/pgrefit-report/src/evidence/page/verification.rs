//! What was looked at after the live run.

use super::checklist::quantity;
use super::table::Table;
use crate::evidence::Check;
use crate::html::markup::{badge, each, escaped, given};

const TABLE: Table<'_> =
    Table { first: "check", columns: &[("number", true), ("verdict", false)], class: "verification" };

/// Every check, the problems first.
pub(super) fn checks(checks: &[Check]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut order: Vec<&Check> = checks.iter().collect();
    order.sort_by_key(|check| std::cmp::Reverse(check.status));
    TABLE.around(&each(order, row))
}

fn row(check: &Check) -> String {
    let name = format!(
        "<b>{}</b><span class=\"said\">{}</span>",
        escaped(&check.check),
        escaped(&check.measurement)
    );
    TABLE.row("", &name, &[given(check.quantity, quantity), badge(check.status)])
}
