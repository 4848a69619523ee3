//! The column that decides.

use super::{Case, Found};
use crate::{Finding, KeyType, Step};

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    let (set, place) = (case.set, case.facts.name().to_string());
    let Some(column) = case.table.columns.iter().find(|column| column.name == set.key) else {
        let names: Vec<&str> = case.table.columns.iter().map(|column| column.name.as_str()).collect();
        found.refuse(Finding::new(
            format!("no-column:{}", set.key),
            place,
            format!("it has no column {}; it has {}", set.key, names.join(", ")),
            "name one of them as `key`",
        ));
        return;
    };
    let place = case.place(&column.name);
    if column.generated.is_some() {
        found.refuse(Finding::new(
            format!("generated-key:{}", column.name),
            place.clone(),
            "a generated column cannot decide the partition",
            "take the column that it is generated from",
        ));
    }
    if let Some(step) = set.step() {
        let problem = match (KeyType::of(&column.data_type), step) {
            (None, _) => Some("ranges are made of timestamptz, timestamp, date, and integers"),
            (Some(key), Step::Width(_)) if key.is_time() => {
                Some("it is a moment: give `interval`, not `width`")
            }
            (Some(key), Step::Calendar(_)) if !key.is_time() => {
                Some("it is a number: give `width`, not `interval`")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            found.refuse(Finding::new(
                format!("key-type:{}", column.name),
                place.clone(),
                format!("its type is {}", column.data_type),
                problem,
            ));
        }
    }
    if !column.not_null {
        found.remark(Finding::new(
            format!("nullable:{}", column.name),
            place,
            "it may be NULL, and no range takes NULL: a CHECK is added and validated, then NOT NULL is set",
            "fill rows where it is NULL first: the validation fails on them",
        ));
    }
}
