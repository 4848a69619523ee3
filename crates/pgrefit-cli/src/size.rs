//! Sizes as people write them.

/// A size with a unit: `8GiB`, `512MB`. `kB`, `MB`, `GB` and `TB` are powers of 1,024, as in PostgreSQL's settings.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let power = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" | "ki" => 10,
        "m" | "mb" | "mib" | "mi" => 20,
        "g" | "gb" | "gib" | "gi" => 30,
        "t" | "tb" | "tib" | "ti" => 40,
        _ => return None,
    };
    number.checked_mul(1 << power)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(bytes(text), expected, "{text}");
        check("8GiB", Some(8 << 30));
        check("512 MB", Some(512 << 20));
        check("4Gi", Some(4 << 30));
        check("1024", Some(1024));
        check("8 gigs", None);
        check("GiB", None);
        check("99999999999TB", None);
    }
}
