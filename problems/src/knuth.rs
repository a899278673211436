//! Knuth's subtractive generator as the 8th DIMACS challenge used it for its random TSP instances.
//!
//! Source: D. E. Knuth, "The Art of Computer Programming" 2, 2nd edition, 1981, section 3.6. Never used for choices of
//! our own: those come from [`crate::generate::stream`].

use crate::normal::polar;

/// Numbers are below this.
const MODULUS: i32 = 1_000_000_000;
/// Length of the state, the longer lag.
const N: usize = 55;
/// The shorter lag.
const SHORT: usize = 24;

/// The state of the generator.
pub struct Knuth {
    table: [i32; N],
    /// Where the next number is stored; runs downwards.
    at: usize,
}

impl Knuth {
    /// A generator with the table filled from `seed` (below 10^9) and warmed up by three rounds.
    pub fn new(seed: u32) -> Self {
        let mut table = [0; N];
        let (mut last, mut next) = (seed as i32, 1);
        table[0] = last;
        for i in 1..N {
            let place = 21 * i % N;
            table[place] = next;
            (last, next) = (next, (last - next).rem_euclid(MODULUS));
        }
        let mut generator = Self { table, at: 0 };
        for _ in 0..3 * N {
            generator.integer();
        }
        generator
    }

    /// An integer of 0..10^9.
    pub fn integer(&mut self) -> i32 {
        self.at = (self.at + N - 1) % N;
        let difference = self.table[self.at] - self.table[(self.at + SHORT) % N];
        self.table[self.at] = difference.rem_euclid(MODULUS);
        self.table[self.at]
    }

    /// A number of [0, 1).
    pub fn unit(&mut self) -> f64 {
        f64::from(self.integer()) / f64::from(MODULUS)
    }

    /// Two independent standard normal deviates, the second one first as the challenge took them.
    pub fn normal_pair(&mut self) -> [f64; 2] {
        let [first, second] = polar(|| self.unit());
        [second, first]
    }
}
