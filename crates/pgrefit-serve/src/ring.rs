//! The last so many of something.

use std::collections::VecDeque;

/// The last so many values; an older one goes when a new one comes.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    values: VecDeque<T>,
    max: usize,
}

impl<T> Ring<T> {
    /// An empty one.
    pub(crate) fn new(max: usize) -> Self {
        Self { values: VecDeque::new(), max: max.max(1) }
    }

    /// Adds a value.
    pub(crate) fn push(&mut self, value: T) {
        if self.values.len() >= self.max {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    /// The values, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn the_oldest_goes() {
        let check = |max: usize, pushed: &[u8], expected: &[u8]| {
            let mut ring = Ring::new(max);
            for value in pushed {
                ring.push(*value);
            }
            assert_eq!(ring.iter().copied().collect::<Vec<_>>(), expected, "{max} {pushed:?}");
        };
        check(3, &[], &[]);
        check(3, &[1, 2], &[1, 2]);
        check(3, &[1, 2, 3, 4, 5], &[3, 4, 5]);
        check(0, &[1, 2], &[2]);
    }
}
