//! `numeric`: four numbers of two bytes (how many digits, the weight of the first, the sign, how many decimal digits after the
//! point are printed), then digits to the base of 10,000 (`numeric_send` in PostgreSQL's `numeric.c`).
//!
//! PostgreSQL keeps no digit that is zero at either end, so each value has one form, and the decimal text that it prints says
//! all. A value of another form is none that it sends; it is refused, because the text would not lead back to it.

const NEGATIVE: u16 = 0x4000;
/// Sign, scale and name. The scale of infinity is what the sign's bits mean in the place of a short scale.
const SPECIAL: [(u16, u16, &str); 3] =
    [(0xc000, 0, "NaN"), (0xd000, 0x20, "Infinity"), (0xf000, 0x20, "-Infinity")];
/// Decimal digits in one to the base of 10,000.
const WIDTH: usize = 4;
/// `NUMERIC_DSCALE_MAX`.
const SCALE_MAX: usize = 0x3fff;

struct Value<'a> {
    digits: &'a [[u8; 2]],
    weight: i32,
    negative: bool,
    scale: usize,
}

/// Appends what `numeric_out` prints.
pub(crate) fn numeric_to_text(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if let Some((_, _, name)) = SPECIAL.iter().find(|(sign, scale, _)| field == special(*sign, *scale)) {
        out.extend_from_slice(name.as_bytes());
        return Some(());
    }
    let value = parse(field)?;
    if value.negative {
        out.push(b'-');
    }
    let digit = |at: i32| -> u16 {
        let index = usize::try_from(value.weight - at).ok();
        index.and_then(|index| value.digits.get(index)).map_or(0, |bytes| u16::from_be_bytes(*bytes))
    };
    whole(value.weight, digit, out);
    fraction(value.scale, digit, out);
    Some(())
}

fn special(sign: u16, scale: u16) -> [u8; 8] {
    let ([s0, s1], [d0, d1]) = (sign.to_be_bytes(), scale.to_be_bytes());
    [0, 0, 0, 0, s0, s1, d0, d1]
}

/// Checks that there is but one form of the value, and this is it.
fn parse(field: &[u8]) -> Option<Value<'_>> {
    let (header, digits) = field.split_first_chunk::<8>()?;
    let [c0, c1, w0, w1, s0, s1, d0, d1] = *header;
    let (digits, rest) = digits.as_chunks::<2>();
    let sign = u16::from_be_bytes([s0, s1]);
    let value = Value {
        digits,
        weight: i16::from_be_bytes([w0, w1]).into(),
        negative: sign == NEGATIVE,
        scale: u16::from_be_bytes([d0, d1]).into(),
    };
    let whole = rest.is_empty() && usize::from(u16::from_be_bytes([c0, c1])) == digits.len();
    let known = (sign == 0 || sign == NEGATIVE) && value.scale <= SCALE_MAX;
    (whole && known && canonical(&value)).then_some(value)
}

fn canonical(value: &Value<'_>) -> bool {
    let (Some(first), Some(last)) = (value.digits.first(), value.digits.last()) else {
        return value.weight == 0 && !value.negative;
    };
    let digits = value.digits.iter().all(|bytes| u16::from_be_bytes(*bytes) < 10_000);
    digits && *first != [0, 0] && *last != [0, 0] && printed(value, u16::from_be_bytes(*last))
}

/// Whether the last digit lies within what the scale prints.
fn printed(value: &Value<'_>, last: u16) -> bool {
    let Ok(count) = i32::try_from(value.digits.len()) else { return false };
    let after = count - 1 - value.weight;
    let Ok(after) = usize::try_from(after) else { return true };
    let zeros = [1000, 100, 10].iter().position(|unit| last.is_multiple_of(*unit)).map_or(0, |at| 3 - at);
    after * WIDTH <= value.scale + zeros
}

fn whole(weight: i32, digit: impl Fn(i32) -> u16, out: &mut Vec<u8>) {
    let start = out.len();
    for at in (0..=weight).rev() {
        out.extend_from_slice(&decimal(digit(at)));
    }
    let leading = out.iter().skip(start).take_while(|byte| **byte == b'0').count();
    out.drain(start..start + leading);
    if out.len() == start {
        out.push(b'0');
    }
}

fn fraction(scale: usize, digit: impl Fn(i32) -> u16, out: &mut Vec<u8>) {
    if scale == 0 {
        return;
    }
    out.push(b'.');
    let end = out.len() + scale;
    let mut at = -1;
    while out.len() < end {
        out.extend_from_slice(&decimal(digit(at)));
        at -= 1;
    }
    out.truncate(end);
}

fn decimal(digit: u16) -> [u8; WIDTH] {
    [digit / 1000, digit / 100 % 10, digit / 10 % 10, digit % 10]
        .map(|digit| u8::try_from(digit).map_or(b'0', |digit| b'0' + digit))
}

/// Appends what `numeric_send` sends for such a text.
pub(crate) fn text_to_numeric(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if let Some((sign, scale, _)) = SPECIAL.iter().find(|(.., name)| text == name.as_bytes()) {
        out.extend_from_slice(&special(*sign, *scale));
        return Some(());
    }
    let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (before, after) = (text.get(..point)?, text.get(point + 1..).unwrap_or_default());
    let (mut digits, mut weight) = digits(before, after)?;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..leading);
    weight -= i32::try_from(leading).ok()?;
    if digits.is_empty() {
        weight = 0;
    }
    let scale = u16::try_from(after.len()).ok()?;
    out.extend_from_slice(&u16::try_from(digits.len()).ok()?.to_be_bytes());
    out.extend_from_slice(&i16::try_from(weight).ok()?.to_be_bytes());
    out.extend_from_slice(&(if negative { NEGATIVE } else { 0 }).to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
    out.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
    Some(())
}

/// To the base of 10,000, with the weight of the first.
fn digits(before: &[u8], after: &[u8]) -> Option<(Vec<u16>, i32)> {
    let (head, whole) = before.split_at(before.len() % WIDTH);
    let mut digits = Vec::with_capacity((before.len() + after.len()) / WIDTH + 2);
    if !head.is_empty() {
        digits.push(group(head)?);
    }
    for four in whole.chunks(WIDTH) {
        digits.push(group(four)?);
    }
    let weight = i32::try_from(digits.len()).ok()? - 1;
    for four in after.chunks(WIDTH) {
        let missing = u32::try_from(WIDTH - four.len()).ok()?;
        digits.push(group(four)? * 10_u16.pow(missing));
    }
    Some((digits, weight))
}

fn group(digits: &[u8]) -> Option<u16> {
    digits
        .iter()
        .try_fold(0, |sum: u16, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> Vec<u8> {
        let count = u16::try_from(digits.len()).expect("few");
        let header = [count, weight.cast_unsigned(), sign, scale];
        header.iter().chain(digits).flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn numbers_are_printed_and_come_back() {
        let check = |field: &[u8], expected: &str| {
            let mut text = Vec::new();
            numeric_to_text(field, &mut text).expect(expected);
            assert_eq!(String::from_utf8_lossy(&text), expected);
            let mut back = Vec::new();
            text_to_numeric(&text, &mut back).expect(expected);
            assert_eq!(back, field, "{expected}");
        };
        check(&field(0, 0, 0, &[]), "0");
        check(&field(0, 0, 3, &[]), "0.000");
        check(&field(0, 0, 0, &[1]), "1");
        check(&field(0, NEGATIVE, 2, &[12, 5000]), "-12.50");
        check(&field(1, 0, 0, &[1]), "10000");
        check(&field(2, 0, 0, &[1, 0, 23]), "100000023");
        check(&field(-1, 0, 4, &[1]), "0.0001");
        check(&field(-2, 0, 5, &[1000]), "0.00001");
        check(&field(-2, 0, 10, &[1000]), "0.0000100000");
        check(&field(0, 0xc000, 0, &[]), "NaN");
        check(&field(0, 0xd000, 0x20, &[]), "Infinity");
        check(&field(0, 0xf000, 0x20, &[]), "-Infinity");
        check(&field(0, 0, 6, &[3, 1415, 9200]), "3.141592");
    }

    #[test]
    fn a_form_that_the_text_would_not_lead_back_to_is_refused() {
        let check = |field: &[u8]| assert_eq!(numeric_to_text(field, &mut Vec::new()), None, "{field:?}");
        check(&[]);
        check(&field(0, 0, 0, &[0]));
        check(&field(1, 0, 0, &[]));
        check(&field(0, NEGATIVE, 0, &[]));
        check(&field(1, 0, 0, &[0, 1]));
        check(&field(1, 0, 0, &[1, 0]));
        check(&field(0, 0, 0, &[10_000]));
        check(&field(0, 0, 3, &[1, 1234]));
        check(&field(0, 0, 0, &[1, 1]));
        check(&field(0, 0xe000, 0, &[]));
        check(&field(0, 0xc000, 1, &[]));
        check(&field(0, 0, 0x4000, &[1]));
        check(&[field(0, 0, 0, &[1]), vec![0]].concat());
    }
}
