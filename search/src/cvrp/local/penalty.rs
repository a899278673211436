//! The charge for overload and overtime, linear in the excess.

use heuron_problems::Cost;

/// Penalties are stored in 1/256 of a cost unit: demands may be large and distances small.
const FRACTION: u32 = 8;

/// What one unit of excess costs, in 1/256 of a cost unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    load: i64,
    duration: i64,
    /// Upper limits of the two weights: the worst charge of a whole solution stays below 2^59 / 256.
    most: [i64; 2],
}

impl Penalty {
    /// Weights in 1/256 of a cost unit, for solutions that break the limits by at most `worst` units (of load and of
    /// duration) in total.
    pub fn new(load: i64, duration: i64, worst: [i64; 2]) -> Self {
        let most = worst.map(|worst| ((1 << 58) / worst.max(1)).max(1));
        Self { load: load.clamp(1, most[0]), duration: duration.clamp(1, most[1]), most }
    }

    /// The charge for these excesses, rounded down to whole cost units.
    #[inline(always)]
    pub fn of(self, load: i64, duration: i64) -> Cost {
        (self.load * load + self.duration * duration) >> FRACTION
    }

    /// 256 times the charge, exact and linear: what Split adds to 256 times the distance.
    #[inline(always)]
    pub fn exact(self, load: i64, duration: i64) -> Cost {
        self.load * load + self.duration * duration
    }

    /// 256 times a distance.
    #[inline(always)]
    pub fn exact_distance(distance: Cost) -> Cost {
        distance << FRACTION
    }

    /// Both weights times `num / den`, at least 1/256 more or less if `num != den`.
    pub fn scaled(self, load: (i64, i64), duration: (i64, i64)) -> Self {
        let scale = |weight: i64, (num, den): (i64, i64), most: i64| {
            let scaled = (i128::from(weight) * i128::from(num) / i128::from(den)) as i64;
            (scaled + i64::from(num > den && scaled == weight)).clamp(1, most)
        };
        let [most_load, most_duration] = self.most;
        Self {
            load: scale(self.load, load, most_load),
            duration: scale(self.duration, duration, most_duration),
            ..self
        }
    }
}
