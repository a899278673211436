//! Inference: how solutions of an instance are gathered from a model, and the best of them kept.
//!
//! Several starts and the eight images of the instance are those of Kwon et al., "POMO", NeurIPS 2020, section 4.3.

use std::sync::Arc;

use heuron_problems::{Construct, Cost, Stream, stream};

use crate::augment::{Image, Symmetry};
use crate::beam::beam;
use crate::features::Learnable;
use crate::features::shop::Shop;
use crate::model::Model;
use crate::native::{AttentionModel, DispatchModel, Encoded, Misfit, Scratch, shop};
use crate::rollout::Decode;

/// How hard a model tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// How a construction chooses.
    pub search: Search,
    /// Openings that are tried, the first ones; none: all.
    pub starts: Option<usize>,
    /// Whether the eight images of the instance are tried, not only itself.
    pub augment: bool,
    /// Seed of the samples.
    pub seed: u64,
}

/// How constructions choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The most probable action; one construction per opening.
    Greedy,
    /// At random by probability: so many constructions, which go through the openings in turn.
    Sample(usize),
    /// Beam search of so many lanes from all openings.
    Beam(usize),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<S> {
    /// The cheapest feasible solution and its cost.
    pub best: Option<(Cost, S)>,
    /// Constructions, feasible or not.
    pub trajectories: u64,
}

/// Buffers, reused.
#[derive(Default)]
pub struct Buffers {
    attention: (Encoded, Scratch),
    dispatch: (shop::Encoded, shop::Scratch),
}

/// The best that `model` finds for instance number `index` of a set.
pub fn solve<P: Learnable>(
    model: &AttentionModel,
    problem: &Arc<P>,
    index: u64,
    effort: Effort,
    buffers: &mut Buffers,
) -> Result<Found<P::Solution>, Misfit> {
    let mut found = Found { best: None, trajectories: 0 };
    let images = if effort.augment { Symmetry::all().len() } else { 1 };
    for (number, symmetry) in (0..).zip(Symmetry::all()).take(images) {
        let image = Image { problem: problem.clone(), symmetry };
        model.fits(&image)?;
        let mut openings = image.openings();
        openings.truncate(effort.starts.unwrap_or(usize::MAX));
        let attempt = Attempt { model, image: &image, openings: &openings };
        match effort.search {
            Search::Beam(width) => {
                let outcomes = beam(model, &image, &openings, width);
                let count = outcomes.len() as u64;
                let feasible = outcomes.into_iter().filter_map(|o| Some((o.cost.ok()?, o.solution)));
                found.keep(count, feasible.min_by_key(|(cost, _)| *cost));
            }
            Search::Greedy => {
                let count = openings.len().max(1);
                found.keep(count as u64, attempt.roll(count, Decode::Greedy, &mut [], &mut buffers.attention)?);
            }
            Search::Sample(count) => {
                let mut streams = streams(effort.seed, index * 8 + number, count);
                found.keep(count as u64, attempt.roll(count, SAMPLING, &mut streams, &mut buffers.attention)?);
            }
        }
    }
    Ok(found)
}

/// The best that `model` finds for shop number `index` of a set. It has no images and chooses its openings itself.
pub fn dispatch<P: Shop>(
    model: &DispatchModel,
    problem: &P,
    index: u64,
    effort: Effort,
    buffers: &mut Buffers,
) -> Result<Found<P::Solution>, Misfit> {
    model.fits(problem)?;
    let attempt = Attempt { model, image: problem, openings: &[] };
    let (count, decode) = match effort.search {
        Search::Greedy => (1, Decode::Greedy),
        Search::Sample(count) => (count, SAMPLING),
        Search::Beam(_) => return Err(Misfit::Beam),
    };
    let mut found = Found { best: None, trajectories: 0 };
    let mut streams = streams(effort.seed, index * 8, count);
    found.keep(count as u64, attempt.roll(count, decode, &mut streams, &mut buffers.dispatch)?);
    Ok(found)
}

const SAMPLING: Decode = Decode::Sample { temperature: 1.0 };

/// Those of the samples of an image: 2^20 samples per image, 8 images per instance.
fn streams(seed: u64, image: u64, count: usize) -> Vec<Stream> {
    (0..count as u64).map(|sample| stream(seed, "inference", (image << 20) + sample)).collect()
}

impl<S> Found<S> {
    fn keep(&mut self, trajectories: u64, best: Option<(Cost, S)>) {
        self.trajectories += trajectories;
        if let Some((cost, solution)) = best
            && self.best.as_ref().is_none_or(|(least, _)| cost < *least)
        {
            self.best = Some((cost, solution));
        }
    }
}

/// An image of an instance, and where constructions may begin.
struct Attempt<'a, M, P> {
    model: &'a M,
    image: &'a P,
    openings: &'a [u32],
}

impl<P: Construct, M: Model<P>> Attempt<'_, M, P> {
    /// The best of `count` constructions, which go through the openings in turn.
    fn roll(
        &self,
        count: usize,
        decode: Decode,
        streams: &mut [Stream],
        (encoded, scratch): &mut (M::Encoded, M::Scratch),
    ) -> Result<Option<(Cost, P::Solution)>, Misfit> {
        self.model.encode(self.image, encoded)?;
        let starts: Vec<Option<u32>> = match self.openings {
            [] => vec![None; count],
            openings => openings.iter().copied().map(Some).cycle().take(count).collect(),
        };
        let trajectories = self.model.decode(self.image, encoded, &starts, streams, decode, scratch);
        let best = trajectories.into_iter().filter_map(|t| Some((t.cost.ok()?, t.actions))).min();
        Ok(best.map(|(cost, actions)| {
            let mut state = self.image.start();
            actions.iter().for_each(|&action| self.image.step(&mut state, action));
            (cost, self.image.finish(&state))
        }))
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Generate, Knapsack, Tsp};

    use super::*;
    use crate::architecture::Architecture;
    use crate::weights::Weights;

    fn effort(search: Search) -> Effort {
        Effort { search, starts: None, augment: false, seed: 1 }
    }

    /// Every way to search gives feasible solutions of the cost it says; more effort is never worse.
    fn check<P: Learnable + Generate>() {
        let weights = Weights::random(Architecture::new(P::TASK, 16, 2, 1, 16), 1).unwrap();
        let model = AttentionModel::new(&weights).unwrap();
        let problem = Arc::new(P::generate(&P::spec(15, "uniform").unwrap(), &mut stream(101, "inference", 0)));
        let mut buffers = Buffers::default();
        let mut run = |effort: Effort| {
            let found = solve(&model, &problem, 0, effort, &mut buffers).unwrap();
            let (cost, solution) = found.best.unwrap();
            assert_eq!(problem.evaluate(&solution), Ok(cost));
            (cost, found.trajectories)
        };
        let openings = problem.openings().len() as u64;
        let (one, single) = run(Effort { starts: Some(1), ..effort(Search::Greedy) });
        let (all, count) = run(effort(Search::Greedy));
        let (images, many) = run(Effort { augment: true, ..effort(Search::Greedy) });
        assert_eq!([single, count, many], [1, openings, 8 * openings]);
        assert!(images <= all && all <= one);
        let [few, more] = [4, 40].map(|count| run(effort(Search::Sample(count))));
        assert!(more.0 <= few.0 && [few.1, more.1] == [4, 40]);
        assert_eq!(run(effort(Search::Sample(40))), more);
        // A narrow beam from one opening is the greedy construction.
        assert_eq!(run(Effort { starts: Some(1), ..effort(Search::Beam(1)) }).0, one);
        assert_eq!(run(effort(Search::Beam(7))).1, 7);
    }

    #[test]
    fn every_way_to_search_gives_solutions_of_the_cost_it_says() {
        check::<Tsp>();
        check::<Cvrp>();
        check::<Knapsack>();
    }
}
