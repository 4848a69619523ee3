//! Amounts of memory and CPU: `512Mi`, `100m`, `1e3`, as a number that can be compared.
//!
//! After `k8s.io/apimachinery/pkg/api/resource` of Kubernetes 1.36.

/// An amount in billionths, the finest that Kubernetes keeps. What is larger than fits stays at the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(i128);

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads an amount; the reason is the server's.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (negative, digits, suffix) = parts(text.trim()).ok_or(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        )?;
        let scale = Scale::of(suffix).ok_or("unable to parse quantity's suffix")?;
        let amount = scaled(digits, scale).ok_or("not a number")?;
        Ok(Self(if negative { -amount } else { amount }))
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is a whole number of its unit: half a byte is nothing.
    pub(crate) fn is_whole(self) -> bool {
        self.0 % NANO == 0
    }
}

#[derive(Clone, Copy)]
enum Scale {
    Decimal(i32),
    Binary(u32),
}

impl Scale {
    fn of(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "" => Self::Decimal(0),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(10),
            "Mi" => Self::Binary(20),
            "Gi" => Self::Binary(30),
            "Ti" => Self::Binary(40),
            "Pi" => Self::Binary(50),
            "Ei" => Self::Binary(60),
            _ => Self::Decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
        })
    }
}

/// Sign, digits with a point, and suffix.
fn parts(text: &str) -> Option<(bool, &str, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    let valid = |c: char| "eEinumkKMGTP+-".contains(c) || c.is_ascii_digit();
    (!digits.is_empty() && suffix.chars().all(valid)).then_some((text.starts_with('-'), digits, suffix))
}

fn scaled(digits: &str, scale: Scale) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    // What is finer than a billionth is cut off; the server rounds up, which no comparison here can see.
    let fraction = fraction.get(..fraction.len().min(18))?;
    let number = format!("{whole}{fraction}").parse::<i128>().unwrap_or(i128::MAX);
    let places = i32::try_from(fraction.len()).ok()?;
    Some(match scale {
        Scale::Decimal(exponent) => shift(number, exponent.saturating_add(9).saturating_sub(places)),
        Scale::Binary(bits) => shift(number.saturating_mul(1 << bits), 9 - places),
    })
}

/// Times ten to a power.
fn shift(number: i128, exponent: i32) -> i128 {
    let power = 10_i128.checked_pow(exponent.unsigned_abs()).unwrap_or(i128::MAX);
    if exponent < 0 { number / power } else { number.saturating_mul(power) }
}

#[cfg(test)]
mod tests {
    use super::Quantity;
    use std::cmp::Ordering;

    #[test]
    fn amounts_compare_across_units() {
        let check = |left: &str, right: &str, expected| {
            let (left, right) = (Quantity::parse(left), Quantity::parse(right));
            assert_eq!(left.map(|l| right.map(|r| l.cmp(&r))), Ok(Ok(expected)), "{left:?} {right:?}");
        };
        check("512Mi", "512M", Ordering::Greater);
        check("1Gi", "1024Mi", Ordering::Equal);
        check("0.5", "500m", Ordering::Equal);
        check("1e3", "1k", Ordering::Equal);
        check("1E", "1e18", Ordering::Equal);
        check("-1", "0", Ordering::Less);
        check("100m", "128Mi", Ordering::Less);
        check("1Gi ", "1Gi", Ordering::Equal);
        check(".5Ki", "512", Ordering::Equal);
        check("1e40", "1Ei", Ordering::Greater);
    }

    #[test]
    fn what_is_no_amount() {
        for text in ["", "Mi", "512Mb", "512mi", "1 Gi", "--1", "1.2.3", ".", "0x10", "1K"] {
            assert!(Quantity::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn parts_of_a_byte_are_seen() {
        assert!(Quantity::parse("1k").is_ok_and(Quantity::is_whole));
        assert!(Quantity::parse("100m").is_ok_and(|half| !half.is_whole()));
    }
}
