//! `pgrefit archive ls`: what there is, and whether the store still has it.

use pgrefit_archive::{Listed, Standing, list};
use pgrefit_report::{Cell, Column, Finding, Outcome, Status, Table, counted};

use crate::archives::Archives;
use crate::context::target;
use crate::{Context, Exit, Failed, Output};

pub(super) async fn run(context: &Context) -> Result<Output, Failed> {
    let config = context.config(&[])?;
    let (archives, source) = (Archives::new(&config)?, context.connector(&config)?);
    let job = archives.job(context, &source, &|_| {});
    let all = list(&job).await?;
    let mut findings: Vec<Finding> = Vec::new();
    for listed in &all {
        findings.extend(fault(&listed.standing).map(|what| {
            let table = listed.record.table().to_string();
            Finding::new(
                "archive-not-as-recorded",
                Status::Fail,
                format!("archive {}: {what}", listed.record.id),
            )
            .about(table)
        }));
    }
    let (exit, status) =
        if findings.is_empty() { (Exit::Done, Status::Info) } else { (Exit::Findings, Status::Fail) };
    let summary = format!("{} in {}", counted(all.len(), "archive"), archives.store);
    let mut report = context.report(Outcome::new(exit.code(), status, summary));
    report.target = Some(target(&source, None));
    report.tables = vec![table(&all)];
    report.findings = findings;
    Ok(Output::Report(exit, Box::new(report)))
}

/// What is wrong with the objects of an archive.
fn fault(standing: &Standing) -> Option<String> {
    match standing {
        Standing::InTheMaking | Standing::Stored | Standing::Elsewhere { .. } => None,
        Standing::Missing { key } => Some(format!("the store has no object {key}")),
        Standing::Resized { key, expected, found } => {
            Some(format!("the object {key} has {found} bytes, and had {expected}"))
        }
    }
}

fn table(all: &[Listed]) -> Table {
    let columns = [
        Column::text("table", "table"),
        Column::text("state", "state"),
        Column::text("since", "since"),
        Column::number("rows", "rows"),
        Column::number("size_bytes", "size"),
        Column::text("store", "store"),
        Column::text("archive", "archive"),
    ];
    let mut table = Table::new("archives", "Archives", columns);
    for Listed { record, standing } in all {
        let export = record.export.as_ref();
        let bytes = export.map(|export| export.parts.iter().map(|part| part.bytes).sum::<u64>());
        let store = match standing {
            Standing::InTheMaking => "not yet".to_owned(),
            Standing::Stored => "there".to_owned(),
            Standing::Missing { .. } => "MISSING".to_owned(),
            Standing::Resized { .. } => "CHANGED".to_owned(),
            Standing::Elsewhere { store } => format!("in {store}"),
        };
        table.push([
            Cell::from(record.table().to_string()),
            record.state.to_string().into(),
            Cell::Timestamp(record.moments.last().map(|(_, at)| at.clone()).unwrap_or_default()),
            export.map(|export| export.rows).into(),
            bytes.map_or(Cell::Missing, Cell::Bytes),
            store.into(),
            record.id.clone().into(),
        ]);
    }
    table
}
