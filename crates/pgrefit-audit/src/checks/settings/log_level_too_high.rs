//! A log in which errors are missing.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "log-level-too-high",
    code: "CFG-06b",
    group: Group::Settings,
    title: "Errors are missing in the log, or the statements that caused them.",
    level: Status::Warn,
    required: false,
    matters: "With log_min_messages above error, failures leave no trace; with log_min_error_statement above \
              error, nobody can tell which statement failed.",
    cure: "Set both to their defaults, warning and error, and reload.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, cost, default) in [
        ("log_min_messages", "errors are not in the log", "warning"),
        ("log_min_error_statement", "statements that fail are not in the log", "error"),
    ] {
        let Some(value) = facts.server_text_or_blind(name, ruling) else { continue };
        ruling.saw();
        if matches!(value, "log" | "fatal" | "panic") {
            let message = format!("{name} is {value}{}: {cost}", facts.of_database(name));
            facts.cure_setting(name, default, &mut ruling.warn(name, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn errors_must_be_in_the_log() {
        let check = |name: &str, value: &str, expected: Status| {
            assert_eq!(Sample::new(18).setting(name, value).status(&CHECK), expected, "{name} {value}");
        };
        check("log_min_messages", "warning", Status::Pass);
        check("log_min_messages", "error", Status::Pass);
        check("log_min_messages", "fatal", Status::Warn);
        check("log_min_error_statement", "error", Status::Pass);
        check("log_min_error_statement", "panic", Status::Warn);
    }
}
