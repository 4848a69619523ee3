//! Who goes when: canaries first, then waves.

use crate::Size;

/// Databases that are done before the next wave begins, by their place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// 0 is that of the canaries.
    pub number: usize,
    /// The places, in the order of the list.
    pub members: Vec<usize>,
}

impl Wave {
    /// Whether it is that of the canaries.
    #[must_use]
    pub fn is_canary(&self) -> bool {
        self.number == 0
    }
}

/// Divides `count` databases: those of `canaries` first, then waves of these sizes, then the rest. A share is of all that are
/// no canaries. No wave is empty.
#[must_use]
pub fn waves(count: usize, canaries: &[usize], sizes: &[Size]) -> Vec<Wave> {
    let (first, mut others): (Vec<usize>, Vec<usize>) =
        (0..count).partition(|place| canaries.contains(place));
    let total = others.len();
    let mut divided = vec![first];
    for size in sizes {
        let rest = others.split_off(size.of(total).min(others.len()));
        divided.push(others);
        others = rest;
    }
    divided.push(others);
    let numbered = divided.into_iter().enumerate();
    let filled = numbered.filter(|(_, members)| !members.is_empty());
    filled.map(|(number, members)| Wave { number, members }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canaries_go_first_and_the_rest_last() {
        let check = |count: usize, canaries: &[usize], sizes: &str, expected: &str| {
            let sizes: Vec<Size> = sizes.split_whitespace().map(|size| size.parse().unwrap()).collect();
            let found = waves(count, canaries, &sizes);
            let words = found.iter().map(|wave| {
                let members: Vec<String> = wave.members.iter().map(ToString::to_string).collect();
                format!("{}: {}", wave.number, members.join(" "))
            });
            assert_eq!(words.collect::<Vec<_>>().join(", "), expected);
        };
        check(6, &[0], "1 50%", "0: 0, 1: 1, 2: 2 3 4, 3: 5");
        check(6, &[4, 2], "", "0: 2 4, 1: 0 1 3 5");
        check(4, &[], "1", "1: 0, 2: 1 2 3");
        check(3, &[0], "5 5%", "0: 0, 1: 1 2");
        check(1, &[0], "1 5% 25%", "0: 0");
        check(0, &[], "1", "");
        check(2, &[0, 1, 7], "1", "0: 0 1");
    }

    #[test]
    fn every_database_is_in_one_wave() {
        for count in 0..60 {
            let sizes = [Size::Count(1), Size::Percent(5), Size::Percent(25)];
            let mut all: Vec<usize> =
                waves(count, &[0, 3], &sizes).into_iter().flat_map(|wave| wave.members).collect();
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
