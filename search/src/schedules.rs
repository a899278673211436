//! Attempts of a dispatch model on one shop. An attempt is a schedule.

use heuron_policies::native::{Rollout, shop};
use heuron_policies::{Decode, DispatchModel, Shop};
use heuron_problems::{Stream, stream};

use crate::latent::Follow;
use crate::population::Found;

/// Samples that are made side by side.
const LANES: u64 = 16;

/// A model at work on one shop.
pub struct Schedules<'a, P> {
    model: &'a DispatchModel,
    problem: &'a P,
    seed: u64,
    encoded: shop::Encoded,
    /// The agent that has taken over what is encoded.
    agent: usize,
    scratch: shop::Scratch,
    /// Whether to stop in the middle of an attempt.
    is_over: &'a dyn Fn() -> bool,
    /// Schedules so far.
    pub(crate) trajectories: u64,
}

impl<'a, P: Shop> Schedules<'a, P> {
    /// Encodes the shop; none if the model does not fit it.
    pub fn new(model: &'a DispatchModel, problem: &'a P, seed: u64, is_over: &'a dyn Fn() -> bool) -> Option<Self> {
        let mut encoded = shop::Encoded::default();
        model.encode(problem, &mut encoded).ok()?;
        let scratch = shop::Scratch::default();
        Some(Self { model, problem, seed, encoded, agent: 0, scratch, is_over, trajectories: 0 })
    }

    /// Samples of the first agent. Calls `take` after every attempt; it says whether to go on.
    pub fn samples(&mut self, attempts: u64, mut take: impl FnMut(Found) -> bool) {
        let mut from = 0;
        while from < attempts {
            let draws: Vec<u64> = (from..attempts.min(from + LANES)).collect();
            from += draws.len() as u64;
            if !self.construct(0, &draws, true, &[]).into_iter().all(&mut take) {
                return;
            }
        }
    }

    /// A greedy schedule of every agent, then samples of the agents in turn, which is how the paper shares samples of
    /// job shops out. Calls `take` after every attempt; it says whether to go on.
    pub fn in_turn(&mut self, attempts: u64, mut take: impl FnMut(Found) -> bool) {
        let agents = self.model.agents() as u64;
        let mut from = 0;
        while from < attempts {
            let to = attempts.min(if from == 0 { agents } else { from + LANES.max(agents) });
            let mut round = vec![None; (to - from) as usize];
            for agent in 0..agents {
                let draws: Vec<u64> = (from..to).filter(|draw| draw % agents == agent).collect();
                let found = self.construct(agent as usize, &draws, from > 0, &[]);
                draws.into_iter().zip(found).for_each(|(draw, found)| round[(draw - from) as usize] = found);
            }
            from = to;
            if !round.into_iter().all(&mut take) {
                return;
            }
        }
    }

    /// A schedule of an agent per draw, greedy or sampled; equal consecutive parts of them follow a latent vector each.
    fn construct(&mut self, agent: usize, draws: &[u64], is_sampled: bool, latents: &[Vec<f32>]) -> Vec<Found> {
        let model = self.model.agent(agent);
        if agent != self.agent {
            model.take_over(&mut self.encoded);
            self.agent = agent;
        }
        model.condition(&mut self.encoded, latents);
        let mut streams: Vec<Stream> = draws.iter().map(|&draw| stream(self.seed, "schedules", draw)).collect();
        let decode = if is_sampled { Decode::Sample { temperature: 1.0 } } else { Decode::Greedy };
        let starts = vec![None; draws.len()];
        let rollout = Rollout { starts: &starts, streams: &mut streams, decode, is_over: self.is_over };
        let found = model.decode_unless(self.problem, &self.encoded, rollout, &mut self.scratch).unwrap_or_default();
        self.trajectories += found.len() as u64;
        let mut found: Vec<Found> =
            found.into_iter().map(|found| found.cost.ok().map(|cost| (cost, found.actions))).collect();
        found.resize(draws.len(), None);
        found
    }
}

impl<P: Shop> Follow for Schedules<'_, P> {
    fn length(&self) -> usize {
        self.model.architecture().latent.unwrap_or(0)
    }

    /// As published of job shops, (16 / 4) 3; of flow shops nothing is.
    fn parents(&self) -> usize {
        12
    }

    /// Sampled, as in the paper.
    fn follow(&mut self, latents: &[Vec<f32>]) -> Vec<Found> {
        let draws: Vec<u64> = (self.trajectories..).take(latents.len()).collect();
        self.construct(0, &draws, true, latents)
    }
}
