//! A hash that is the same on every machine and in every release, which the standard library's is not meant
//! to be.

/// FNV-1a over the bytes, then the finalizer of `MurmurHash3`, so that all bits depend on all bytes.
pub(super) fn stable(bytes: impl AsRef<[u8]>) -> u64 {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    finish(bytes.as_ref().iter().fold(0xcbf2_9ce4_8422_2325, fnv))
}

fn finish(mut hash: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

/// A uuid made from a name (version 8: the bits are ours to choose).
pub(super) fn uuid(name: &str) -> String {
    let (high, low) = (stable(name), stable(format!("{name}\0")));
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::{stable, uuid};

    #[test]
    fn values_never_change() {
        assert_eq!(stable(""), 0xefd0_1f60_ba99_2926);
        assert_ne!(stable("a"), stable("b"));
        assert_eq!(uuid("rust/serde").len(), 36);
        assert_eq!(uuid("rust/serde"), uuid("rust/serde"));
        assert_ne!(uuid("rust/serde"), uuid("rust/serd"));
    }
}
