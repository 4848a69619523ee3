//! Quantities as Kubernetes writes them: `256Mi`.

const UNITS: [(&str, u64); 8] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("", 1),
];

/// The bytes that a quantity stands for. Fractions and exponents, which nobody needs for memory, are not understood.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn quantities_are_bytes() {
        let check = |text, expected| assert_eq!(bytes(text), expected, "{text}");
        check("64Mi", Some(67_108_864));
        check("2Gi", Some(2_147_483_648));
        check("1M", Some(1_000_000));
        check("512", Some(512));
        check("100m", None);
        check("Mi", None);
        check("-1Mi", None);
        check("99999999999Ti", None);
    }
}
