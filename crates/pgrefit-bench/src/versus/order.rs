//! In which order the rounds run: A B B A, so that a machine that gets steadily slower is no difference between them.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// Whose round it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// That of A.
    A,
    /// That of B.
    B,
}

impl Turn {
    fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// The turns of so many pairs: each two pairs are A B B A or B A A B, as the seed says, so that no rhythm of the machine can meet
/// one side alone. A pair is two neighbours: (0, 1), (2, 3), ….
#[must_use]
pub fn order(pairs: usize, seed: u64) -> Vec<Turn> {
    let mut random = Rng::with_seed(seed);
    let mut turns = Vec::with_capacity(2 * pairs + 2);
    while turns.len() < 2 * pairs {
        let first = if turns.is_empty() || random.bool() { Turn::A } else { Turn::B };
        turns.extend([first, first.other(), first.other(), first]);
    }
    turns.truncate(2 * pairs);
    turns
}

#[cfg(test)]
mod tests {
    use super::{Turn, order};

    #[test]
    fn each_pair_has_both_and_each_two_pairs_are_a_mirror() {
        for (pairs, seed) in [(0, 1), (1, 1), (5, 2), (20, 3), (50, 4)] {
            let turns = order(pairs, seed);
            assert_eq!(turns.len(), 2 * pairs);
            assert!(turns.chunks(2).all(|pair| pair[0] != pair[1]));
            assert!(turns.chunks_exact(4).all(|four| four[0] == four[3] && four[1] == four[2]));
            assert_eq!(turns, order(pairs, seed));
        }
        assert_eq!(order(2, 9), [Turn::A, Turn::B, Turn::B, Turn::A]);
        assert_ne!(order(50, 4), order(50, 5));
    }
}
