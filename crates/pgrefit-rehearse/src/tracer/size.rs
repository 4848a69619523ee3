//! Sizes of tables with what they keep out of line.

use crate::RelationKind;
use crate::inventory::Known;

/// The size of a relation; of a table with that of its long values.
pub(super) fn with_toast(oid: u32, known: &Known, long_values: impl Fn(u32) -> u64) -> Option<u64> {
    let is_table = matches!(known.kind, RelationKind::Table | RelationKind::MaterializedView);
    known.bytes.map(|bytes| if is_table { bytes + long_values(oid) } else { bytes })
}

/// The size of the TOAST table of a table.
pub(super) fn toast_bytes<'k>(all: impl Iterator<Item = &'k Known>, owner: u32) -> u64 {
    let long_values = all.filter(|known| known.kind == RelationKind::Toast && known.owner == owner);
    long_values.filter_map(|known| known.bytes).sum()
}
