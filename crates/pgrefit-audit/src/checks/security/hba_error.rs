//! Lines of `pg_hba.conf` that cannot be read.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "hba-error",
    code: "SEC-10d",
    group: Group::Security,
    title: "pg_hba.conf has a line that cannot be read.",
    level: Status::Fail,
    required: false,
    matters: "The server goes on with the lines it read before, and does not start again: the next restart is an \
              outage. A reload with such a line changes nothing, which only the log tells.",
    cure: "Correct the line, and look at pg_hba_file_rules before the reload.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for rule in &facts.census.hba_rules {
        ruling.saw();
        if let Some(error) = &rule.error {
            ruling
                .fail(
                    format!("pg_hba.conf line {}", rule.line),
                    format!("the server would not start: {error}"),
                )
                .number("line", rule.line)
                .hint("correct the line, and look at pg_hba_file_rules before the reload");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::HbaRule;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn errors_are_found() {
        let check = |error: Option<&str>, expected: &[&str]| {
            let rule = HbaRule { line: 3, error: error.map(str::to_owned), ..HbaRule::default() };
            let sample = Sample::new(18).with(|census| census.hba_rules.push(rule));
            assert_eq!(sample.objects(&CHECK), expected);
        };
        check(None, &[]);
        check(Some("invalid authentication method"), &["pg_hba.conf line 3"]);
    }
}
