//! What the log does not tell when it is needed.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::literal;
use crate::{Facts, Ruling};

/// Settings, the value that leaves something out, what is left out, and a value to begin with.
const GAPS: [(&str, &str, &str, &str); 5] = [
    ("log_lock_waits", "off", "sessions that wait for a lock", "on"),
    ("log_temp_files", "-1", "queries that spill to the disk", "10MB"),
    ("log_checkpoints", "off", "checkpoints", "on"),
    ("log_autovacuum_min_duration", "-1", "long runs of autovacuum", "10min"),
    ("log_min_duration_statement", "-1", "slow statements", "2s"),
];

/// The check.
pub(super) static CHECK: Check = Check {
    id: "logging-gaps",
    code: "CFG-06",
    group: Group::Settings,
    title: "The log leaves out what is needed to explain an incident.",
    level: Status::Info,
    required: false,
    matters: "Waits for locks, large temporary files, checkpoints, long runs of autovacuum and slow statements are \
              in the log only if it is asked for them, and afterwards nobody can. A log of every statement is told \
              as well: it holds the values, passwords among them, and slows the server down. Something to know: a \
              collector of statistics may stand in for the log.",
    cure: "Set them and reload; each costs little on a healthy server.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for (name, gap, what, better) in GAPS {
        let Some(value) = facts.server_text_or_blind(name, ruling) else { continue };
        ruling.saw();
        let sampled = name == "log_min_duration_statement"
            && facts.text("log_min_duration_sample").is_some_and(|value| value != "-1");
        if value == gap && !sampled {
            let message = format!("the log does not tell of {what}{}", facts.of_database(name));
            facts.cure_setting(name, &literal(better), &mut ruling.info(name, message));
        }
    }
    // Whether log_min_duration_statement is hidden was told above.
    facts.hides_any(&["log_statement"], ruling);
    for (name, value) in [("log_statement", "all"), ("log_min_duration_statement", "0")] {
        if facts.server_text(name) == Some(value) {
            let place = facts.of_database(name);
            ruling
                .info(name, format!("the log holds every statement with its values{place}"))
                .hint("log slow statements instead, or use pg_stat_statements");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn gaps_and_floods_are_told() {
        let check = |name: &str, value: &str, expected: &[&str]| {
            assert_eq!(Sample::new(18).setting(name, value).objects(&CHECK), expected, "{name} {value}");
        };
        check("log_lock_waits", "off", &["log_lock_waits"]);
        check("log_lock_waits", "on", &[]);
        check("log_temp_files", "-1", &["log_temp_files"]);
        check("log_temp_files", "0", &[]);
        check("log_statement", "all", &["log_statement"]);
        check("log_statement", "none", &[]);
        check("log_min_duration_statement", "0", &["log_min_duration_statement"]);
        check("log_min_duration_statement", "2000", &[]);
    }

    #[test]
    fn a_sample_of_slow_statements_is_enough() {
        let sample = Sample::new(18).setting("log_min_duration_statement", "-1");
        assert_eq!(sample.status(&CHECK), Status::Info);
        let sample = Sample::new(18).setting("log_min_duration_statement", "-1");
        assert_eq!(sample.setting("log_min_duration_sample", "500").status(&CHECK), Status::Pass);
    }
}
