//! Numbers that nobody can foretell, from the keys that every hash map of the standard library is seeded with.
use std::hash::{BuildHasher, RandomState};

pub(crate) fn bits() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// From 0 to 1.
pub(crate) fn chance() -> f64 {
    bits() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_are_the_same_and_all_are_from_0_to_1() {
        let mut some: Vec<f64> = (0..1000).map(|_| super::chance()).collect();
        assert!(some.iter().all(|it| (0.0..=1.0).contains(it)));
        some.sort_by(f64::total_cmp);
        some.dedup();
        assert!(some.len() > 990, "{}", some.len());
    }
}
