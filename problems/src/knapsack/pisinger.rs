//! The classes of instances of D. Pisinger, "Where are the hard knapsack problems?", Computers & Operations Research
//! 32, 2005, sections 3 and 4, with the random numbers of the published files: the instances are those files, item by
//! item.

use std::str::FromStr;

use rand::{Rng, RngCore};

use super::{Item, Knapsack};
use crate::generate::{SpecError, name_of, pick};

/// How profits depend on weights. The number is the type in the names of the published files (`knapPI_3_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Profits independent of weights.
    Uncorrelated = 1,
    /// Profits at most R/10 above or below the weight.
    Weak = 2,
    /// Profit = weight + R/10.
    Strong = 3,
    /// Weight = profit + R/10.
    InverseStrong = 4,
    /// Profit = weight + R/10, give or take R/500.
    AlmostStrong = 5,
    /// Profit = weight.
    SubsetSum = 6,
    /// Weights within R/10 of each other, far above the profits.
    SimilarWeights = 9,
    /// Multiples of two uncorrelated items.
    SpannerUncorrelated = 11,
    /// Multiples of two weakly correlated items.
    SpannerWeak = 12,
    /// Multiples of two strongly correlated items.
    SpannerStrong = 13,
    /// Profit = weight + 3R/10 where 6 divides the weight, else + 2R/10.
    MultipleStrong = 14,
    /// Profit = weight, rounded up to a multiple of 3.
    Ceiling = 15,
    /// Profits on an arc of a circle above the weights.
    Circle = 16,
}

/// Words of the command line for the classes.
pub(super) const NAMES: [(&str, Class); 13] = [
    ("uncorrelated", Class::Uncorrelated),
    ("weak", Class::Weak),
    ("strong", Class::Strong),
    ("inverse-strong", Class::InverseStrong),
    ("almost-strong", Class::AlmostStrong),
    ("subset-sum", Class::SubsetSum),
    ("similar-weights", Class::SimilarWeights),
    ("spanner-uncorrelated", Class::SpannerUncorrelated),
    ("spanner-weak", Class::SpannerWeak),
    ("spanner-strong", Class::SpannerStrong),
    ("multiple-strong", Class::MultipleStrong),
    ("ceiling", Class::Ceiling),
    ("circle", Class::Circle),
];

/// The published series: instance i of 100 has the seed i, and a capacity of i/101 of the sum of the weights.
const SERIES: u32 = 100;

/// Largest range, for which the arithmetic of the published generator is that of 32-bit integers.
const MAX_RANGE: u32 = 10_000_000;

/// A class with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pisinger {
    /// The relation of profits to weights.
    pub class: Class,
    /// Range R: weights are drawn from 1..=R. Default 1000.
    pub range: u32,
    /// The published instance of this number, 1..=100. None: random numbers of another seed, a number by chance.
    pub instance: Option<u32>,
}

impl FromStr for Pisinger {
    type Err = SpecError;

    /// `class,r=1000,i=7`; both settings may be absent.
    fn from_str(words: &str) -> Result<Self, SpecError> {
        let mut words = words.split(',');
        let class = pick("class of knapsack instances", words.next().unwrap_or_default(), &NAMES)?;
        let mut found = Self { class, range: 1_000, instance: None };
        for word in words {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let number = |setting, least, most| {
                let number = value.parse().ok().filter(|number| (least..=most).contains(number));
                number.ok_or_else(|| SpecError::Number { setting, least, found: value.into() })
            };
            match key {
                "r" => found.range = number("r", 10, MAX_RANGE)?,
                "i" => found.instance = Some(number("i", 1, SERIES)?),
                _ => {
                    let known = vec!["r", "i"];
                    return Err(SpecError::Unknown { what: "setting of a class", known, found: key.into() });
                }
            }
        }
        Ok(found)
    }
}

impl Pisinger {
    /// The instance of `n` items.
    pub fn generate(&self, n: usize, rng: &mut dyn RngCore) -> Knapsack {
        let (seed, number, name) = match self.instance {
            Some(i) => (i, i, format!("knapPI_{}_{n}_{}_{i}", self.class as u32, self.range)),
            None => (rng.random(), rng.random_range(1..=SERIES), format!("{}-{n}", name_of(self.class, &NAMES))),
        };
        let items = self.items(n, &mut Rand48::new(seed));
        let sum: i64 = items.iter().map(|item| item.weight).sum();
        let heaviest = items.iter().map(|item| item.weight).max().unwrap_or(0);
        let capacity = (i64::from(number) * sum / i64::from(SERIES + 1)).max(heaviest);
        Knapsack::new(name, items, capacity)
    }

    fn items(&self, n: usize, random: &mut Rand48) -> Vec<Item> {
        /// Largest multiplier of a spanner's items, and the divisor that makes up for it.
        const SPAN: (i64, i64) = (10, 5);
        let (r, class) = (i64::from(self.range), self.class);
        let span = match class {
            Class::SpannerUncorrelated | Class::SpannerWeak | Class::SpannerStrong => 2,
            _ => 0,
        };
        let mut spanner = Vec::with_capacity(span);
        for _ in 0..span {
            let weight = random.below(r) + 1;
            let profit = match class {
                Class::SpannerUncorrelated => random.below(r) + 1,
                Class::SpannerWeak => (random.below(2 * (r / 10) + 1) + weight - r / 10).max(1),
                _ => weight + r / 10,
            };
            let part = |value: i64| (value + SPAN.1 - 1) / SPAN.1;
            spanner.push(Item { profit: part(profit), weight: part(weight) });
        }
        let mut items = Vec::with_capacity(n);
        for _ in 0..n {
            let weight = random.below(r) + 1;
            items.push(match class {
                Class::SpannerUncorrelated | Class::SpannerWeak | Class::SpannerStrong => {
                    let times = random.below(SPAN.0) + 1;
                    let base = spanner[random.below(span as i64) as usize];
                    Item { profit: times * base.profit, weight: times * base.weight }
                }
                // The generator draws these weights twice.
                Class::MultipleStrong | Class::Ceiling | Class::Circle => self.item(random.below(r) + 1, random),
                _ => self.item(weight, random),
            });
        }
        items
    }

    /// An item of a class without spanner, from the first number drawn for it.
    fn item(&self, drawn: i64, random: &mut Rand48) -> Item {
        let r = i64::from(self.range);
        let tenth = r / 10;
        let (profit, weight) = match self.class {
            Class::Uncorrelated => (random.below(r) + 1, drawn),
            Class::Weak => ((random.below(2 * tenth + 1) + drawn - tenth).max(1), drawn),
            Class::Strong => (drawn + tenth, drawn),
            Class::InverseStrong => (drawn, drawn + tenth),
            Class::AlmostStrong => (drawn + tenth + random.below(2 * r / 1_000 + 1) - r / 1_000, drawn),
            Class::SimilarWeights => (drawn, random.below(tenth) + 100 * r),
            Class::MultipleStrong => (drawn + if drawn % 6 == 0 { 3 * tenth } else { 2 * tenth }, drawn),
            Class::Ceiling => (3 * ((drawn + 2) / 3), drawn),
            Class::Circle => {
                let height = ((4 * r * r - (drawn - 2 * r).pow(2)) as f64).sqrt();
                ((2.0 * height / 3.0) as i64, drawn)
            }
            // Spanners have their own rule.
            Class::SubsetSum | Class::SpannerUncorrelated | Class::SpannerWeak | Class::SpannerStrong => (drawn, drawn),
        };
        Item { profit, weight }
    }
}

/// The generator of the published files: a 48-bit linear congruence whose high word is kept to 32 bits.
struct Rand48 {
    high: u32,
    low: u32,
}

impl Rand48 {
    fn new(seed: u32) -> Self {
        Self { high: seed, low: 0x330E }
    }

    /// A number of 0..bound, by remainder.
    fn below(&mut self, bound: i64) -> i64 {
        let carried = self.high.wrapping_mul(0xDEEC_E66D).wrapping_add(self.low.wrapping_mul(0x5_DEEC));
        self.low = self.low.wrapping_mul(0xE66D).wrapping_add(0xB);
        self.high = carried.wrapping_add(self.low >> 16);
        self.low &= 0xFFFF;
        i64::from(self.high >> 1) % bound
    }
}
