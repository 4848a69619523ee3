//! Settings of roles and databases that this server does not take.

use pgrefit_catalog::census::{Setting, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "setting-not-accepted",
    code: "CFG-09",
    group: Group::Settings,
    title: "A setting of a role or a database is not accepted by this server.",
    level: Status::Warn,
    required: false,
    matters: "After an upgrade, or on a build without a library, the value that ALTER ROLE or ALTER DATABASE \
              stored is refused: each login gets a warning, and the session works without the setting, such as \
              without its timeout. Names with a dot belong to extensions and are not looked at. Values are held \
              against what pg_settings says that this build takes.",
    cure: "Reset it, or set it to a value that pg_settings.enumvals, min_val and max_val allow.",
    sources: &[Source::Settings, Source::RoleSettings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for row in &facts.census.role_settings {
        for (name, value) in row.settings.iter().filter_map(|it| it.split_once('=')) {
            if name.contains('.') || value == "?" {
                continue;
            }
            let setting = facts.setting(name);
            if setting.is_none() && facts.hides_settings() {
                ruling.missed("some settings are not visible to this role", Some(facts.grant_settings()));
                continue;
            }
            ruling.saw();
            let Some(why) =
                setting.map_or(Some("this version has no such setting".to_owned()), |it| refused(it, value))
            else {
                continue;
            };
            let whose = Facts::whose(row);
            ruling.warn(format!("{name} OF {whose}"), format!("{name} = {value} has no effect: {why}")).sql(
                format!("ALTER {whose} RESET {name};"),
                "",
                true,
            );
        }
    }
}

fn refused(setting: &Setting, value: &str) -> Option<String> {
    if matches!(setting.context.as_str(), "postmaster" | "internal") {
        return Some("it can be set for the whole server only".to_owned());
    }
    let is_switch = matches!(value, "on" | "off" | "true" | "false" | "yes" | "no" | "1" | "0");
    if let Some(words) = setting.enumvals.as_ref().filter(|_| setting.vartype == "enum" && !is_switch) {
        let known = words.iter().any(|word| word.eq_ignore_ascii_case(value));
        return (!known).then(|| format!("this server takes {}", words.join(", ")));
    }
    let number = plain(value, setting.unit.as_deref())
        .filter(|_| matches!(setting.vartype.as_str(), "integer" | "real"))?;
    let end = |end: &Option<String>| end.as_deref().and_then(|end| end.parse::<f64>().ok());
    let (least, most) = (end(&setting.min_val)?, end(&setting.max_val)?);
    (number < least || number > most).then(|| format!("this server takes {least} to {most}"))
}

/// A number in the unit of its setting; none if the value has a unit that is not understood.
fn plain(value: &str, unit: Option<&str>) -> Option<f64> {
    let value = value.trim();
    let digits = value.find(|it: char| it.is_ascii_alphabetic()).unwrap_or(value.len());
    let (number, given) = value.split_at(digits);
    let number: f64 = number.trim().parse().ok()?;
    if given.is_empty() {
        return Some(number);
    }
    let size = |unit: &str| match unit {
        "B" | "ms" => Some(1.0),
        "kB" => Some(1_024.0),
        "8kB" => Some(8_192.0),
        "MB" => Some(1_048_576.0),
        "GB" => Some(1_073_741_824.0),
        "us" => Some(0.001),
        "s" => Some(1_000.0),
        "min" => Some(60_000.0),
        "h" => Some(3_600_000.0),
        "d" => Some(86_400_000.0),
        _ => None,
    };
    Some(number * size(given)? / size(unit?)?)
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn server() -> Sample {
        Sample::new(18)
            .setting_with("wal_compression", "off", |it| {
                it.vartype = "enum".to_owned();
                it.enumvals = Some(vec!["pglz".to_owned(), "on".to_owned(), "off".to_owned()]);
            })
            .setting_with("work_mem", "4096", |it| {
                it.vartype = "integer".to_owned();
                it.unit = Some("kB".to_owned());
                (it.min_val, it.max_val) = (Some("64".to_owned()), Some("2147483647".to_owned()));
            })
            .setting_with("max_connections", "100", |it| it.context = "postmaster".to_owned())
    }

    #[test]
    fn values_are_held_against_this_build() {
        let check = |setting: &str, expected: Status| {
            assert_eq!(server().overrides("app", "", setting).status(&CHECK), expected, "{setting}");
        };
        check("wal_compression=lz4", Status::Warn);
        check("wal_compression=pglz", Status::Pass);
        check("wal_compression=true", Status::Pass);
        check("work_mem=64MB", Status::Pass);
        check("work_mem=8192", Status::Pass);
        check("work_mem=1kB", Status::Warn);
        check("work_mem=4000GB", Status::Warn);
        check("max_connections=5", Status::Warn);
        check("vacuum_defer_cleanup_age=7", Status::Warn);
        check("app.tenant=7", Status::Pass);
        check("pgvector.unknown=7", Status::Pass);
    }

    #[test]
    fn a_plain_role_does_not_see_all_settings() {
        let sample = server().overrides("app", "", "session_preload_libraries=auto_explain");
        let sample = sample.with(|census| census.server.is_superuser = false);
        assert_eq!(sample.status(&CHECK), Status::Blind);
    }
}
