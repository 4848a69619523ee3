//! Plans that were forbidden to all queries.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "planner-disabled",
    code: "CFG-07",
    group: Group::Settings,
    title: "A kind of plan is forbidden to all queries.",
    level: Status::Warn,
    required: false,
    matters: "The settings enable_… are for finding out why a plan was chosen. Off for the whole server, a \
              database or a role, each helps one query and hurts others, and hides what is wrong: statistics, \
              costs or an index. Settings that are off by default are passed. A plan_cache_mode other than auto \
              for the whole server is something to know.",
    cure: "Reset it, and cure the query by statistics, an index or random_page_cost.",
    sources: &[Source::Settings, Source::RoleSettings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for setting in &facts.census.settings {
        if !setting.name.starts_with("enable_") || setting.vartype != "bool" && setting.boot_val.is_none() {
            continue;
        }
        let Some(setting) = facts.server_setting_or_blind(&setting.name, ruling) else { continue };
        ruling.saw();
        // What a database or all roles have is told with its owner, below.
        let told_below = matches!(setting.source.as_str(), "database" | "global");
        if setting.setting == "off" && setting.boot_val.as_deref() == Some("on") && !told_below {
            let name = setting.name.as_str();
            let mut found = ruling.warn(name, format!("{name} is off for all queries"));
            facts.cure_setting(name, "on", &mut found);
        }
    }
    let mode = facts.server_text_or_blind("plan_cache_mode", ruling);
    if let Some(mode) = mode.filter(|mode| *mode != "auto") {
        ruling
            .info(
                "plan_cache_mode",
                format!(
                    "plan_cache_mode is {mode} for all prepared statements{}",
                    facts.of_database("plan_cache_mode")
                ),
            )
            .hint("reset it, and set it for the role or transaction whose plans it is for");
    }
    for (row, name, value) in facts.role_settings() {
        let by_default = facts.setting(name).and_then(|it| it.boot_val.as_deref()) == Some("on");
        if name.starts_with("enable_") && by_default && Facts::switch(value) == Some(false) {
            let whose = Facts::whose(row);
            ruling
                .warn(
                    format!("{name} OF {whose}"),
                    format!("{name} is off for all queries of {}", Facts::whose_words(row)),
                )
                .sql(format!("ALTER {whose} RESET {name};"), "", true);
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn switch(value: &str, by_default: &str) -> Sample {
        Sample::new(18).setting_with("enable_seqscan", value, |it| {
            it.vartype = "bool".to_owned();
            it.boot_val = Some(by_default.to_owned());
        })
    }

    #[test]
    fn what_is_off_by_default_is_passed() {
        let check = |value: &str, by_default: &str, expected: &[&str]| {
            assert_eq!(switch(value, by_default).objects(&CHECK), expected, "{value} {by_default}");
        };
        check("on", "on", &[]);
        check("off", "on", &["enable_seqscan"]);
        check("off", "off", &[]);
        let forced = Sample::new(18).setting("plan_cache_mode", "force_generic_plan");
        assert_eq!(forced.status(&CHECK), Status::Info);
        assert_eq!(Sample::new(18).setting("plan_cache_mode", "auto").status(&CHECK), Status::Pass);
    }

    #[test]
    fn those_of_roles_are_found() {
        let check = |role: &str, setting: &str, expected: &[&str]| {
            assert_eq!(switch("on", "on").overrides(role, "", setting).objects(&CHECK), expected);
        };
        check("App", "enable_seqscan=off", &["enable_seqscan OF ROLE \"App\""]);
        check("App", "enable_seqscan=on", &[]);
        check("App", "work_mem=64MB", &[]);
    }
}
