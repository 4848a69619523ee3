//! Queries that fail, and those that were not measured.

use pgrefit_report::{Finding, Status};

use super::finding;
use crate::measured::Cut;
use crate::{Measurement, Trouble};

pub(super) fn judge(before: Option<&Measurement>, after: &Measurement) -> Option<Finding> {
    if let Some(trouble) = &after.trouble {
        return Some(failed(before, after, trouble));
    }
    if after.runs() == 0 {
        return Some(finding("query-not-measured", Status::Blind, &after.name, unmeasured(after.cut)));
    }
    after.cut.map(|cut| cut_short(after, cut))
}

fn cut_short(after: &Measurement, cut: Cut) -> Finding {
    let (status, why) = match cut {
        Cut::Stopped => (Status::Blind, "the measurement was stopped"),
        Cut::QueryLimit => (Status::Info, "the time for one query was over"),
        Cut::TotalLimit => (Status::Info, "the time for all queries was over"),
    };
    let message = format!("its times rest on {} of {} runs: {why}", after.runs(), after.runs_wanted);
    finding("query-few-runs", status, &after.name, message)
        .number("runs", after.runs())
        .number("runs_wanted", after.runs_wanted)
}

fn failed(before: Option<&Measurement>, after: &Measurement, trouble: &Trouble) -> Finding {
    let (status, when) = match before.map(|before| &before.trouble) {
        Some(Some(old)) if old.sqlstate == trouble.sqlstate => (Status::Warn, "fails, as it did before"),
        Some(Some(_)) => (Status::Warn, "fails, and failed in another way before"),
        Some(None) => (Status::Fail, "fails, and did not before"),
        None => (Status::Fail, "fails"),
    };
    let found = finding("query-fails", status, &after.name, format!("{when}: {trouble}"));
    let found = match &trouble.sqlstate {
        Some(sqlstate) => found.number("sqlstate", sqlstate.clone()),
        None => found,
    };
    match &trouble.hint {
        Some(hint) => found.hint(hint.clone()),
        None => found,
    }
}

fn unmeasured(cut: Option<Cut>) -> &'static str {
    match cut {
        Some(Cut::TotalLimit) => "was not measured: the time for all queries was over",
        Some(Cut::QueryLimit) => "was not measured: its warm-ups took all the time it has",
        Some(Cut::Stopped) => "was not measured: the measurement was stopped",
        None => "was not measured",
    }
}

/// A query that was measured before only.
pub(super) fn absent(query: &str) -> Finding {
    finding("query-not-measured", Status::Blind, query, "was measured before, and was not asked for now")
}
