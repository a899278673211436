//! COMPASS: one policy that a latent vector steers, trained so that its best vectors get better. F. Chalumeau, S. Surana,
//! C. Bonnet, N. Grinsztajn, A. Pretorius, A. Laterre, T. D. Barrett, "Combinatorial optimization with policy adaptation
//! using latent space search", NeurIPS 2023, section 3.2.
//!
//! A step draws latent vectors, the same for all instances, and a trajectory per vector and start. Of every start only the
//! strictly best trajectory is learned, with the mean of its vector's trajectories as baseline; where two vectors tie,
//! nothing is. The mean is over all starts, also of those: Adam's steps do not depend on the scale of a loss.

use heuron_problems::{Cost, Stream, stream};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::native::{Misfit, Pull, StepWeights};
use crate::train::collect::{Tally, instance, number, roll, starts};
use crate::train::config::{Config, ConfigError, require};
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// Settings of COMPASS.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compass {
    /// Latent vectors per step. Default: 32; the paper has 128.
    pub latents: usize,
    /// Numbers of a latent vector. Default: 16, as published.
    pub length: usize,
    /// Vectors are uniform within plus and minus this on every axis. Default: 100, as in the authors' settings: weights
    /// that begin at 0 then matter soon.
    pub amplification: f32,
}

impl Default for Compass {
    fn default() -> Self {
        Self { latents: 32, length: 16, amplification: 100.0 }
    }
}

impl Compass {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self { latents, length, amplification } = *self;
        require((2..=100_000).contains(&latents), "compass.latents", "a number from 2 to 100000", latents)?;
        require((1..=1_024).contains(&length), "compass.length", "a number from 1 to 1024", length)?;
        let good = amplification > 0.0 && amplification.is_finite();
        require(good, "compass.amplification", "a number above 0", amplification)
    }

    /// `count` vectors of the prior.
    pub fn draw(&self, count: usize, stream: &mut Stream) -> Vec<Vec<f32>> {
        let mut number = || self.amplification * (2.0 * stream.random::<f32>() - 1.0);
        (0..count).map(|_| (0..self.length).map(|_| number()).collect()).collect()
    }
}

/// A trajectory that is learned: of a candidate (latent vector or agent) from a start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// Number of the candidate.
    pub candidate: usize,
    /// Number of the start.
    pub start: usize,
    /// Derivative of the loss by its log-probability.
    pub weight: f32,
}

/// Costs by candidate and start; none for one that breaks a rule.
pub type Costs = [Vec<Option<Cost>>];

/// Mean cost of all, without sign: costs are taken relative to it, as in [`crate::train::reinforce`].
pub(super) fn unit(costs: &Costs) -> f64 {
    let known = || costs.iter().flatten().flatten();
    let sum: f64 = known().map(|&cost| cost as f64).sum();
    (sum / known().count().max(1) as f64).abs().max(f64::MIN_POSITIVE)
}

/// Mean cost of a candidate.
pub(super) fn mean(costs: &[Option<Cost>]) -> f64 {
    let sum: f64 = costs.iter().flatten().map(|&cost| cost as f64).sum();
    sum / costs.iter().flatten().count().max(1) as f64
}

/// The cheapest candidate of a start, the first of equals, and the cost of the second, which is the same where they tie.
pub(super) fn best_two(costs: &Costs, start: usize) -> Option<(usize, Cost, Option<Cost>)> {
    let known = costs.iter().enumerate().filter_map(|(candidate, costs)| Some((costs[start]?, candidate)));
    let (cost, best) = known.clone().min()?;
    let second = known.filter(|&(_, candidate)| candidate != best).map(|(cost, _)| cost).min();
    Some((best, cost, second))
}

/// The strictly best trajectory of every start, with the mean of its candidate's costs as baseline.
pub fn weigh(costs: &Costs) -> Vec<Lesson> {
    let (unit, starts) = (unit(costs), costs.first().map_or(0, Vec::len));
    let lesson = |start: usize| {
        let (candidate, cost, second) = best_two(costs, start)?;
        let advantage = (cost as f64 - mean(&costs[candidate])) / unit / starts as f64;
        (second != Some(cost)).then_some(Lesson { candidate, start, weight: advantage as f32 })
    };
    (0..starts).filter_map(lesson).collect()
}

/// What decides a step.
pub(super) struct Step<'a> {
    pub config: &'a Config,
    pub number: u64,
    pub sizes: &'a [usize],
    pub rate: f64,
}

impl Step<'_> {
    /// Takes the step. No instance fails once the first has not: size and distribution decide that.
    pub fn run<P: Train>(&self, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
        let Config { batch, seed, compass, .. } = self.config;
        let numbers: Vec<u64> = (0..*batch).map(|i| number(self.number, *batch, i)).collect();
        engine.model.fits(&self.instance::<P>(numbers[0])?)?;
        let latents = compass.draw(compass.latents, &mut stream(*seed, "latents", self.number));
        Ok(engine.update(&numbers, self.rate, |model, &index, share| {
            if let Ok(problem) = self.instance::<P>(index) {
                // Cannot fail, as said above.
                let _ = self.learn(model, &problem, index, &latents, share);
            }
        }))
    }

    fn instance<P: Train>(&self, index: u64) -> Result<P, TrainError> {
        instance(self.config.seed, index, self.sizes, &self.config.distribution)
    }

    /// Adds the gradient of one instance.
    fn learn<P: Train>(
        &self,
        model: &P::Model,
        problem: &P,
        index: u64,
        latents: &[Vec<f32>],
        share: &mut Share<P>,
    ) -> Result<(), Misfit> {
        let seed = self.config.seed;
        let starts = starts(problem, self.config.starts, seed, index);
        let forced = usize::from(starts.first().is_some_and(Option::is_some));
        model.encode(problem, &mut share.buffers.encoded)?;
        model.condition(&mut share.buffers.encoded, latents);
        // Vector by vector, each from all starts.
        let lanes: Vec<Option<u32>> = starts.iter().copied().cycle().take(latents.len() * starts.len()).collect();
        let found = roll(model, problem, &lanes, (seed, index), &mut share.buffers);
        let costs: Vec<Vec<Option<Cost>>> = found
            .chunks(starts.len())
            .map(|part| part.iter().map(|found| found.cost.as_ref().ok().copied()).collect())
            .collect();
        let lessons = weigh(&costs);
        share.tally.instances += 1;
        share.tally.count_found(&found, forced);
        share.tally.compare(starts.len(), lessons.len());
        if lessons.is_empty() {
            return Ok(());
        }
        let lane = |lesson: &Lesson| &found[lesson.candidate * starts.len() + lesson.start];
        let batch = self.config.batch as f32;
        let weights: Vec<f32> = lessons.iter().map(|lesson| lesson.weight / batch).collect();
        let losses = lessons.iter().zip(&weights).map(|(lesson, weight)| f64::from(weight * lane(lesson).log_prob));
        share.tally.loss += losses.sum::<f64>();
        let traces: Vec<Vec<u32>> = lessons.iter().map(|lesson| lane(lesson).actions.clone()).collect();
        let followed: Vec<Vec<f32>> = lessons.iter().map(|lesson| latents[lesson.candidate].clone()).collect();
        model.condition(&mut share.buffers.encoded, &followed);
        let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
        model.backward(problem, &share.buffers.encoded, &traces, forced, &pull, &mut share.gradient);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(rows: &[&[Cost]]) -> Vec<Vec<Option<Cost>>> {
        rows.iter().map(|row| row.iter().map(|&cost| Some(cost)).collect()).collect()
    }

    #[test]
    fn only_the_strictly_best_of_a_start_is_learned() {
        let lessons = weigh(&costs(&[&[10, 8, 12], &[11, 9, 12], &[14, 8, 9]]));
        let places: Vec<_> = lessons.iter().map(|lesson| (lesson.candidate, lesson.start)).collect();
        assert_eq!(places, [(0, 0), (2, 2)]);
        // Of its own vector's trajectories the first is exactly average, the other one better.
        assert!(lessons[0].weight == 0.0 && lessons[1].weight < 0.0);
    }

    #[test]
    fn worse_than_its_own_mean_is_discouraged_even_where_it_wins() {
        let lessons = weigh(&costs(&[&[10, 2, 3], &[11, 12, 13]]));
        assert!(lessons[0].weight > 0.0 && lessons[1].weight < 0.0);
    }

    #[test]
    fn unit_of_the_costs_does_not_matter() {
        let (small, large) = (costs(&[&[10, 8], &[11, 6]]), costs(&[&[10_000, 8_000], &[11_000, 6_000]]));
        assert_eq!(weigh(&small), weigh(&large));
        assert!(weigh(&[]).is_empty() && weigh(&costs(&[&[3, 3], &[3, 3]])).is_empty());
    }

    #[test]
    fn broken_rules_have_no_part_in_it() {
        let lessons = weigh(&[vec![None, Some(4)], vec![Some(5), None]]);
        assert_eq!(lessons.iter().map(|lesson| (lesson.candidate, lesson.start)).collect::<Vec<_>>(), [(1, 0), (0, 1)]);
        assert!(weigh(&[vec![None], vec![None]]).is_empty());
    }

    #[test]
    fn vectors_fill_the_cube_of_the_prior() {
        let prior = Compass::default();
        let drawn = prior.draw(50, &mut stream(1, "prior", 0));
        assert!(drawn.iter().all(|vector| vector.len() == 16));
        let largest = drawn.iter().flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!((90.0..=100.0).contains(&largest), "{largest}");
    }
}
