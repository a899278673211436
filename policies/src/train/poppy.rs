//! Poppy: a population of decoders that share an encoder, each trained where it is the best. N. Grinsztajn, D.
//! Furelos-Blanco, S. Surana, C. Bonnet, T. D. Barrett, "Winner takes it all: training performant RL populations for
//! combinatorial optimization", NeurIPS 2023, algorithm 2.
//!
//! All agents begin as the same model. Of every instance and start only the best agent's trajectory is learned, by that
//! agent's decoder and by the encoder.

use heuron_problems::Cost;
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::native::{Misfit, Pull, StepWeights, Trajectory};
use crate::train::collect::{Tally, instance, number, roll, starts};
use crate::train::compass::{Costs, Lesson, best_two, mean, unit};
use crate::train::config::{Config, ConfigError, require};
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// Settings of Poppy.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poppy {
    /// Agents. Default: 4; the paper has 4 to 32.
    pub agents: usize,
    /// What a winner's cost is compared with. Default: second-best.
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
        let batch = self.config.batch;
        let numbers: Vec<u64> = (0..batch).map(|i| number(self.number, batch, i)).collect();
        engine.model.fits(&self.instance::<P>(numbers[0])?)?;
        Ok(engine.update(&numbers, self.rate, |model, &index, share| {
            if let Ok(problem) = self.instance::<P>(index) {
                // Cannot fail, as said above.
                let _ = self.learn(model, &problem, index, share);
            }
        }))
    }

    fn instance<P: Train>(&self, index: u64) -> Result<P, TrainError> {
        instance(self.config.seed, index, self.sizes, &self.config.distribution)
    }

    /// Adds the gradient of one instance.
    fn learn<P: Train>(&self, model: &P::Model, problem: &P, index: u64, share: &mut Share<P>) -> Result<(), Misfit> {
        let Config { seed, poppy, batch, .. } = self.config;
        let starts = starts(problem, self.config.starts, *seed, index);
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
        let cost = |found: &Trajectory| found.cost.as_ref().ok().copied();
        let costs: Vec<Vec<Option<Cost>>> = found.iter().map(|found| found.iter().map(cost).collect()).collect();
        share.tally.instances += 1;
        found.iter().for_each(|found| share.tally.count_found(found, forced));
        self.count_wins(&costs, &mut share.tally);
        let lessons = poppy.weigh(&costs);
        for (agent, found) in found.iter().enumerate() {
            let own = || lessons.iter().filter(|lesson| lesson.candidate == agent);
            if own().next().is_none() {
                continue;
            }
            let traces: Vec<Vec<u32>> = own().map(|lesson| found[lesson.start].actions.clone()).collect();
            let weights: Vec<f32> = own().map(|lesson| lesson.weight / *batch as f32).collect();
            let losses = own().map(|lesson| f64::from(lesson.weight * found[lesson.start].log_prob));
            share.tally.loss += losses.sum::<f64>() / *batch as f64;
            let model = model.agent(agent, &mut share.buffers.encoded);
            let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
            let (encoded, gradient) = (&share.buffers.encoded, &mut share.gradient);
            model.backward(problem, encoded, &traces, forced, &pull, gradient);
        }
        Ok(())
    }

    /// Who was strictly the best, and how often nobody was.
    fn count_wins(&self, costs: &Costs, tally: &mut Tally) {
        let starts = costs.first().map_or(0, Vec::len);
        let strict = |start: usize| {
            let (agent, cost, second) = best_two(costs, start)?;
            (second != Some(cost)).then_some(agent)
        };
        let winners: Vec<usize> = (0..starts).filter_map(strict).collect();
        tally.compare(starts, winners.len());
        tally.wins.resize(self.config.poppy.agents, 0);
        winners.iter().for_each(|&agent| tally.wins[agent] += 1);
    }
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
