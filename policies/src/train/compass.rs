//! COMPASS: one policy that a latent vector steers, trained so that its best vectors get better. F. Chalumeau, S.
//! Surana, C. Bonnet, N. Grinsztajn, A. Pretorius, A. Laterre, T. D. Barrett, "Combinatorial optimization with policy
//! adaptation using latent space search", NeurIPS 2023, section 3.2.
//!
//! A step draws latent vectors, the same for all instances, and a trajectory per vector and start. Of every start only
//! the strictly best trajectory is learned, with the mean of its vector's trajectories as baseline; where two vectors
//! tie, nothing is. The mean is over all starts, also of those: Adam's steps do not depend on the scale of a loss.

use heuron_problems::config::{positive, require};
use heuron_problems::{ConfigError, Stream, stream};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::native::Misfit;
use crate::train::candidates::{Costs, Lesson, best_two, costs, mean, teach, unit};
use crate::train::collect::{Tally, roll, starts};
use crate::train::config::Config;
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::problem::Train;
use crate::train::step::Step;

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
        positive("compass.amplification", amplification)
    }

    /// `count` vectors of the prior.
    pub fn draw(&self, count: usize, stream: &mut Stream) -> Vec<Vec<f32>> {
        let mut number = || self.amplification * (2.0 * stream.random::<f32>() - 1.0);
        (0..count).map(|_| (0..self.length).map(|_| number()).collect()).collect()
    }
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

/// Takes a step.
pub(super) fn step<P: Train>(at: Step<'_>, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
    let Config { seed, compass, .. } = at.config;
    let latents = compass.draw(compass.latents, &mut stream(*seed, "latents", at.number));
    at.run(engine, |model, problem, index, share| learn(at.config, model, (problem, index), &latents, share))
}

/// Adds the gradient of one instance.
fn learn<P: Train>(
    config: &Config,
    model: &P::Model,
    (problem, index): (&P, u64),
    latents: &[Vec<f32>],
    share: &mut Share<P>,
) -> Result<(), Misfit> {
    let starts = starts(problem, config.starts, config.seed, index);
    let forced = usize::from(starts.first().is_some_and(Option::is_some));
    model.encode(problem, &mut share.buffers.encoded)?;
    model.condition(&mut share.buffers.encoded, latents);
    // Vector by vector, each from all starts.
    let lanes: Vec<Option<u32>> = starts.iter().copied().cycle().take(latents.len() * starts.len()).collect();
    let found = roll(model, problem, &lanes, (config.seed, index), &mut share.buffers);
    let lessons = weigh(&found.chunks(starts.len()).map(costs).collect::<Vec<_>>());
    share.tally.instances += 1;
    share.tally.count_found(&found, forced);
    share.tally.compare(starts.len(), lessons.len());
    let followed: Vec<Vec<f32>> = lessons.iter().map(|lesson| latents[lesson.candidate].clone()).collect();
    model.condition(&mut share.buffers.encoded, &followed);
    let learned = lessons.iter().map(|l| (&found[l.candidate * starts.len() + l.start], l.weight));
    teach(model, problem, learned, (forced, config.batch), share);
    model.backward_encoder(&share.buffers.encoded, &mut share.gradient);
    Ok(())
}

#[cfg(test)]
mod tests {
    use heuron_problems::Cost;

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
