//! `pgrefit partition plan`: what a conversion would do, said before anything is done.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_catalog::TableKind;
use pgrefit_lifecycle::{Facts, Finding as Judged, Judgement, MigrationDraft, PartitionSet, convert, judge};
use pgrefit_pg::Connector;
use pgrefit_report::{Cell, Column, Finding, Outcome, Report, Status, Table, counted};

use super::Tables;
use crate::commands::new::next_version;
use crate::config::Config;
use crate::context::target;
use crate::setup::Folder;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the schema, and the least and greatest value of the key; ACCESS SHARE on the table; writes nothing. Exits with 11 if
anything is in the way that is not accepted by name in the configuration.

Examples:
  pgrefit partition plan events
  pgrefit partition plan events --sql      the migrations that `convert` writes";

/// Say what a conversion would do, and what it cannot preserve.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Plan {
    #[command(flatten)]
    tables: Tables,
    /// Print the migrations, and nothing else.
    #[arg(long)]
    sql: bool,
    #[command(flatten)]
    folder: Folder,
}

/// How long the least and greatest value of the key are looked for.
const LOOK: Duration = Duration::from_secs(30);

/// A table before its conversion.
pub(super) struct Planned {
    pub(super) facts: Facts,
    pub(super) judgement: Judgement,
    /// Empty if the conversion is refused, or has been done.
    pub(super) drafts: Vec<MigrationDraft>,
    pub(super) is_partitioned: bool,
}

impl Plan {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.folder.flags())?;
        let sets = self.tables.sets(&config)?;
        let connector = context.connector(&config)?;
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(&connector, None));
        let (mut version, mut sql, mut refused) =
            (next_version(&folder(&config))?, String::new(), Vec::new());
        for set in &sets {
            let planned = plan(&connector, set, version).await?;
            version += i64::try_from(planned.drafts.len()).unwrap_or(0);
            for draft in &planned.drafts {
                sql.push_str("-- ");
                sql.push_str(&draft.file_name());
                sql.push('\n');
                sql.push_str(&draft.sql);
                sql.push('\n');
            }
            if !planned.judgement.is_possible() && !planned.is_partitioned {
                refused.push(set.table.clone());
            }
            tell(&mut report, &planned);
        }
        if !refused.is_empty() {
            let message =
                format!("failed to plan the conversion of {}: see what is in the way", refused.join(", "));
            report.outcome =
                Outcome::new(Exit::Refused.code(), Status::Fail, counted(refused.len(), "refusal"));
            return Err(Failed::new(Exit::Refused, message)
                .hint("a loss is accepted by its name in `accept` of the [[partition]]")
                .with_report(report));
        }
        if self.sql {
            return Ok(Output::Plain(sql));
        }
        report.outcome.summary = format!("{} looked at", counted(sets.len(), "table"));
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

/// Where the migrations are, or will be.
pub(super) fn folder(config: &Config) -> PathBuf {
    Context::migrations_folder(config).unwrap_or_else(|| PathBuf::from("migrations"))
}

/// Looks at a table, judges it, and drafts its conversion from a version on.
pub(super) async fn plan(connector: &Connector, set: &PartitionSet, version: i64) -> Result<Planned, Failed> {
    let mut session = connector.read_only().await?;
    let facts = Facts::read(&mut session, set, LOOK).await?;
    let judgement = judge(&facts, set);
    let kind = facts.catalog_table().map(|table| &table.kind);
    let is_partitioned = matches!(kind, Some(TableKind::Partitioned { .. }));
    let drafts =
        if judgement.is_possible() && !is_partitioned { convert(&facts, set, version)? } else { Vec::new() };
    Ok(Planned { facts, judgement, drafts, is_partitioned })
}

/// Adds what was found to a report: what is in the way first.
pub(super) fn tell(report: &mut Report, planned: &Planned) {
    let table = planned.facts.name().to_string();
    if planned.is_partitioned {
        let message = format!("{table} is a partitioned table already: there is nothing to convert");
        report.findings.push(Finding::new("partition-done", Status::Info, message).about(table));
        return;
    }
    let judgement = &planned.judgement;
    let told = |check: &'static str, status, judged: &Judged| {
        let finding = Finding::new(check, status, judged.what.clone()).about(&judged.place);
        match (judged.todo.as_str(), judged.acceptable && status == Status::Fail) {
            ("", false) => finding,
            (todo, false) => finding.hint(todo),
            ("", true) => finding.hint(format!("accept = [\"{}\"]", judged.name)),
            (todo, true) => finding.hint(format!("{todo}: accept = [\"{}\"]", judged.name)),
        }
    };
    let refusals = judgement.refusals.iter().map(|it| told("partition-refused", Status::Fail, it));
    let accepted = judgement.accepted.iter().map(|it| told("partition-accepted", Status::Warn, it));
    let remarks = judgement.remarks.iter().map(|it| told("partition-remark", Status::Info, it));
    report.findings.extend(refusals.chain(accepted).chain(remarks));
    report.findings.extend(judgement.unused.iter().map(|name| {
        let message = format!("`accept` has {name}, which is the name of nothing that would be lost");
        Finding::new("partition-accept-unused", Status::Warn, message).about(&table).hint("remove it")
    }));
    if report.tables.is_empty() {
        let columns = [Column::text("file", "migration"), Column::text("what", "what it does")];
        report.tables.push(Table::new("migrations", "To be written", columns));
    }
    if let Some(files) = report.tables.first_mut() {
        for draft in &planned.drafts {
            files.push([Cell::from(draft.file_name()), purpose(&draft.sql).into()]);
        }
    }
}

/// The first sentence of a migration's comment.
fn purpose(sql: &str) -> String {
    let lines =
        sql.lines().map_while(|line| line.strip_prefix("--")).skip_while(|line| !line.contains("What:"));
    let what: Vec<&str> = lines.take_while(|line| !line.contains("Why:")).map(str::trim).collect();
    let what = what.join(" ");
    what.trim_start_matches("What:").trim().to_owned()
}
