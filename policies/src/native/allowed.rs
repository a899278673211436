//! The actions that a mask allows, as bits: what few of many are costs little to find.

/// Bits of a mask, 64 in a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    words: Vec<u64>,
    count: usize,
}

impl Allowed {
    /// Reads a mask.
    pub fn read(&mut self, mask: &[bool]) {
        self.words.clear();
        self.words.extend(mask.chunks(64).map(word));
        self.count = self.words.iter().map(|word| word.count_ones() as usize).sum();
    }

    /// How many actions are allowed.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The allowed actions, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(&self.words).flat_map(|(from, &word)| Bits(word).map(move |bit| from + bit))
    }
}

/// Bit i is entry i of up to 64.
fn word(mask: &[bool]) -> u64 {
    let (eights, rest) = mask.as_chunks::<8>();
    let mut word = 0;
    for (at, eight) in (0..).step_by(8).zip(eights) {
        // Moves bit 8 i to bit 56 + i, for every i; no two of the products' bits meet.
        word |= u64::from_le_bytes(eight.map(u8::from)).wrapping_mul(0x0102_0408_1020_4080) >> 56 << at;
    }
    let from = mask.len() - rest.len();
    (from..).zip(rest).fold(word, |word, (at, &allowed)| word | u64::from(allowed) << at)
}

/// Positions of the bits that are set, from the lowest on.
struct Bits(u64);

impl Iterator for Bits {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;
    use rand::Rng;

    use super::*;

    #[test]
    fn bits_are_those_of_the_mask_in_its_order() {
        let mut stream = stream(1, "allowed", 0);
        let mut allowed = Allowed::default();
        for n in [0, 1, 7, 8, 9, 63, 64, 65, 130, 200] {
            for share in [0.0, 0.1, 0.5, 1.0] {
                let mask: Vec<bool> = (0..n).map(|_| stream.random_bool(share)).collect();
                allowed.read(&mask);
                let expected: Vec<u32> = (0..n as u32).filter(|&action| mask[action as usize]).collect();
                assert_eq!(allowed.count(), expected.len());
                assert_eq!(allowed.iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
