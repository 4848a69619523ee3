//! A foreign key that the project promises and the database does not keep.

use pgrefit_catalog::census::Source;
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::contract::ForeignKeyPromise;
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "contract-foreign-key",
    code: "CTR-02",
    group: Group::Contract,
    title: "A foreign key of the contract is missing, not validated or not enforced.",
    level: Status::Fail,
    required: true,
    matters: "The contract says which rows may rely on others being there. A key that is NOT VALID was never checked for the \
              rows of before; one that is NOT ENFORCED, or whose triggers are disabled, is checked for none.",
    cure: "Add the key NOT VALID, repair the rows, and VALIDATE it.",
    sources: &[Source::Relations, Source::Columns, Source::Constraints, Source::Triggers],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    if facts.options.contract.foreign_keys.is_empty() {
        return ruling.skip("the contract names no foreign key");
    }
    for promise in &facts.options.contract.foreign_keys {
        ruling.saw();
        if let Err(fault) = kept(facts, promise) {
            let object = format!("{} ({})", promise.table, promise.columns.join(", "));
            ruling.fail(object, fault);
        }
    }
}

/// Why a promise is not kept.
fn kept(facts: &Facts<'_>, promise: &ForeignKeyPromise) -> Result<(), String> {
    let table = facts.promised_table(&promise.table)?;
    let referenced = facts.promised_table(&promise.references)?;
    let columns = facts.promised_columns(table, &promise.columns)?;
    let keys = facts.constraints(table.oid).iter();
    let faults = keys
        .filter(|key| key.referenced == Some(referenced.oid) && key.columns == columns)
        .map(|key| facts.fault_of_foreign_key(key))
        .collect::<Vec<_>>();
    if faults.contains(&None) {
        return Ok(());
    }
    let first = faults.into_iter().flatten().next();
    Err(first.unwrap_or_else(|| format!("there is no foreign key to {}", promise.references)))
}
