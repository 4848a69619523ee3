//! What is bound to the table, and would follow it when it is renamed.

use super::unique::is_widened;
use super::{Case, Found};
use crate::Finding;

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    for view in &case.facts.table.views {
        let (name, place) = (&view.name, view.name.to_string());
        let lost = view.constraints.iter().find(|constraint| {
            let index =
                case.table.indexes.iter().find(|(_, index)| index.constraint.as_ref() == Some(constraint));
            index.is_some_and(|(index, _)| is_widened(case.facts, case.set, index))
        });
        if view.materialized {
            found.refuse(Finding::new(
                format!("materialized-view:{name}"),
                place,
                "it reads the table, and its query cannot be replaced: it would read the old partition only",
                "drop it, and make it anew after the conversion",
            ));
        } else if let Some(constraint) = lost {
            found.refuse(Finding::new(
                format!("view:{name}"),
                place,
                format!("its GROUP BY is enough only as long as {constraint} is what it is"),
                "name all columns in its GROUP BY",
            ));
        } else if !view.owned {
            found.refuse(Finding::new(
                format!("not-owner:{name}"),
                place,
                "it reads the table, and this role may not replace it",
                "run as its owner, or as a member of that role",
            ));
        } else {
            found.remark(Finding::new(
                format!("view:{name}"),
                place,
                "its query is replaced by the same one, of the partitioned table; owner, grants and what depends on it stay",
                "",
            ));
        }
    }
    for function in case.facts.table.functions.iter().filter(|function| !function.owned) {
        found.refuse(Finding::new(
            format!("not-owner:{}", function.signature),
            function.signature.clone(),
            "its body is bound to the table, and this role may not replace it",
            "run as its owner, or as a member of that role",
        ));
    }
    for other in &case.facts.table.others {
        found.refuse(Finding::new(
            format!("bound:{}", other.description),
            other.description.clone(),
            "it is bound to the table or to its row type, and would go on meaning the old partition",
            "drop it, and make it anew after the conversion",
        ));
    }
}
