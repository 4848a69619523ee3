//! Floats of 16 bits, each of which is also one of 32.

use half::f16;

/// `None` for what has no way back: NaNs whose bits change, which `halfvec` does not take anyway.
pub(super) fn widen(bits: u16) -> Option<f32> {
    let wide = f16::from_bits(bits).to_f32();
    (f16::from_f32(wide).to_bits() == bits).then_some(wide)
}

/// `None` for what is no float of 16 bits.
pub(super) fn narrow(wide: f32) -> Option<u16> {
    let narrow = f16::from_f32(wide);
    (narrow.to_f32().to_bits() == wide.to_bits()).then_some(narrow.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_of_16_bits_comes_back() {
        let mut lost = 0;
        for bits in 0..=u16::MAX {
            let Some(wide) = widen(bits) else {
                assert!(f16::from_bits(bits).is_nan());
                lost += 1;
                continue;
            };
            assert_eq!(narrow(wide), Some(bits));
        }
        // Signalling NaNs become quiet ones.
        assert!(lost <= 2 * 511, "{lost}");
        assert_eq!(narrow(0.1), None);
    }
}
