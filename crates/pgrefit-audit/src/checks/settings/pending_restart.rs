//! Settings that change with the next restart.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "pending-restart",
    code: "CFG-08",
    group: Group::Settings,
    title: "A setting that was changed waits for a restart.",
    level: Status::Warn,
    required: false,
    matters: "The files say one thing and the server does another. The next restart, perhaps after a crash at \
              night, changes how the server behaves, or keeps it from starting if the value cannot be had.",
    cure: "Restart the server in a quiet hour, or take the change back.",
    sources: &[Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.hides_settings() {
        ruling.missed("some settings are hidden from this role", Some(facts.grant_settings()));
    }
    for setting in &facts.census.settings {
        ruling.saw();
        if setting.pending_restart {
            let name = setting.name.as_str();
            ruling
                .warn(name, format!("{name} was changed in the files, and changes with the next restart"))
                .number("value", setting.setting.as_str())
                .hint("restart in a quiet hour, or take the change back; pg_file_settings has the new value");
        }
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    #[test]
    fn only_what_waits_is_found() {
        let sample = Sample::new(18).setting("work_mem", "4096");
        let sample = sample.setting_with("max_connections", "100", |it| it.pending_restart = true);
        assert_eq!(sample.objects(&CHECK), ["max_connections"]);
    }

    #[test]
    fn a_plain_role_does_not_see_all_settings() {
        let plain = |sample: Sample| sample.with(|census| census.server.is_superuser = false);
        assert_eq!(plain(Sample::new(18).setting("work_mem", "4096")).status(&CHECK), Status::Blind);
        // Seen by pg_read_all_settings.
        assert_eq!(plain(Sample::new(18).setting("data_directory", "/d")).status(&CHECK), Status::Pass);
    }
}
