//! Go's way to write a duration: `1h30m`, `1.5h`, `-2us`.

const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

/// Whether Go would understand it.
pub(crate) fn is_go_duration(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    unsigned == "0" || (!unsigned.is_empty() && pieces_are_durations(unsigned))
}

fn pieces_are_durations(mut rest: &str) -> bool {
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let is_number = digits.bytes().any(|c| c.is_ascii_digit()) && digits.matches('.').count() <= 1;
        if !is_number || !UNITS.contains(&&after[..unit]) {
            return false;
        }
        rest = &after[unit..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_go_duration;

    #[test]
    fn go_durations() {
        for text in ["1h", "1h30m", "1.5h", "-2us", "0", "100ms", ".5s"] {
            assert!(is_go_duration(text), "{text}");
        }
        for text in ["", "1", "h", "1d", "1 h", "1..5h", ".s", "-"] {
            assert!(!is_go_duration(text), "{text}");
        }
    }
}
