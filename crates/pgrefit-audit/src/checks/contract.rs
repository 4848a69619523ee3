//! What the project's contract says: one line a check.

use crate::check::Check;

mod contract_foreign_key;
mod contract_history;
mod contract_index;
mod contract_no_vector_index;
mod contract_rows;

pub(super) static CHECKS: &[&Check] = &[
    &contract_history::CHECK,
    &contract_foreign_key::CHECK,
    &contract_index::CHECK,
    &contract_no_vector_index::CHECK,
    &contract_rows::CHECK,
];
