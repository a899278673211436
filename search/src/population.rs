//! Searches with many policies in one: a population of agents (Grinsztajn et al., Poppy, NeurIPS 2023), latent vectors
//! of one policy (Chalumeau et al., COMPASS, NeurIPS 2023), or one that learns ([`crate::active`]).
//!
//! Effort is counted in attempts: a construction from every opening.

use heuron_policies::native::{Encoded, Keys, Lessons, Rollout, Scratch, Trajectory};
use heuron_policies::{AttentionModel, Decode, Learnable};
use heuron_problems::{Cost, Stream, stream};

use crate::latent::Follow;

/// The best construction of an attempt.
pub type Found = Option<(Cost, Vec<u32>)>;

/// A model at work on one instance.
pub struct Attempts<'a, P> {
    model: &'a AttentionModel,
    problem: &'a P,
    openings: Vec<Option<u32>>,
    seed: u64,
    encoded: Encoded,
    /// The agent that has taken over what is encoded.
    agent: usize,
    scratch: Scratch,
    /// Whether to stop in the middle of an attempt.
    is_over: &'a dyn Fn() -> bool,
    /// Constructions so far.
    pub(crate) trajectories: u64,
}

/// A construction with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    cost: Cost,
    agent: usize,
    opening: usize,
    actions: Vec<u32>,
}

impl<'a, P: Learnable> Attempts<'a, P> {
    /// Encodes the instance; none if the model does not fit it, or if it is over before.
    pub fn new(model: &'a AttentionModel, problem: &'a P, seed: u64, is_over: &'a dyn Fn() -> bool) -> Option<Self> {
        let mut encoded = Encoded::default();
        if !model.encode_for_decoding(problem, &mut encoded, is_over).ok()? {
            return None;
        }
        let openings = problem.openings();
        let openings = if openings.is_empty() { vec![None] } else { openings.into_iter().map(Some).collect() };
        let scratch = Scratch::default();
        Some(Self { model, problem, openings, seed, encoded, agent: 0, scratch, is_over, trajectories: 0 })
    }

    /// An attempt with random choices, number `index`: all its feasible constructions.
    pub fn sample(&mut self, index: u64) -> Vec<(Cost, Vec<u32>)> {
        let first = index * self.openings.len() as u64;
        let lanes = self.openings.clone();
        let candidates = self.construct(0, &lanes, Some(first));
        candidates.into_iter().map(|c| (c.cost, c.actions)).collect()
    }

    /// The pointer's keys as the encoder makes them.
    pub fn keys(&self) -> Keys {
        self.model.keys(&self.encoded)
    }

    /// Adds to the gradient of the keys, from the derivatives of a loss by the log-probabilities of constructions.
    pub fn learn(&self, traces: &[Vec<u32>], weights: &[f32], keys: &mut Keys) {
        let forced = usize::from(self.openings[0].is_some());
        self.model.learn_keys(self.problem, &self.encoded, Lessons { traces, forced, weights }, keys, self.is_over);
    }

    /// Moves the keys by a step of this rate; later samples follow them.
    pub fn follow_keys(&mut self, keys: &mut Keys, rate: f32) {
        self.model.move_keys(&mut self.encoded, keys, rate);
    }

    /// Constructions by an agent from some openings, greedy or with the random choices from number `draws` on.
    fn construct(&mut self, agent: usize, lanes: &[Option<u32>], draws: Option<u64>) -> Vec<Candidate> {
        let model = self.model.agent(agent);
        if agent != self.agent {
            model.take_over(&mut self.encoded);
            self.agent = agent;
        }
        model.condition(&mut self.encoded, &[]);
        let mut streams: Vec<Stream> = draws
            .into_iter()
            .flat_map(|first| first..)
            .take(lanes.len())
            .map(|k| stream(self.seed, "population", k))
            .collect();
        let found = self.decode(model, lanes, &mut streams);
        let candidate = |(opening, found): (usize, Trajectory)| {
            Some(Candidate { cost: found.cost.ok()?, agent, opening, actions: found.actions })
        };
        found.into_iter().enumerate().filter_map(candidate).collect()
    }

    /// A construction per lane, greedy without streams; none at all if it is over.
    fn decode(&mut self, model: &AttentionModel, lanes: &[Option<u32>], streams: &mut [Stream]) -> Vec<Trajectory> {
        let decode = if streams.is_empty() { Decode::Greedy } else { Decode::Sample { temperature: 1.0 } };
        let rollout = Rollout { starts: lanes, streams, decode, is_over: self.is_over };
        let found = model.decode_unless(self.problem, &self.encoded, rollout, &mut self.scratch).unwrap_or_default();
        self.trajectories += found.len() as u64;
        found
    }

    /// Every agent greedily from every opening, one attempt each; then samples from the best pairs of agent and
    /// opening, as many pairs as agents, until `attempts` are used. Calls `take` after every attempt with the best of
    /// it; it says whether to go on.
    pub fn two_steps(&mut self, attempts: u64, mut take: impl FnMut(Found) -> bool) {
        let (agents, all) = (self.model.agents(), self.openings.clone());
        let mut candidates = Vec::new();
        for agent in (0..agents).take(usize::try_from(attempts).unwrap_or(usize::MAX)) {
            let found = self.construct(agent, &all, None);
            if !take(found.iter().min().map(|c| (c.cost, c.actions.clone()))) {
                return;
            }
            candidates.extend(found);
        }
        candidates.sort();
        let pairs: Vec<(usize, usize)> = candidates.iter().take(agents).map(|c| (c.agent, c.opening)).collect();
        let mut draws = 0;
        for attempt in agents as u64..attempts {
            if pairs.is_empty() {
                return;
            }
            let (agent, opening) = pairs[(attempt % pairs.len() as u64) as usize];
            // As many constructions as an attempt has, all of one pair.
            let lanes = vec![all[opening]; all.len()];
            let best = self.construct(agent, &lanes, Some(draws)).into_iter().map(|c| (c.cost, c.actions)).min();
            draws += all.len() as u64;
            if !take(best) {
                return;
            }
        }
    }
}

impl<P: Learnable> Follow for Attempts<'_, P> {
    fn length(&self) -> usize {
        self.model.architecture().latent.unwrap_or(0)
    }

    /// Greedy.
    fn follow(&mut self, latents: &[Vec<f32>]) -> Vec<Found> {
        self.model.condition(&mut self.encoded, latents);
        let lanes: Vec<Option<u32>> =
            self.openings.iter().copied().cycle().take(latents.len() * self.openings.len()).collect();
        let found = self.decode(self.model, &lanes, &mut []);
        let mut found = found.into_iter().map(|found| Some((found.cost.ok()?, found.actions)));
        let count = self.openings.len();
        (0..latents.len()).map(|_| found.by_ref().take(count).flatten().min()).collect()
    }
}
