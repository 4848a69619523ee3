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
              outage. A reload with such a line changes nothing, which only the log tells. \
              A line that is read and never matches, such as hostssl where ssl is off, is something to know.",
    cure: "Correct the line, and look at pg_hba_file_rules before the reload.",
    sources: &[Source::HbaRules],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for rule in &facts.census.hba_rules {
        ruling.saw();
        let Some(error) = &rule.error else { continue };
        let line = format!("pg_hba.conf line {}", rule.line);
        // So the server says of a line that it reads and keeps: hostssl where TLS is off, hostgssenc where it has no GSSAPI.
        if error.contains("record cannot match because") {
            ruling
                .info(line, format!("this line never matches: {error}"))
                .number("line", rule.line)
                .hint("look whether a later line lets in those whom it was for");
            continue;
        }
        ruling
            .fail(line, format!("the server would not start: {error}"))
            .number("line", rule.line)
            .hint("correct the line, and look at pg_hba_file_rules before the reload");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::HbaRule;
    use pgrefit_report::Status;

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

    #[test]
    fn a_line_that_never_matches_is_no_outage() {
        let error = Some("hostssl record cannot match because SSL is disabled".to_owned());
        let rule = HbaRule { line: 3, error, ..HbaRule::default() };
        let sample = Sample::new(18).with(|census| census.hba_rules.push(rule));
        assert_eq!(sample.status(&CHECK), Status::Info);
    }
}
