//! The indexes, and which table has which.

use super::{Index, Key, Schema};

impl Schema {
    /// The indexes of a table.
    pub(crate) fn indexes_of(&self, table: &Key) -> impl Iterator<Item = (&Key, &Index)> {
        let keys = self.by_table.get(table).map(Vec::as_slice).unwrap_or_default();
        keys.iter().filter_map(|key| self.indexes.get_key_value(key))
    }

    pub(super) fn add_index(&mut self, key: Key, index: Index) {
        self.remove_index(&key);
        self.schemas.insert(key.0.clone());
        self.by_table.entry(index.table.clone()).or_default().push(key.clone());
        self.indexes.insert(key, index);
    }

    pub(super) fn remove_index(&mut self, key: &Key) -> Option<Index> {
        let index = self.indexes.remove(key)?;
        if let Some(keys) = self.by_table.get_mut(&index.table) {
            keys.retain(|own| own != key);
        }
        Some(index)
    }

    /// Removes the indexes of a table that do not meet a condition.
    pub(super) fn retain_indexes(&mut self, table: &Key, keep: impl Fn(&Index) -> bool) {
        let gone: Vec<Key> =
            self.indexes_of(table).filter(|(_, index)| !keep(index)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove_index(&key);
        }
    }

    /// Changes the indexes of a table, which stay on it.
    pub(super) fn change_indexes(&mut self, table: &Key, change: impl Fn(&mut Index)) {
        for key in self.by_table.get(table).cloned().unwrap_or_default() {
            if let Some(index) = self.indexes.get_mut(&key) {
                change(index);
            }
        }
    }

    /// Removes everything of a schema.
    pub(super) fn drop_schema(&mut self, name: &str) {
        self.tables.retain(|key, _| key.0 != name);
        self.views.retain(|key, _| key.0 != name);
        let gone: Vec<Key> = self.indexes.keys().filter(|key| key.0 == name).cloned().collect();
        for key in gone {
            self.remove_index(&key);
        }
        self.schemas.remove(name);
    }
}
