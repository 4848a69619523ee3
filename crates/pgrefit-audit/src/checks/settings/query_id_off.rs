//! Statements that are not told apart.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "query-id-off",
    code: "CFG-11d",
    group: Group::Settings,
    title: "pg_stat_statements is installed and counts nothing.",
    level: Status::Warn,
    required: false,
    matters: "It needs a query identifier from the server; with compute_query_id off (from 14 on) and no other \
              library that makes one, or with pg_stat_statements.track none, it stays empty.",
    cure: "Set compute_query_id to auto and pg_stat_statements.track to top, and reload.",
    sources: &[Source::Settings, Source::Extensions],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if !facts.census.extensions.iter().any(|it| it.name == "pg_stat_statements") {
        ruling.skip("pg_stat_statements is not installed");
        return;
    }
    for (name, off, better) in
        [("compute_query_id", "off", "auto"), ("pg_stat_statements.track", "none", "top")]
    {
        let Some(value) = facts.server_text_or_blind(name, ruling) else { continue };
        ruling.saw();
        if value == off {
            let place = facts.of_database(name);
            let message = format!("{name} is {value}{place}: pg_stat_statements counts nothing");
            facts.cure_setting(name, better, &mut ruling.warn(name, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Extension;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_an_installed_one_is_judged() {
        let check = |installed: bool, name: &str, value: &str, expected: Status| {
            let mut sample = Sample::new(18).setting(name, value);
            if installed {
                let (name, version) = ("pg_stat_statements".to_owned(), "1.11".to_owned());
                let extension = Extension { name, version, schema: "public".to_owned() };
                sample = sample.with(|census| census.extensions.push(extension));
            }
            assert_eq!(sample.status(&CHECK), expected, "{installed} {name} {value}");
        };
        check(false, "compute_query_id", "off", Status::Skip);
        check(true, "compute_query_id", "auto", Status::Pass);
        check(true, "compute_query_id", "off", Status::Warn);
        check(true, "pg_stat_statements.track", "none", Status::Warn);
        check(true, "pg_stat_statements.track", "all", Status::Pass);
    }
}
