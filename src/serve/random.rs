//! Names that nobody can guess.

/// 16 hexadecimal digits.
pub(crate) fn random_name() -> String {
    format!("{:016x}", rand::random::<u64>())
}
