//! Whether this role may do it.

use super::{Case, Found};
use crate::Finding;

pub(super) fn look(case: &Case<'_>, found: &mut Found) {
    let facts = &case.facts.table;
    if !facts.owned {
        found.refuse(Finding::new(
            "not-owner",
            facts.name.to_string(),
            format!("{} does not own it; {} does", facts.role, facts.owner),
            "run as its owner, or as a member of that role",
        ));
    }
    if !facts.can_create {
        found.refuse(Finding::new(
            "no-create",
            format!("schema {}", facts.name.schema),
            format!("{} may not make tables there", facts.role),
            "GRANT CREATE ON SCHEMA …",
        ));
    }
    if facts.row_security_applies {
        let finding = Finding::new(
            "row-security-applies",
            facts.name.to_string(),
            format!("row security holds for {} too, who sees a part of the rows", facts.role),
            "run as a role with BYPASSRLS, or as the owner without FORCE",
        );
        if case.set.move_rows { found.refuse(finding) } else { found.remark(finding) }
    }
}
