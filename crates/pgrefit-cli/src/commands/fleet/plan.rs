//! `pgrefit fleet plan`: the databases of a list, grouped by what they need.

use std::collections::BTreeMap;

use clap::Args;
use pgrefit_migrate::Planned;
use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Report, Status, Table, counted};

use super::chosen::Chosen;
use super::done::first_line;
use super::entry;
use super::members::Fleet;
use super::pace::parallel;
use super::verdict::most_telling;
use crate::commands::plan::PlanOptions;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the history table of each database and the files; writes nothing. Databases that need the same are one line. What each
statement does to one of them, say `pgrefit plan` and `pgrefit fleet plan --entry N`.

Examples:
  pgrefit fleet plan --list shards.toml
  pgrefit fleet plan --list shards.toml --format json | jq '.tables.plans'";

/// Show which databases need which migrations.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct FleetPlan {
    #[command(flatten)]
    chosen: Chosen,
    /// How many databases at once, at most 64.
    #[arg(long, value_name = "N", default_value = "16", value_parser = parallel)]
    parallel: usize,
    #[command(flatten)]
    options: PlanOptions,
}

/// What a database needs. Those who need the same are one group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needs {
    exit: Exit,
    from: Option<i64>,
    /// The titles of the pending migrations, in order.
    pending: Vec<String>,
    /// Why nothing can be done.
    error: Option<String>,
    hint: Option<String>,
}

impl FleetPlan {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let fleet = Fleet::new(context, self.chosen.read()?, self.options.flags(), self.options.target)?;
        if self.chosen.entry.is_some() {
            return entry::run(&fleet, &arguments("plan", self.options.target)).await;
        }
        let needs = fleet.each(self.parallel, async |entry| needs(fleet.look(entry).await), |_, _| {}).await;
        let mut groups: BTreeMap<Needs, Vec<&str>> = BTreeMap::new();
        for (member, needs) in fleet.members().iter().zip(needs) {
            groups.entry(needs).or_default().push(&member.entry.name);
        }
        Ok(output(context, fleet.members().len(), &groups))
    }
}

/// A command without `fleet`, for one entry.
pub(super) fn arguments(command: &str, target: Option<i64>) -> Vec<String> {
    let target = target.map(|target| ["--target".to_owned(), target.to_string()]);
    std::iter::once(command.to_owned()).chain(target.into_iter().flatten()).collect()
}

fn needs(looked: Result<Planned, Failed>) -> Needs {
    let refused = |failed: Failed, from: Option<i64>, pending: Vec<String>| Needs {
        exit: failed.exit,
        from,
        pending,
        error: Some(first_line(&failed.line())),
        hint: failed.failure.hint,
    };
    let planned = match looked {
        Ok(planned) => planned,
        Err(failed) => return refused(failed, None, Vec::new()),
    };
    let from = planned.plan().current();
    let pending = planned.plan().pending().map(|entry| entry.title.clone()).collect();
    match planned.refuse_unfit() {
        Ok(()) => Needs { exit: Exit::Done, from, pending, error: None, hint: None },
        Err(error) => refused(error.into(), from, pending),
    }
}

fn output(context: &Context, count: usize, groups: &BTreeMap<Needs, Vec<&str>>) -> Output {
    let exit = most_telling(groups.keys().map(|needs| needs.exit));
    let summary = groups.iter().map(|(needs, names)| format!("{}: {}", names.len(), words(needs)));
    let summary = format!("{}: {}", counted(count, "database"), summary.collect::<Vec<_>>().join("; "));
    let status = if exit == Exit::Done { Status::Pass } else { Status::Fail };
    let mut report: Report = context.report(Outcome::new(exit.code(), status, summary));
    report.facts.push(Fact::new("databases", "databases", count));
    report.facts.push(Fact::new("plans", "different plans", groups.len()));
    report.tables.push(table(groups));
    report.findings.extend(groups.iter().filter_map(|(needs, names)| finding(needs, names)));
    Output::Report(exit, Box::new(report))
}

fn at(version: Option<i64>) -> String {
    version.map_or_else(|| "nothing".to_owned(), |version| format!("V{version}"))
}

/// `V12..V14`, `up to date at V14`, or that nothing can be done.
fn words(needs: &Needs) -> String {
    if needs.error.is_some() {
        return match needs.exit {
            Exit::Diverged => "diverged".to_owned(),
            Exit::TryAgain => "not reached".to_owned(),
            Exit::Denied => "denied".to_owned(),
            _ => format!("cannot be migrated ({})", needs.exit.code()),
        };
    }
    match (needs.pending.first(), needs.pending.last()) {
        (Some(first), Some(last)) => format!("{}..{}", version(first), version(last)),
        _ => format!("up to date at {}", at(needs.from)),
    }
}

/// `V3` of `V3__name`.
fn version(title: &str) -> &str {
    title.split("__").next().unwrap_or(title)
}

fn table(groups: &BTreeMap<Needs, Vec<&str>>) -> Table {
    let columns = [
        Column::number("databases", "databases"),
        Column::text("plan", "plan"),
        Column::number("from", "from"),
        Column::number("pending", "pending"),
        Column::text("names", "which"),
    ];
    let mut table = Table::new("plans", "Plans", columns);
    let mut brief = table.clone();
    for (needs, names) in groups {
        let row = |names: String| -> [Cell; 5] {
            let count = groups.get(needs).map_or(0, Vec::len);
            [count.into(), words(needs).into(), needs.from.into(), needs.pending.len().into(), names.into()]
        };
        table.push(row(names.join(" ")));
        brief.push(row(some(names)));
    }
    table.brief = Some(Box::new(brief));
    table
}

/// The first five names, and how many more there are.
pub(super) fn some(names: &[&str]) -> String {
    let first = names[..names.len().min(5)].join(" ");
    match names.len().saturating_sub(5) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn finding(needs: &Needs, names: &[&str]) -> Option<Finding> {
    let error = needs.error.as_deref()?;
    let status = if needs.exit == Exit::TryAgain { Status::Blind } else { Status::Fail };
    let message = format!("{error} (exit code {})", needs.exit.code());
    let finding = Finding::new("fleet-plan", status, message).about(some(names));
    Some(match &needs.hint {
        Some(hint) => finding.hint(hint.as_str()),
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_told_in_few_words() {
        let check = |exit: Exit, from: Option<i64>, pending: &[&str], expected: &str| {
            let pending = pending.iter().map(|title| (*title).to_owned()).collect();
            let error = (exit != Exit::Done).then(String::new);
            assert_eq!(words(&Needs { exit, from, pending, error, hint: None }), expected);
        };
        check(Exit::Done, Some(11), &["V12__a", "V13__b", "V14__c"], "V12..V14");
        check(Exit::Done, Some(14), &[], "up to date at V14");
        check(Exit::Done, None, &["V1__a"], "V1..V1");
        check(Exit::Diverged, Some(9), &[], "diverged");
        check(Exit::TryAgain, None, &[], "not reached");
        check(Exit::Refused, None, &[], "cannot be migrated (11)");
    }

    #[test]
    fn names_are_cut_to_five() {
        assert_eq!(some(&["a", "b"]), "a b");
        assert_eq!(some(&["a", "b", "c", "d", "e", "f", "g"]), "a b c d e and 2 more");
    }
}
