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

/// Lanes times actions of constructions that are made side by side: 16 latent vectors of up to 256 nodes. Of larger
/// instances fewer, so that there is something before the end of an attempt, in 16 MB.
const TOGETHER: usize = 1 << 20;

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
    /// Lanes side by side.
    together: usize,
    /// Whether to stop in the middle of an attempt: then it has the constructions that were finished.
    is_over: &'a dyn Fn() -> bool,
    /// Constructions so far.
    pub(crate) trajectories: u64,
}

/// The cost of a construction with where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    cost: Cost,
    agent: usize,
    opening: usize,
}

/// Keeps the cheaper, of equals the one with the lower actions.
fn keep(best: &mut Found, cost: Cost, actions: Vec<u32>) {
    *best = best.take().into_iter().chain([(cost, actions)]).min();
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
        let (scratch, together) = (Scratch::default(), (TOGETHER / problem.width().max(1)).max(1));
        Some(Self { model, problem, openings, seed, encoded, agent: 0, scratch, together, is_over, trajectories: 0 })
    }

    /// An attempt with random choices, number `index`: all its feasible constructions.
    pub fn sample(&mut self, index: u64) -> Vec<(Cost, Vec<u32>)> {
        let first = index * self.openings.len() as u64;
        let (lanes, mut found) = (self.openings.clone(), Vec::new());
        self.construct(0, &lanes, Some(first), |_, cost, mut actions| {
            actions.shrink_to_fit();
            found.push((cost, actions));
        });
        found
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

    /// Constructions by an agent from some openings, greedy or with the random choices from number `draws` on. Calls
    /// `take` with the lane, the cost and the actions of every feasible one.
    fn construct(
        &mut self,
        agent: usize,
        lanes: &[Option<u32>],
        draws: Option<u64>,
        take: impl FnMut(usize, Cost, Vec<u32>),
    ) {
        let model = self.model.agent(agent);
        if agent != self.agent {
            model.take_over(&mut self.encoded);
            self.agent = agent;
        }
        model.condition(&mut self.encoded, &[]);
        self.decode(model, lanes, draws, take);
    }

    /// A construction per lane, some of them side by side; when it is over, those that are finished. Lanes that follow
    /// several latent vectors must not be more than go together.
    fn decode(
        &mut self,
        model: &AttentionModel,
        lanes: &[Option<u32>],
        draws: Option<u64>,
        mut take: impl FnMut(usize, Cost, Vec<u32>),
    ) {
        let decode = if draws.is_none() { Decode::Greedy } else { Decode::Sample { temperature: 1.0 } };
        for (from, starts) in (0..).step_by(self.together).zip(lanes.chunks(self.together)) {
            let numbers = draws.into_iter().flat_map(|first| first + from as u64..).take(starts.len());
            let mut streams: Vec<Stream> = numbers.map(|k| stream(self.seed, "population", k)).collect();
            let rollout = Rollout { starts, streams: &mut streams, decode, is_over: self.is_over };
            let found = model.decode_unless(self.problem, &self.encoded, rollout, &mut self.scratch);
            let Some(found) = found else { return };
            self.trajectories += found.len() as u64;
            for (lane, Trajectory { cost, actions, .. }) in (from..).zip(found) {
                if let Ok(cost) = cost {
                    take(lane, cost, actions);
                }
            }
        }
    }

    /// Every agent greedily from every opening, one attempt each; then samples from the best pairs of agent and
    /// opening, as many pairs as agents, until `attempts` are used. Calls `take` after every attempt with the best of
    /// it; it says whether to go on.
    pub fn two_steps(&mut self, attempts: u64, mut take: impl FnMut(Found) -> bool) {
        let (agents, all) = (self.model.agents(), self.openings.clone());
        let mut candidates = Vec::new();
        for agent in (0..agents).take(usize::try_from(attempts).unwrap_or(usize::MAX)) {
            let mut best: Found = None;
            self.construct(agent, &all, None, |opening, cost, actions| {
                candidates.push(Candidate { cost, agent, opening });
                // Of equals the first opening.
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, actions));
                }
            });
            if !take(best) {
                return;
            }
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
            let mut best: Found = None;
            self.construct(agent, &lanes, Some(draws), |_, cost, actions| keep(&mut best, cost, actions));
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

    /// Half of a generation.
    fn parents(&self) -> usize {
        8
    }

    /// Greedy.
    fn follow(&mut self, latents: &[Vec<f32>]) -> Vec<Found> {
        let openings = self.openings.clone();
        let (count, mut found) = (openings.len(), vec![None; latents.len()]);
        let part = (self.together / count).max(1);
        for (latents, found) in latents.chunks(part).zip(found.chunks_mut(part)) {
            self.model.condition(&mut self.encoded, latents);
            let lanes: Vec<Option<u32>> = openings.iter().copied().cycle().take(latents.len() * count).collect();
            self.decode(self.model, &lanes, None, |lane, cost, actions| keep(&mut found[lane / count], cost, actions));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use heuron_policies::{Architecture, Task, Weights};
    use heuron_problems::{Generate, Tsp};
    use rand::Rng;

    use super::*;

    fn instance(n: usize) -> Tsp {
        Tsp::generate(&Tsp::spec(n, "uniform").unwrap(), &mut stream(101, "population", 0))
    }

    fn model(latent: Option<usize>, agents: Option<usize>) -> AttentionModel {
        let architecture = Architecture { latent, agents, ..Architecture::new(Task::Tsp, 16, 2, 1, 16) };
        let mut weights = Weights::random(architecture, 1).unwrap();
        let tensors = weights.architecture.tensors();
        for ((name, _), values) in
            tensors.iter().zip(&mut weights.tensors).filter(|((name, _), _)| name.contains("latent"))
        {
            let mut stream = stream(4, name, 0);
            values.iter_mut().for_each(|value| *value = 0.02 * (stream.random::<f32>() - 0.5));
        }
        AttentionModel::new(&weights).unwrap()
    }

    /// Vectors that make a difference.
    fn latents() -> Vec<Vec<f32>> {
        let mut stream = stream(5, "vectors", 0);
        (0..6).map(|_| (0..16).map(|_| 100.0 * (2.0 * stream.random::<f32>() - 1.0)).collect()).collect()
    }

    #[test]
    fn parts_of_an_attempt_come_to_what_the_whole_does() {
        let problem = instance(24);
        let (latent, agents) = (model(Some(16), None), model(None, Some(3)));
        let run = |together: usize| {
            let mut tries = Attempts::new(&latent, &problem, 1, &|| false).unwrap();
            tries.together = together;
            let followed = tries.follow(&latents());
            let sampled = tries.sample(1);
            let mut tries = Attempts::new(&agents, &problem, 1, &|| false).unwrap();
            tries.together = together;
            let mut found = Vec::new();
            tries.two_steps(6, |best| {
                found.push(best);
                true
            });
            (followed, sampled, found)
        };
        let whole = run(1_000);
        let costs: Vec<Cost> = whole.0.iter().flatten().map(|(cost, _)| *cost).collect();
        assert!(costs.len() == 6 && costs.iter().any(|cost| *cost != costs[0]), "{costs:?}");
        for together in [1, 7, 24, 50] {
            assert_eq!(run(together), whole, "{together}");
        }
    }

    #[test]
    fn clock_is_asked_every_few_decisions_and_what_is_finished_then_counts() {
        let (problem, model, asked) = (instance(100), model(Some(16), None), Cell::new(0_u64));
        let end = Cell::new(u64::MAX);
        let is_over = || {
            asked.set(asked.get() + 1);
            asked.get() > end.get()
        };
        let mut tries = Attempts::new(&model, &problem, 1, &is_over).unwrap();
        tries.together = 100;
        asked.set(0);
        assert!(tries.follow(&latents()).iter().all(Option::is_some));
        // 100 lanes of 98 decisions for each of six vectors, of which at most 32 go by unasked.
        let all = asked.get();
        assert!(all > 6 * 100 * 98 / 32, "{all}");
        asked.set(0);
        end.set(all / 2);
        let found = tries.follow(&latents());
        assert!(found[0].is_some() && found[5].is_none());
        // Each vector that is left asks once.
        assert!(asked.get() < all / 2 + 8, "{}", asked.get());
    }
}
