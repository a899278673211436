//! Evolution strategies with covariance matrix adaptation on slices: N. Hansen, A. Ostermeier, "Completely derandomized
//! self-adaptation in evolution strategies", 2001; in the variant of F. Chalumeau et al., COMPASS, NeurIPS 2023:
//! several of them take turns, from means that are spread over the box of the prior.
//!
//! Fitness is a cost: the lowest is the best. Nothing is clipped to a box.

use std::ops::Range;

use heuron_problems::Stream;
use heuron_problems::normal::box_muller;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Settings of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Config {
    /// Samples per generation. Default: 16 (COMPASS).
    pub samples: usize,
    /// The best of them, which make the next mean. Default: half of them (COMPASS: of routes; of job shops 12).
    pub parents: usize,
    /// The first step size. Default: 100 (COMPASS), the half width of the prior.
    pub step: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { samples: 16, parents: 8, step: 100.0 }
    }
}

/// One strategy. d: dimension.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CmaEs {
    config: Config,
    rates: Rates,
    mean: Vec<f64>,
    step: f64,
    /// Symmetric \[d, d\].
    covariance: Vec<f64>,
    /// Eigenvectors of the covariance as rows \[d, d\], and the roots of its eigenvalues \[d\].
    axes: Vec<f64>,
    scales: Vec<f64>,
    step_path: Vec<f64>,
    path: Vec<f64>,
    updates: i32,
}

/// Learning rates, which follow from dimension and parents.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Rates {
    /// Of the parents, best first; they sum to 1.
    weights: Vec<f64>,
    effective: f64,
    step_path: f64,
    damping: f64,
    path: f64,
    rank_one: f64,
    rank_many: f64,
    /// Expected norm of a standard normal vector.
    norm: f64,
}

impl Rates {
    fn new(d: f64, parents: usize) -> Self {
        let raw: Vec<f64> = (1..=parents).map(|i| ((parents as f64 + 0.5) / i as f64).ln()).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let m = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let step_path = (m + 2.0) / (d + m + 5.0);
        // COMPASS has the root of 2 where Hansen has 1.3.
        let rank_one = 2.0 / ((d + 2f64.sqrt()).powi(2) + m);
        Self {
            weights,
            effective: m,
            step_path,
            damping: 1.0 + 2.0 * (((m - 1.0) / (d + 1.0)).max(0.0).sqrt() - 1.0).max(0.0) + step_path,
            path: (4.0 + m / d) / (d + 4.0 + 2.0 * m / d),
            rank_one,
            rank_many: (1.0 - rank_one).min(2.0 * (m - 2.0 + 1.0 / m) / ((d + 2.0).powi(2) + m)),
            norm: d.sqrt() * (1.0 - 1.0 / (4.0 * d) + 1.0 / (21.0 * d * d)),
        }
    }
}

impl CmaEs {
    /// A strategy that begins around `mean`, alike in all directions.
    pub fn new(mean: Vec<f64>, config: Config) -> Self {
        let d = mean.len();
        let identity: Vec<f64> = (0..d * d).map(|at| f64::from(u8::from(at % (d + 1) == 0))).collect();
        Self {
            rates: Rates::new(d as f64, config.parents.clamp(1, config.samples.max(1))),
            config,
            step: config.step,
            covariance: identity.clone(),
            axes: identity,
            scales: vec![1.0; d],
            step_path: vec![0.0; d],
            path: vec![0.0; d],
            updates: 0,
            mean,
        }
    }

    /// The samples of a generation.
    pub fn ask(&self, rng: &mut Stream) -> Vec<Vec<f64>> {
        let d = self.mean.len();
        let sample = |_| {
            let draws: Vec<f64> = (0..d).map(|_| box_muller(rng)).collect();
            let mut x = self.mean.clone();
            for (axis, (draw, scale)) in self.axes.chunks_exact(d).zip(draws.iter().zip(&self.scales)) {
                x.iter_mut().zip(axis).for_each(|(x, a)| *x += self.step * draw * scale * a);
            }
            x
        };
        (0..self.config.samples).map(sample).collect()
    }

    /// Learns from samples, the best first; of more than the parents the rest is not used.
    pub fn tell(&mut self, ranked: &[Vec<f64>]) {
        let (d, rates) = (self.mean.len(), &self.rates);
        let steps: Vec<Vec<f64>> = ranked
            .iter()
            .take(rates.weights.len())
            .map(|x| x.iter().zip(&self.mean).map(|(x, m)| (x - m) / self.step).collect())
            .collect();
        let weighted = || rates.weights.iter().zip(&steps);
        let mut drift = vec![0.0; d];
        weighted().for_each(|(weight, step)| drift.iter_mut().zip(step).for_each(|(sum, x)| *sum += weight * x));
        self.mean.iter_mut().zip(&drift).for_each(|(mean, drift)| *mean += self.step * drift);
        let white = self.whiten(&drift);
        let keep = (rates.step_path * (2.0 - rates.step_path) * rates.effective).sqrt();
        let paths = self.step_path.iter_mut().zip(white);
        paths.for_each(|(path, white)| *path = (1.0 - rates.step_path) * *path + keep * white);
        let length = self.step_path.iter().map(|x| x * x).sum::<f64>().sqrt();
        // As published, updates are counted from 0: the bound is then 0, and the first drift does not enter the path.
        let memory = (1.0 - (1.0 - rates.step_path).powi(2 * self.updates)).sqrt();
        let is_short = length < memory * rates.norm * (1.4 + 2.0 / (d as f64 + 1.0));
        let (short, rest) = if is_short { (1.0, 0.0) } else { (0.0, 1.0) };
        let keep = short * (rates.path * (2.0 - rates.path) * rates.effective).sqrt();
        self.path.iter_mut().zip(&drift).for_each(|(path, x)| *path = (1.0 - rates.path) * *path + keep * x);
        let decay = 1.0 - rates.rank_one - rates.rank_many + rates.rank_one * rest * rates.path * (2.0 - rates.path);
        for (at, entry) in self.covariance.iter_mut().enumerate() {
            let (i, j) = (at / d, at % d);
            let many: f64 = rates.weights.iter().zip(&steps).map(|(weight, step)| weight * step[i] * step[j]).sum();
            *entry = decay * *entry + rates.rank_one * self.path[i] * self.path[j] + rates.rank_many * many;
        }
        self.step *= (rates.step_path / rates.damping * (length / rates.norm - 1.0)).exp();
        self.updates += 1;
        self.decompose();
    }

    /// Times the inverse root of the covariance.
    fn whiten(&self, x: &[f64]) -> Vec<f64> {
        let d = x.len();
        let mut white = vec![0.0; d];
        for (axis, scale) in self.axes.chunks_exact(d).zip(&self.scales) {
            let along = axis.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() / scale;
            white.iter_mut().zip(axis).for_each(|(white, a)| *white += along * a);
        }
        white
    }

    fn decompose(&mut self) {
        let d = self.mean.len();
        let values = eigen(&mut self.covariance.clone(), &mut self.axes, d);
        // Rounding may make a variance that should be tiny negative.
        self.scales = values.into_iter().map(|value| value.max(1e-20).sqrt()).collect();
    }

    /// Where the strategy is.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// How far it steps.
    pub fn step(&self) -> f64 {
        self.step
    }
}

/// Eigenvalues of a symmetric matrix \[d, d\], which is used up; the eigenvectors become the rows of `axes`. Jacobi's
/// rotations, 1846.
fn eigen(a: &mut [f64], axes: &mut [f64], d: usize) -> Vec<f64> {
    const SWEEPS: usize = 30;
    axes.iter_mut().enumerate().for_each(|(at, entry)| *entry = f64::from(u8::from(at % (d + 1) == 0)));
    for _ in 0..SWEEPS {
        let off: f64 = (0..d * d).filter(|at| at / d != at % d).map(|at| a[at] * a[at]).sum();
        let diagonal: f64 = (0..d).map(|i| a[i * d + i] * a[i * d + i]).sum();
        if off <= 1e-26 * diagonal {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                rotate(a, axes, d, p, q);
            }
        }
    }
    (0..d).map(|i| a[i * d + i]).collect()
}

/// The rotation that makes entry (p, q) vanish.
fn rotate(a: &mut [f64], axes: &mut [f64], d: usize, p: usize, q: usize) {
    if a[p * d + q] == 0.0 {
        return;
    }
    let ratio = (a[q * d + q] - a[p * d + p]) / (2.0 * a[p * d + q]);
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |first: f64, second: f64| (cosine * first - sine * second, sine * first + cosine * second);
    for k in 0..d {
        (a[k * d + p], a[k * d + q]) = turn(a[k * d + p], a[k * d + q]);
    }
    for k in 0..d {
        (a[p * d + k], a[q * d + k]) = turn(a[p * d + k], a[q * d + k]);
        (axes[p * d + k], axes[q * d + k]) = turn(axes[p * d + k], axes[q * d + k]);
    }
}

/// Several strategies that take turns, generation by generation.
#[derive(Clone, Debug)]
pub struct Components {
    strategies: Vec<CmaEs>,
    turn: usize,
}

impl Components {
    /// A strategy per mean.
    pub fn new(means: Vec<Vec<f64>>, config: Config) -> Self {
        Self { strategies: means.into_iter().map(|mean| CmaEs::new(mean, config)).collect(), turn: 0 }
    }

    /// The strategy whose turn it is.
    pub fn current(&mut self) -> &mut CmaEs {
        let count = self.strategies.len();
        &mut self.strategies[self.turn % count]
    }

    /// Learns from the current strategy's samples, the best first, and passes the turn.
    pub fn tell(&mut self, ranked: &[Vec<f64>]) {
        self.current().tell(ranked);
        self.turn += 1;
    }
}

/// Points of the cube that spread over it: the centres of `count` clusters of `points` uniform ones, by k-means
/// (Lloyd, 1982) from the seeds of Arthur and Vassilvitskii, 2007.
pub fn spread_means(count: usize, d: usize, cube: Range<f64>, points: usize, rng: &mut Stream) -> Vec<Vec<f64>> {
    const ROUNDS: usize = 50;
    let width = cube.end - cube.start;
    let points: Vec<Vec<f64>> =
        (0..points.max(count)).map(|_| (0..d).map(|_| cube.start + width * rng.random::<f64>()).collect()).collect();
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let nearest = |centres: &[Vec<f64>], point: &[f64]| {
        let distances = centres.iter().enumerate().map(|(index, centre)| (square(centre, point), index));
        distances.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, 0))
    };
    let mut centres = vec![points[rng.random_range(0..points.len())].clone()];
    while centres.len() < count {
        let weights: Vec<f64> = points.iter().map(|point| nearest(&centres, point).0).collect();
        let mut target = rng.random::<f64>() * weights.iter().sum::<f64>();
        let hit = |weight: &f64| {
            target -= weight;
            target < 0.0
        };
        let chosen = weights.iter().position(hit).unwrap_or(points.len() - 1);
        centres.push(points[chosen].clone());
    }
    for _ in 0..ROUNDS {
        let mut sums = vec![(vec![0.0; d], 0.0); count];
        for point in &points {
            let (sum, members) = &mut sums[nearest(&centres, point).1];
            sum.iter_mut().zip(point).for_each(|(sum, x)| *sum += x);
            *members += 1.0;
        }
        let moved: Vec<Vec<f64>> = sums
            .into_iter()
            .zip(&centres)
            .map(
                |((sum, members), old)| {
                    if members > 0.0 { sum.into_iter().map(|x| x / members).collect() } else { old.clone() }
                },
            )
            .collect();
        if moved == centres {
            break;
        }
        centres = moved;
    }
    centres
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;

    use super::*;

    /// The lowest value after some generations from a mean of threes with step 1.
    fn lowest(d: usize, generations: usize, value: impl Fn(&[f64]) -> f64) -> f64 {
        let mut rng = stream(1, "cmaes", d as u64);
        let mut strategy = CmaEs::new(vec![3.0; d], Config { step: 1.0, ..Config::default() });
        let mut best = f64::INFINITY;
        for _ in 0..generations {
            let mut samples = strategy.ask(&mut rng);
            samples.sort_by(|a, b| value(a).total_cmp(&value(b)));
            best = best.min(value(&samples[0]));
            strategy.tell(&samples);
        }
        best
    }

    #[test]
    fn sphere_is_solved() {
        let best = lowest(16, 300, |x| x.iter().map(|x| x * x).sum());
        assert!(best < 1e-8, "{best}");
    }

    #[test]
    fn ellipsoid_is_solved_because_the_covariance_learns_its_axes() {
        let d = 8;
        let value = |x: &[f64]| x.iter().enumerate().map(|(i, x)| 1e3_f64.powf(i as f64 / 7.0) * x * x).sum();
        let best = lowest(d, 600, value);
        assert!(best < 1e-8, "{best}");
    }

    #[test]
    fn rosenbrock_is_solved() {
        let value = |x: &[f64]| {
            x.windows(2).map(|pair| 100.0 * (pair[1] - pair[0] * pair[0]).powi(2) + (1.0 - pair[0]).powi(2)).sum()
        };
        let best = lowest(6, 1_200, value);
        assert!(best < 1e-8, "{best}");
    }

    #[test]
    fn rates_are_those_of_the_paper() {
        let rates = Rates::new(16.0, 8);
        // The numbers have four digits.
        let close = |a: f64, b: f64| (a - b).abs() < 5e-4 * b;
        assert!(close(rates.weights[0], 0.3284) && close(rates.effective, 4.8409) && close(rates.norm, 3.9382));
        assert!(close(rates.step_path, 0.2647) && close(rates.path, 0.2088) && close(rates.damping, 1.2647));
        assert!(close(rates.rank_one, 0.006491) && close(rates.rank_many, 0.018535), "{rates:?}");
        // Of job shops.
        let rates = Rates::new(16.0, 12);
        assert!(close(rates.effective, 7.0264) && close(rates.step_path, 0.3221) && close(rates.path, 0.2126));
        assert!(close(rates.rank_one, 0.006446) && close(rates.rank_many, 0.031228) && close(rates.damping, 1.3221));
    }

    #[test]
    fn eigenvectors_make_the_matrix_again() {
        let d = 5;
        let mut rng = stream(2, "eigen", 0);
        let mut a = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                a[i * d + j] = box_muller(&mut rng);
                a[j * d + i] = a[i * d + j];
            }
        }
        let mut axes = vec![0.0; d * d];
        let values = eigen(&mut a.clone(), &mut axes, d);
        for at in 0..d * d {
            let sum: f64 = (0..d).map(|k| values[k] * axes[k * d + at / d] * axes[k * d + at % d]).sum();
            assert!((sum - a[at]).abs() < 1e-10, "{at}: {sum} {}", a[at]);
        }
    }

    #[test]
    fn components_take_turns_and_begin_apart() {
        let mut rng = stream(3, "means", 0);
        let means = spread_means(3, 16, -100.0..100.0, 1_000, &mut rng);
        let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        assert!(apart(&means[0], &means[1]) > 50.0 && apart(&means[1], &means[2]) > 50.0);
        assert!(means.iter().flatten().all(|x| x.abs() < 100.0));
        let mut components = Components::new(means.clone(), Config::default());
        for mean in means.iter().chain(&means[..1]).take(3) {
            assert_eq!(components.current().mean(), mean);
            let samples = components.current().ask(&mut rng);
            components.tell(&samples);
        }
        assert_ne!(components.current().mean(), means[0], "the first has learned");
    }
}
