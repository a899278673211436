//! The Mersenne Twister as numpy's legacy `np.random` uses it, for test sets that were published as a seed.
//!
//! Source: M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
//! number generator", ACM TOMACS 8, 1998. Never used for choices of our own: those come from
//! [`crate::generate::stream`].

/// Words of state.
const N: usize = 624;
/// Distance of the word that is combined.
const M: usize = 397;

/// The state of MT19937.
pub struct Mt19937 {
    words: [u32; N],
    /// Words of the current block that are used up.
    used: usize,
}

impl Mt19937 {
    /// As `np.random.seed(seed)`: the authors' `init_genrand`.
    pub fn new(seed: u32) -> Self {
        let mut words = [seed; N];
        for i in 1..N {
            let last = words[i - 1];
            words[i] = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { words, used: N }
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        if self.used == N {
            self.twist();
        }
        let mut y = self.words[self.used];
        self.used += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// As `np.random.random()`: 53 bits of [0, 1).
    pub fn unit(&mut self) -> f64 {
        let (high, low) = (self.bits() >> 5, self.bits() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// As `np.random.randint(low, high + 1)`: both ends included, by masking and rejection.
    pub fn integer(&mut self, low: u32, high: u32) -> u32 {
        let span = high - low;
        let mask = span.checked_next_power_of_two().map_or(u32::MAX, |power| (power - 1) | span);
        loop {
            let draw = self.bits() & mask;
            if draw <= span {
                return low + draw;
            }
        }
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[i] = self.words[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_seed_gives_the_authors_ten_thousandth_output() {
        // The value that the C++ standard prescribes for std::mt19937, 26.6.5.
        let mut twister = Mt19937::new(5489);
        let last = (0..10_000).map(|_| twister.bits()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn masks_cover_the_span() {
        let mut twister = Mt19937::new(1);
        for span in [0, 1, 8, 15, 16] {
            let draws: Vec<u32> = (0..1_000).map(|_| twister.integer(3, 3 + span)).collect();
            assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&3), Some(&(3 + span))));
        }
    }
}
