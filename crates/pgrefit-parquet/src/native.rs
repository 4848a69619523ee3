//! Values of PostgreSQL's send functions as those of Parquet, and back. `None` is a value that its type does not have.

mod halfvec;
mod numeric;
mod text;
mod time;
mod vector;

pub(crate) use numeric::{numeric_to_text, text_to_numeric};
pub(crate) use text::{bytes, jsonb, sent, text, text_to_jsonb};
pub(crate) use time::{date_to_unix, timestamp_to_unix, unix_to_date, unix_to_timestamp};
pub(crate) use vector::{Precision, floats_to_vector, vector_to_floats};

pub(crate) fn boolean(field: &[u8]) -> Option<bool> {
    match field {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

pub(crate) fn int2(field: &[u8]) -> Option<i32> {
    Some(i16::from_be_bytes(field.try_into().ok()?).into())
}

pub(crate) fn int4(field: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(field.try_into().ok()?))
}

pub(crate) fn int8(field: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(field.try_into().ok()?))
}

/// By bits, so that every NaN and the sign of zero stay.
pub(crate) fn float4(field: &[u8]) -> Option<f32> {
    Some(f32::from_bits(u32::from_be_bytes(field.try_into().ok()?)))
}

pub(crate) fn float8(field: &[u8]) -> Option<f64> {
    Some(f64::from_bits(u64::from_be_bytes(field.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_width_is_none() {
        let check = |field: &[u8], expected: (Option<bool>, Option<i32>, Option<i32>, Option<i64>)| {
            assert_eq!((boolean(field), int2(field), int4(field), int8(field)), expected, "{field:?}");
        };
        check(&[], (None, None, None, None));
        check(&[1], (Some(true), None, None, None));
        check(&[2], (None, None, None, None));
        check(&[255, 254], (None, Some(-2), None, None));
        check(&[255, 255, 255, 254], (None, None, Some(-2), None));
        check(&[255; 8], (None, None, None, Some(-1)));
    }

    #[test]
    fn floats_keep_their_bits() {
        for bits in [0, 0x8000_0000, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 0xffc1_2345, 1_u32] {
            assert_eq!(float4(&bits.to_be_bytes()).map(f32::to_bits), Some(bits));
        }
        for bits in [0, 1 << 63, 0x7ff0_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xfff8_1234_5678_9abc_u64] {
            assert_eq!(float8(&bits.to_be_bytes()).map(f64::to_bits), Some(bits));
        }
    }
}
