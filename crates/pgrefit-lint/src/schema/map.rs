//! Maps by the name of a relation, with a hash that is quick for short names.
//!
//! The names are those of the user's own schema: nobody gains by making them collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::Key;

/// Things by schema and name.
pub(crate) type Map<V> = HashMap<Key, V, BuildHasherDefault<Quick>>;

/// Multiplies and rotates eight bytes at a time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quick(u64);

const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
        let mut word = [0; 8];
        word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.add(u64::from_le_bytes(word) ^ bytes.len() as u64);
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(byte.into());
    }

    /// The upper bits depend on all of the input; the map takes the lower ones.
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::Quick;

    #[test]
    fn names_that_differ_little_are_told_apart() {
        let hasher = BuildHasherDefault::<Quick>::default();
        let names = (0..10_000).map(|number| ("public".to_owned(), format!("subscription_items_{number}")));
        let found: HashSet<u64> = names.map(|name| hasher.hash_one(name) & 0xf_ffff).collect();
        assert!(found.len() > 9_900, "{}", found.len());
    }
}
