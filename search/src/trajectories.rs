//! Numbered constructions of an instance: the k-th depends on the seed and k only, whoever makes it and in whose
//! company.

use std::ops::Range;
use std::sync::Arc;

use heuron_policies::augment::{Image, Symmetry};
use heuron_policies::native::{Encoded, Rollout, Scratch, shop};
use heuron_policies::{AttentionModel, Decode, DispatchModel, Learnable, Policy, Shop, Start, rollout};
use heuron_problems::{Construct, Cost, Stream, stream};

use crate::run::Watch;

/// A source of constructions: the first ones are greedy, one per opening, those after them are sampled.
pub trait Trajectories<P: Construct>: Sync {
    /// What an island keeps from one call to the next.
    type Memory: Default + Send;

    /// Whether a learned model makes them.
    const IS_MODEL: bool = true;

    /// How many of the first constructions are greedy.
    fn greedy(&self, problem: &P) -> u64;

    /// The best feasible one of `range`, which is all greedy or all sampled. None if there is none, or if the watch
    /// said stop before.
    fn best(
        &self,
        problem: &P,
        range: Range<u64>,
        seed: u64,
        memory: &mut Self::Memory,
        watch: &Watch,
    ) -> Option<(Cost, P::Solution)>;
}

/// The random choices of the k-th construction.
fn choices(seed: u64, k: u64) -> Stream {
    stream(seed, "rollout", k)
}

/// Constructions of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule<A> {
    /// What chooses.
    pub policy: A,
    /// Temperature of the samples.
    pub temperature: f32,
}

impl<P: Construct, A: Policy<P>> Trajectories<P> for Rule<A> {
    type Memory = Option<A::Memory>;

    const IS_MODEL: bool = false;

    fn greedy(&self, problem: &P) -> u64 {
        problem.openings().len().max(1) as u64
    }

    fn best(
        &self,
        problem: &P,
        range: Range<u64>,
        seed: u64,
        memory: &mut Self::Memory,
        watch: &Watch,
    ) -> Option<(Cost, P::Solution)> {
        let batch = std::slice::from_ref(problem);
        let memory = memory.get_or_insert_with(|| self.policy.encode(batch));
        let openings = problem.openings();
        let is_greedy = range.start < self.greedy(problem);
        let decode = if is_greedy { Decode::Greedy } else { Decode::Sample { temperature: self.temperature } };
        // Samples go through the openings again and again.
        let opening = |k: u64| openings.get(k as usize % openings.len().max(1)).copied();
        let start = |k| Start { instance: 0, opening: opening(k), stream: choices(seed, k) };
        let outcomes = rollout(&self.policy, memory, batch, range.map(start).collect(), decode, || watch.is_late())?;
        let feasible = outcomes.into_iter().filter_map(|outcome| Some((outcome.cost.ok()?, outcome.solution)));
        feasible.min_by_key(|(cost, _)| *cost)
    }
}

/// Constructions of an attention model, from every opening in all eight images of the instance (Kwon et al., POMO,
/// 2020, section 4.3).
#[derive(Clone, Debug)]
pub struct Images<P> {
    model: Arc<AttentionModel>,
    images: Vec<Image<P>>,
    openings: Vec<u32>,
}

/// An encoded image, and buffers.
#[derive(Default)]
pub struct Encoding {
    /// Number of the image that is encoded.
    image: Option<usize>,
    encoded: Encoded,
    scratch: Scratch,
}

impl<P: Learnable + Clone> Images<P> {
    /// The constructions of `model` for `problem`, which it must fit ([`AttentionModel::fits`]).
    pub fn new(model: Arc<AttentionModel>, problem: &P) -> Self {
        let shared = Arc::new(problem.clone());
        let images = Symmetry::all().map(|symmetry| Image { problem: shared.clone(), symmetry }).into();
        Self { model, images, openings: problem.openings() }
    }
}

impl<P: Learnable> Images<P> {
    fn per_image(&self) -> u64 {
        self.openings.len().max(1) as u64
    }

    /// The cheapest of the constructions `range` of one image; the outer none: the watch said stop.
    fn cheapest(&self, part: &Part, memory: &mut Encoding, watch: &Watch) -> Option<Option<(Cost, Vec<u32>)>> {
        let Encoding { image, encoded, scratch } = memory;
        let problem = &self.images[part.image];
        if *image != Some(part.image) {
            *image = None;
            let done = self.model.encode_for_decoding(problem, encoded, &|| watch.is_late()).ok()?;
            if !done {
                return None;
            }
            *image = Some(part.image);
        }
        let opening = |k: u64| self.openings.get(k as usize % self.openings.len().max(1)).copied();
        let starts: Vec<Option<u32>> = part.range.clone().map(opening).collect();
        let mut streams: Vec<Stream> = part.range.clone().map(|k| choices(part.seed, k)).collect();
        let is_over = || watch.is_late();
        let rollout = Rollout { starts: &starts, streams: &mut streams, decode: part.decode, is_over: &is_over };
        let found = self.model.decode_unless(problem, encoded, rollout, scratch)?;
        Some(found.into_iter().filter_map(|trajectory| Some((trajectory.cost.ok()?, trajectory.actions))).min())
    }
}

/// Constructions of one image.
struct Part {
    image: usize,
    range: Range<u64>,
    decode: Decode,
    seed: u64,
}

impl<P: Learnable> Trajectories<P> for Images<P> {
    type Memory = Encoding;

    fn greedy(&self, _: &P) -> u64 {
        self.images.len() as u64 * self.per_image()
    }

    fn best(
        &self,
        problem: &P,
        range: Range<u64>,
        seed: u64,
        memory: &mut Encoding,
        watch: &Watch,
    ) -> Option<(Cost, P::Solution)> {
        let is_greedy = range.start < self.greedy(problem);
        let decode = if is_greedy { Decode::Greedy } else { Decode::Sample { temperature: 1.0 } };
        let mut best: Option<(Cost, Vec<u32>)> = None;
        let mut from = range.start;
        while from < range.end {
            let turn = from / self.per_image();
            let to = range.end.min((turn + 1) * self.per_image());
            let image = turn as usize % self.images.len();
            let part = Part { image, range: from..to, decode, seed };
            best = best.into_iter().chain(self.cheapest(&part, memory, watch)?).min();
            from = to;
        }
        best.map(|(cost, actions)| (cost, problem.build(&actions)))
    }
}

/// Schedules of a dispatch model: a greedy one of every agent, then samples of the agents in turn.
#[derive(Clone, Debug)]
pub struct Dispatched(pub Arc<DispatchModel>);

/// The encoded shop, and buffers.
#[derive(Default)]
pub struct Shopfloor {
    is_encoded: bool,
    encoded: shop::Encoded,
    scratch: shop::Scratch,
}

impl<P: Shop> Trajectories<P> for Dispatched {
    type Memory = Shopfloor;

    fn greedy(&self, _: &P) -> u64 {
        self.0.agents() as u64
    }

    fn best(
        &self,
        problem: &P,
        range: Range<u64>,
        seed: u64,
        Shopfloor { is_encoded, encoded, scratch }: &mut Shopfloor,
        watch: &Watch,
    ) -> Option<(Cost, P::Solution)> {
        if !*is_encoded {
            self.0.encode(problem, encoded).ok()?;
            *is_encoded = true;
        }
        let is_greedy = range.start < Trajectories::<P>::greedy(self, problem);
        let decode = if is_greedy { Decode::Greedy } else { Decode::Sample { temperature: 1.0 } };
        let is_over = || watch.is_late();
        let mut best: Option<(Cost, Vec<u32>)> = None;
        for agent in 0..self.0.agents() {
            let own = |k: &u64| *k % self.0.agents() as u64 == agent as u64;
            let mut streams: Vec<Stream> = range.clone().filter(own).map(|k| choices(seed, k)).collect();
            if streams.is_empty() {
                continue;
            }
            let model = self.0.agent(agent);
            if self.0.agents() > 1 {
                model.take_over(encoded);
            }
            let starts = vec![None; streams.len()];
            let rollout = Rollout { starts: &starts, streams: &mut streams, decode, is_over: &is_over };
            let found = model.decode_unless(problem, encoded, rollout, scratch)?;
            let feasible = found.into_iter().filter_map(|found| Some((found.cost.ok()?, found.actions)));
            best = best.into_iter().chain(feasible).min();
        }
        best.map(|(cost, actions)| (cost, problem.build(&actions)))
    }
}
