//! `vector` and `halfvec` of pgvector: the number of dimensions and an unused number, both of two bytes, then the floats
//! (`vector_send` and `halfvec_send` in its source).

use super::halfvec::{narrow, widen};

const HEADER_BYTES: usize = 4;

/// Of the floats of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// `vector`.
    Single,
    /// `halfvec`.
    Half,
}

/// Appends the floats of a vector. At least one: it cannot have none.
pub(crate) fn vector_to_floats(field: &[u8], precision: Precision, out: &mut Vec<f32>) -> Option<usize> {
    let (header, floats) = field.split_first_chunk::<HEADER_BYTES>()?;
    let [high, low, 0, 0] = *header else { return None };
    let dimensions = usize::from(u16::from_be_bytes([high, low]));
    let width = if precision == Precision::Half { 2 } else { 4 };
    if dimensions == 0 || floats.len() != dimensions * width {
        return None;
    }
    match precision {
        Precision::Single => {
            out.extend(
                floats.as_chunks::<4>().0.iter().map(|bytes| f32::from_bits(u32::from_be_bytes(*bytes))),
            );
        }
        Precision::Half => {
            for bytes in floats.as_chunks::<2>().0 {
                out.push(widen(u16::from_be_bytes(*bytes))?);
            }
        }
    }
    Some(dimensions)
}

/// Appends a vector of these floats.
pub(crate) fn floats_to_vector(floats: &[f32], precision: Precision, out: &mut Vec<u8>) -> Option<()> {
    let dimensions = u16::try_from(floats.len()).ok().filter(|dimensions| *dimensions > 0)?;
    out.extend_from_slice(&dimensions.to_be_bytes());
    out.extend_from_slice(&[0; 2]);
    match precision {
        Precision::Single => {
            let start = out.len();
            out.resize(start + floats.len() * 4, 0);
            let places = out.get_mut(start..)?.as_chunks_mut::<4>().0;
            for (place, float) in places.iter_mut().zip(floats) {
                *place = float.to_bits().to_be_bytes();
            }
        }
        Precision::Half => {
            for float in floats {
                out.extend_from_slice(&narrow(*float)?.to_be_bytes());
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back() {
        let check = |precision, field: &[u8], expected: Option<&[f32]>| {
            let mut floats = Vec::new();
            let dimensions = vector_to_floats(field, precision, &mut floats);
            assert_eq!(dimensions.map(|count| &floats[..count]), expected, "{field:?}");
            if dimensions.is_some() {
                let mut back = Vec::new();
                floats_to_vector(&floats, precision, &mut back).expect("a vector");
                assert_eq!(back, field);
            }
        };
        let two = [0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0];
        check(Precision::Single, &two, Some(&[1.0, -2.0]));
        check(Precision::Half, &[0, 2, 0, 0, 0x3c, 0, 0xc0, 0], Some(&[1.0, -2.0]));
        check(Precision::Half, &two, None);
        check(Precision::Single, &[0, 0, 0, 0], None);
        check(Precision::Single, &[0, 1, 0, 1, 0, 0, 0, 0], None);
        check(Precision::Single, &[0, 1, 0, 0, 0, 0, 0], None);
        check(Precision::Single, &[0], None);
    }
}
