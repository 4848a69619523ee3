//! The size of a wave as people write it: `5`, or `25%`.

use std::fmt;
use std::str::FromStr;

/// How many databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// So many, at least one.
    Count(usize),
    /// So many of a hundred, from 1 to 100.
    Percent(u8),
}

impl Size {
    /// How many of `total` that is: a share is rounded up, so that it is at least one.
    #[must_use]
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count.min(total),
            Self::Percent(percent) => (total * usize::from(percent)).div_ceil(100).min(total),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is neither a number of databases, such as 5, nor a share, such as 25%");
        let size = match text.trim().strip_suffix('%') {
            Some(number) => number.trim_end().parse().map(Self::Percent).map_err(|_| wrong())?,
            None => text.trim().parse().map(Self::Count).map_err(|_| wrong())?,
        };
        match size {
            Self::Count(0) | Self::Percent(0 | 101..) => Err(wrong()),
            size => Ok(size),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_or_refused() {
        let check = |text: &str, expected: Option<Size>| {
            assert_eq!(text.parse().ok(), expected, "{text}");
        };
        check("5", Some(Size::Count(5)));
        check("25%", Some(Size::Percent(25)));
        check(" 25 % ", Some(Size::Percent(25)));
        check("100%", Some(Size::Percent(100)));
        for wrong in ["0", "0%", "101%", "300%", "-1", "many", "", "%", "1.5%"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_share_is_at_least_one() {
        let check = |size: Size, total: usize, expected: usize| {
            assert_eq!(size.of(total), expected, "{size} of {total}");
        };
        check(Size::Count(5), 3, 3);
        check(Size::Count(5), 30, 5);
        check(Size::Percent(5), 1, 1);
        check(Size::Percent(5), 49, 3);
        check(Size::Percent(25), 49, 13);
        check(Size::Percent(100), 49, 49);
        check(Size::Percent(25), 0, 0);
    }
}
