//! Poppy: a population of decoders that share an encoder, each trained where it is the best. N. Grinsztajn, D.
//! Furelos-Blanco, S. Surana, C. Bonnet, T. D. Barrett, "Winner takes it all: training performant RL populations for
//! combinatorial optimization", NeurIPS 2023, algorithm 2.
//!
//! All agents begin as the same model. Of every instance and start only the best agent's trajectory is learned, by that
//! agent's decoder and by the encoder.

use heuron_problems::config::require;
use heuron_problems::{ConfigError, Cost};
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::native::{Misfit, Trajectory};
use crate::train::candidates::{Costs, Lesson, best_two, costs, mean, teach, unit};
use crate::train::collect::{Tally, roll, starts};
use crate::train::config::Config;
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::problem::Train;
use crate::train::step::Step;

/// Settings of Poppy.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poppy {
    /// Agents. Default: 4; the paper has 4 to 32.
    pub agents: usize,
    /// What a winner's cost is compared with. Default: second-best (theorem 1, and the authors' settings).
    pub baseline: Baseline,
}

/// What a winner's cost is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// The cost of the second best agent: the gradient of the population's best (theorem 1). Ties teach nothing.
    #[default]
    SecondBest,
    /// The mean cost of the same agent over the starts, as in POMO (algorithm 2).
    Mean,
}

impl Default for Poppy {
    fn default() -> Self {
        Self { agents: 4, baseline: Baseline::default() }
    }
}

impl Poppy {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        require((2..=256).contains(&self.agents), "poppy.agents", "a number from 2 to 256", self.agents)
    }

    /// What is learned from the costs of all agents from all starts.
    pub fn weigh(&self, costs: &Costs) -> Vec<Lesson> {
        let (unit, starts) = (unit(costs), costs.first().map_or(0, Vec::len));
        let lesson = |start: usize| {
            let (candidate, cost, second) = best_two(costs, start)?;
            let baseline = match self.baseline {
                Baseline::SecondBest => second? as f64,
                Baseline::Mean => mean(&costs[candidate]),
            };
            let weight = ((cost as f64 - baseline) / unit / starts as f64) as f32;
            (weight != 0.0).then_some(Lesson { candidate, start, weight })
        };
        (0..starts).filter_map(lesson).collect()
    }
}

/// Takes a step.
pub(super) fn step<P: Train>(at: Step<'_>, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
    at.run(engine, |model, problem, index, share| learn(at.config, model, problem, index, share))
}

/// Adds the gradient of one instance.
fn learn<P: Train>(
    config: &Config,
    model: &P::Model,
    problem: &P,
    index: u64,
    share: &mut Share<P>,
) -> Result<(), Misfit> {
    let Config { seed, poppy, .. } = config;
    let starts = starts(problem, config.starts, *seed, index);
    let forced = usize::from(starts.first().is_some_and(Option::is_some));
    model.encode(problem, &mut share.buffers.encoded)?;
    // Every agent has draws of its own.
    let draws = |agent: usize| (*seed, index * poppy.agents as u64 + agent as u64);
    let found: Vec<Vec<Trajectory>> = (0..poppy.agents)
        .map(|agent| {
            let model = model.agent(agent, &mut share.buffers.encoded);
            roll(model, problem, &starts, draws(agent), &mut share.buffers)
        })
        .collect();
    let costs: Vec<Vec<Option<Cost>>> = found.iter().map(|found| costs(found)).collect();
    share.tally.instances += 1;
    found.iter().for_each(|found| share.tally.count_found(found, forced));
    count_wins(&costs, &mut share.tally);
    let lessons = poppy.weigh(&costs);
    for (agent, found) in found.iter().enumerate() {
        let mut own = lessons.iter().filter(|lesson| lesson.candidate == agent).peekable();
        if own.peek().is_some() {
            let model = model.agent(agent, &mut share.buffers.encoded);
            let learned = own.map(|lesson| (&found[lesson.start], lesson.weight));
            teach(model, problem, learned, (forced, config.batch), share);
        }
    }
    model.backward_encoder(&share.buffers.encoded, &mut share.gradient);
    Ok(())
}

/// Who was strictly the best, and how often nobody was.
fn count_wins(costs: &Costs, tally: &mut Tally) {
    let starts = costs.first().map_or(0, Vec::len);
    let strict = |start: usize| {
        let (agent, cost, second) = best_two(costs, start)?;
        (second != Some(cost)).then_some(agent)
    };
    let winners: Vec<usize> = (0..starts).filter_map(strict).collect();
    tally.compare(starts, winners.len());
    tally.wins.resize(costs.len(), 0);
    winners.iter().for_each(|&agent| tally.wins[agent] += 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(rows: &[&[Cost]]) -> Vec<Vec<Option<Cost>>> {
        rows.iter().map(|row| row.iter().map(|&cost| Some(cost)).collect()).collect()
    }

    #[test]
    fn winner_is_encouraged_by_its_lead_over_the_second() {
        let poppy = Poppy::default();
        let lessons = poppy.weigh(&costs(&[&[10, 20, 15], &[12, 16, 15]]));
        assert_eq!(lessons.iter().map(|l| (l.candidate, l.start)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        assert!(lessons[1].weight < lessons[0].weight && lessons[0].weight < 0.0);
        // Twice the lead.
        assert_eq!(lessons[1].weight, 2.0 * lessons[0].weight);
    }

    #[test]
    fn mean_of_the_winner_is_the_other_baseline_and_ties_go_to_the_first() {
        let poppy = Poppy { baseline: Baseline::Mean, ..Poppy::default() };
        let lessons = poppy.weigh(&costs(&[&[10, 20], &[10, 16]]));
        assert_eq!(lessons.iter().map(|l| (l.candidate, l.start)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        assert!(lessons[0].weight < 0.0 && lessons[1].weight > 0.0);
    }

    #[test]
    fn a_population_of_equals_learns_nothing() {
        assert!(Poppy::default().weigh(&costs(&[&[7, 8], &[7, 8]])).is_empty());
    }
}
