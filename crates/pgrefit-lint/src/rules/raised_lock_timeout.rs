//! A `lock_timeout` that waits for long.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "raised-lock-timeout",
    title: "The file raises lock_timeout, or switches it off.",
    level: Status::Warn,
    happens: "While a statement waits for a strong lock, everybody else waits behind it. lock_timeout is what ends \
         that; pgrefit keeps it short and tries again.",
    safe: "Leave it out. -- pgrefit:lock-timeout sets it for one file; `pgrefit migrate --lock-budget` says how \
         long to try in all.",
    before: "",
    bad: include_str!("raised_lock_timeout/bad.sql"),
    good: include_str!("raised_lock_timeout/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

/// What a person waits for before the telephone rings.
const MOST_MS: u64 = 10_000;

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Set { name, value, .. } = &action.kind else { return };
    if name != "lock_timeout" || case.inside.is_some() {
        return;
    }
    let Some(ms) = milliseconds(value) else { return };
    if ms != 0 && ms <= MOST_MS {
        return;
    }
    // Behind it there is nothing but statements that wait without holding anybody up.
    let how = if ms == 0 {
        "switches lock_timeout off".to_owned()
    } else {
        format!("a statement may hold everybody up for {value}")
    };
    found.add(&action.span, how).help("leave it out: pgrefit asks for a short while and tries again");
}

/// `5s`, `500`, `2min` in milliseconds; `0` and `default` is off.
fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
    let number: u64 = value[..digits].parse().ok()?;
    let unit = match value[digits..].trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit)
}
