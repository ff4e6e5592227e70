//! Runs of bits in a slice of words: bit `i` is bit `i % 64` of word `i / 64`.

/// The words that hold `bits` bits.
pub(crate) const fn words_for(bits: usize) -> usize {
    bits.div_ceil(64)
}

/// The `count` bits from `from` on, within one word.
const fn mask(from: usize, count: usize) -> u64 {
    (u64::MAX >> (64 - count)) << from
}

/// The pieces of `from..to`: the index of a word, and the mask of the bits in it.
pub(crate) fn pieces(from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
    let mut at = from;
    core::iter::from_fn(move || {
        let offset = at % 64;
        let count = (64 - offset).min(to.checked_sub(at).filter(|&left| left > 0)?);
        let word = at / 64;
        at += count;
        Some((word, mask(offset, count)))
    })
}

/// Sets the bits `from..to`.
pub(crate) fn set_range(words: &mut [u64], from: usize, to: usize) {
    pieces(from, to).for_each(|(i, m)| words[i] |= m);
}

/// Unsets them.
pub(crate) fn unset_range(words: &mut [u64], from: usize, to: usize) {
    pieces(from, to).for_each(|(i, m)| words[i] &= !m);
}

/// True when all bits of `from..to` are set.
pub(crate) fn all_set(words: &[u64], from: usize, to: usize) -> bool {
    pieces(from, to).all(|(i, m)| words[i] & m == m)
}

/// How many bits are set.
#[cfg(any(test, debug_assertions))]
pub(crate) fn count(words: &[u64]) -> usize {
    words.iter().map(|w| w.count_ones() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    proptest! {
        #[test]
        fn ranges_agree_with_single_bits(from in 0usize..256, len in 0usize..256) {
            let to = (from + len).min(256);
            let mut words = vec![0u64; 4];
            set_range(&mut words, from, to);
            for bit in 0..256 {
                let is = words[bit / 64] >> (bit % 64) & 1 == 1;
                prop_assert_eq!(is, (from..to).contains(&bit));
            }
            prop_assert_eq!(count(&words), to - from.min(to));
            prop_assert!(all_set(&words, from, to));
            let mut others = vec![u64::MAX; 4];
            unset_range(&mut others, from, to);
            prop_assert!(words.iter().zip(&others).all(|(&set, &unset)| set == !unset));
            if to < 256 {
                prop_assert!(!all_set(&words, from, to + 1));
            }
        }
    }
}
