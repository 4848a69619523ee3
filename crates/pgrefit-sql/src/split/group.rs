//! Steps put together into files.

use super::step::{Kind, Step};
use super::{Part, Split, SplitError};
use crate::Phase;

/// A file that is being filled.
struct Building {
    part: Part,
    phase: Option<Phase>,
    locks: Vec<String>,
    is_open: bool,
    has_transaction: bool,
}

/// The files, or nothing if the original is as good.
pub(super) fn parts(steps: Vec<Step>, directives: &[String], trailing: &str) -> Result<Split, SplitError> {
    let is_rewritten = steps.iter().any(|step| step.is_new);
    let binding = steps.iter().find_map(|step| match step.kind {
        Kind::Plain { binds: Some(reason), .. } => Some((step.place, reason)),
        _ => None,
    });
    let mut building: Vec<Building> = Vec::new();
    let mut settings: Vec<(String, bool)> = Vec::new();
    for step in steps {
        add(step, &mut building, &mut settings)?;
    }
    if building.len() <= 1 && !is_rewritten {
        return Ok(Split::Already);
    }
    if let Some((place, reason)) = binding.filter(|_| building.len() > 1) {
        return Err(SplitError::NoSafeForm { place, reason });
    }
    if let Some(last) = building.last_mut().filter(|_| !trailing.is_empty()) {
        last.push(trailing);
    }
    Ok(Split::Parts(building.into_iter().map(|building| building.finish(directives)).collect()))
}

fn add(
    step: Step,
    building: &mut Vec<Building>,
    settings: &mut Vec<(String, bool)>,
) -> Result<(), SplitError> {
    let open = building.last_mut().filter(|last| last.is_open);
    match &step.kind {
        Kind::Setting { is_limit } => {
            if let Some(open) = open {
                open.push(&step.sql);
            }
            settings.push((step.sql, *is_limit));
            return Ok(());
        }
        Kind::Plain { locks, .. } => {
            if let Some(open) = open.filter(|open| open.takes(locks)) {
                open.push(&step.sql);
                open.locks.extend(locks.iter().cloned());
                return Ok(());
            }
        }
        Kind::Alone if settings.iter().any(|(_, is_limit)| !is_limit) => {
            let reason = "a setting before it would have to be in its file, in which it must be alone: name the \
                          schema in the statement in place of search_path, or run it as another role";
            return Err(SplitError::NoSafeForm { place: step.place, reason });
        }
        Kind::Own | Kind::Alone => {}
    }
    building.push(Building::new(step, settings));
    Ok(())
}

fn why_of_plain(locks: &[String]) -> String {
    match locks {
        [] => "As it was: it keeps nobody waiting.".to_owned(),
        [table] => format!("As it was: it keeps only users of {table} waiting, and only for a moment."),
        _ => format!("As it was: it locks {} together for a moment.", locks.join(" and ")),
    }
}

impl Building {
    /// A file with one step, behind the settings that it needs.
    fn new(step: Step, settings: &[(String, bool)]) -> Self {
        let has_transaction = !matches!(step.kind, Kind::Alone);
        let (is_open, locks, why) = match step.kind {
            Kind::Plain { locks, .. } => (true, locks.clone(), why_of_plain(&locks)),
            _ => (false, Vec::new(), step.why),
        };
        let part = Part { words: step.words, why, sql: String::new() };
        let mut building = Self { part, phase: step.phase, locks, is_open, has_transaction };
        for (setting, _) in settings.iter().filter(|_| has_transaction) {
            building.push(setting);
        }
        building.push(&step.sql);
        building
    }

    fn push(&mut self, sql: &str) {
        self.part.sql.push_str(sql);
        self.part.sql.push('\n');
    }

    /// Whether a statement with these strong locks may be in this file: only if together they are on one table.
    fn takes(&self, locks: &[String]) -> bool {
        self.locks.is_empty() || locks.iter().all(|table| self.locks.contains(table))
    }

    fn finish(self, directives: &[String]) -> Part {
        let is_limit = |line: &str| line.contains(":lock-timeout") || line.contains(":statement-timeout");
        let mut lines: Vec<String> = directives
            .iter()
            .filter(|line| self.has_transaction || !is_limit(line))
            .filter(|line| self.phase.is_none() || !line.contains(":phase"))
            .cloned()
            .collect();
        lines.extend(self.phase.map(|phase| match phase {
            Phase::Expand => "-- pgrefit:phase expand".to_owned(),
            Phase::Contract => "-- pgrefit:phase contract".to_owned(),
        }));
        let mut part = self.part;
        if !lines.is_empty() {
            part.sql = format!("{}\n{}", lines.join("\n"), part.sql);
        }
        part
    }
}
