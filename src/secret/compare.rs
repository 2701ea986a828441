//! Owns comparison of secrets in constant time. It does not own hashing: what is compared here has been hashed before,
//! or is of a length that everybody knows.

use subtle::ConstantTimeEq;

/// Whether both are the same bytes. The time does not depend on where they differ; only a different length, which is no
/// secret, answers sooner.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn equal_means_the_same_bytes_and_the_same_length() {
        for (left, right, same) in [
            (&b""[..], &b""[..], true),
            (b"a", b"a", true),
            (b"a", b"b", false),
            (b"a", b"a\0", false),
            (b"", b"a", false),
            (&[0xff; 32], &[0xff; 32], true),
        ] {
            assert_eq!(equal(left, right), same, "{left:?} {right:?}");
        }
    }
}
