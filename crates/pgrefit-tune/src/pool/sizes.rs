//! Which sizes are tried.

/// 1, 2, 3, 4, 6, 8, 12, 16, … up to `most`, which is the last one: half as much and as much again in turn, so that no size is
/// further than a fifth from one that is tried.
#[must_use]
pub fn sizes(most: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut power = 1;
    while power <= most {
        sizes.push(power);
        let between = power / 2 * 3;
        if power >= 2 && between < most {
            sizes.push(between);
        }
        power *= 2;
    }
    if sizes.last().is_some_and(|last| *last < most) {
        sizes.push(most);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn sizes_are_geometric_and_end_at_the_most() {
        let check = |most: usize, expected: &[usize]| assert_eq!(sizes(most), expected);
        check(0, &[]);
        check(1, &[1]);
        check(2, &[1, 2]);
        check(3, &[1, 2, 3]);
        check(5, &[1, 2, 3, 4, 5]);
        check(16, &[1, 2, 3, 4, 6, 8, 12, 16]);
        check(20, &[1, 2, 3, 4, 6, 8, 12, 16, 20]);
        check(64, &[1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
        check(97, &[1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 97]);
    }
}
