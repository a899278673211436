//! Inference: how solutions of an instance are gathered from a model, and the best of them kept.
//!
//! Several starts and the eight images of the instance are those of Kwon et al., "POMO", NeurIPS 2020, section 4.3.

use std::sync::Arc;

use heuron_policies::augment::{Image, Symmetry};
use heuron_policies::inference::{Effort, Search};
use heuron_policies::native::{Encoded, Misfit, Scratch, shop};
use heuron_policies::{AttentionModel, Decode, DispatchModel, Learnable, Model, Outcome, Policy, Shop, Start, rollout};
use heuron_problems::{Construct, Cost, Stream, stream};

use crate::beam::beam;
use crate::guided::{Guided, guided};

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

const SAMPLING: Decode = Decode::Sample { temperature: 1.0 };

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
        let openings = some(image.openings(), effort.starts);
        let attempt = Attempt { model, image: &image, openings: &openings };
        match effort.search {
            Search::Beam(_) | Search::Guided { .. } => {
                let mut memory = Policy::encode(model, std::slice::from_ref(&image));
                let (count, outcomes) = grow(model, &mut memory, &image, &openings, effort.search);
                found.keep(count, cheapest(outcomes));
            }
            Search::Greedy => {
                let count = openings.len().max(1);
                found.keep(count as u64, attempt.roll(count, Decode::Greedy, &mut [], &mut buffers.attention)?);
            }
            Search::Sample(count) => {
                let mut streams: Vec<Stream> = (0..count).map(|i| samples(effort.seed, index, number, i)).collect();
                found.keep(count as u64, attempt.roll(count, SAMPLING, &mut streams, &mut buffers.attention)?);
            }
        }
    }
    Ok(found)
}

/// The best that `model` finds for shop number `index` of a set. It has no images and chooses its openings itself. The
/// agents of a population construct in turn: each a greedy schedule, or its share of the samples.
///
/// # Errors
/// [`Misfit::NoSearch`] for a tree search.
pub fn dispatch<P: Shop>(
    model: &DispatchModel,
    problem: &P,
    index: u64,
    effort: Effort,
    buffers: &mut Buffers,
) -> Result<Found<P::Solution>, Misfit> {
    model.fits(problem)?;
    let (count, decode) = match effort.search {
        Search::Greedy => (model.agents(), Decode::Greedy),
        Search::Sample(count) => (count, SAMPLING),
        Search::Beam(_) | Search::Guided { .. } => return Err(Misfit::NoSearch("beam")),
    };
    let mut found = Found { best: None, trajectories: 0 };
    model.encode(problem, &mut buffers.dispatch.0)?;
    for agent in 0..model.agents() {
        let mut streams: Vec<Stream> =
            (agent..count).step_by(model.agents()).map(|i| samples(effort.seed, index, 0, i)).collect();
        let model = Model::<P>::agent(model, agent, &mut buffers.dispatch.0);
        let attempt = Attempt { model, image: problem, openings: &[] };
        let best = attempt.construct(streams.len(), decode, &mut streams, &mut buffers.dispatch);
        found.keep(streams.len() as u64, best);
    }
    Ok(found)
}

/// Steps, lanes and actions of constructions that go together: 64 MB of masks and logits.
const TOGETHER: usize = 1 << 24;

/// The best that any policy finds for the instances `first`, `first + 1`, ... of a set, which have the same width: many
/// constructions of many instances go together, as a network on a device needs it.
pub fn solve_all<P: Learnable, A: Policy<Image<P>>>(
    policy: &A,
    problems: &[Arc<P>],
    first: u64,
    effort: Effort,
) -> Vec<Found<P::Solution>> {
    let mut found: Vec<Found<P::Solution>> = problems.iter().map(|_| Found { best: None, trajectories: 0 }).collect();
    let images = if effort.augment { Symmetry::all().len() } else { 1 };
    let (openings, width) =
        problems.first().map_or((0, 1), |problem| (problem.openings().len(), problem.width().max(1)));
    let lanes = match effort.search {
        Search::Sample(count) => count,
        _ => openings.min(effort.starts.unwrap_or(usize::MAX)).max(1),
    };
    let part = (TOGETHER / (lanes * width)).max(1);
    for (number, symmetry) in (0..).zip(Symmetry::all()).take(images) {
        for (chunk, from) in problems.chunks(part).zip((0..).step_by(part)) {
            let batch: Vec<Image<P>> =
                chunk.iter().map(|problem| Image { problem: problem.clone(), symmetry }).collect();
            if let Search::Beam(_) | Search::Guided { .. } = effort.search {
                for (image, found) in batch.iter().zip(&mut found[from..]) {
                    let openings = some(image.openings(), effort.starts);
                    let mut memory = policy.encode(std::slice::from_ref(image));
                    let (count, outcomes) = grow(policy, &mut memory, image, &openings, effort.search);
                    found.keep(count, cheapest(outcomes));
                }
                continue;
            }
            let open = |(instance, image): (usize, &Image<P>)| {
                let openings = some(image.openings(), effort.starts);
                let index = first + (from + instance) as u64;
                let start = move |i: usize| Start {
                    instance,
                    opening: openings.get(i % openings.len().max(1)).copied(),
                    stream: samples(effort.seed, index, number, i),
                };
                (0..lanes).map(start).collect::<Vec<_>>()
            };
            let mut memory = policy.encode(&batch);
            let starts: Vec<Start> = batch.iter().enumerate().flat_map(open).collect();
            let decode = match effort.search {
                Search::Sample(_) => SAMPLING,
                _ => Decode::Greedy,
            };
            let outcomes = rollout(policy, &mut memory, &batch, starts, decode, || false).unwrap_or_default();
            for (outcome, at) in outcomes.into_iter().zip(0..) {
                found[from + at / lanes].keep(1, cheapest([outcome]));
            }
        }
    }
    found
}

/// The first `most`.
fn some(mut openings: Vec<u32>, most: Option<usize>) -> Vec<u32> {
    openings.truncate(most.unwrap_or(usize::MAX));
    openings
}

/// Random numbers of sample `i` in image `image` of instance number `index`: 2^20 samples per image, 8 images.
fn samples(seed: u64, index: u64, image: u64, i: usize) -> Stream {
    stream(seed, "inference", ((index * 8 + image) << 20) + i as u64)
}

/// Number and outcomes of the constructions of a tree search.
fn grow<P: Construct, A: Policy<P>>(
    policy: &A,
    memory: &mut A::Memory,
    problem: &P,
    openings: &[u32],
    search: Search,
) -> (u64, Vec<Outcome<P>>) {
    match search {
        Search::Guided { lanes, children } => {
            let found = guided(policy, memory, problem, openings, Guided { lanes, children }, &|| false);
            (found.constructions, found.best.into_iter().collect())
        }
        Search::Beam(width) => {
            let outcomes = beam(policy, memory, problem, openings, width);
            (outcomes.len() as u64, outcomes)
        }
        Search::Greedy | Search::Sample(_) => (0, Vec::new()),
    }
}

fn cheapest<P: Construct>(outcomes: impl IntoIterator<Item = Outcome<P>>) -> Option<(Cost, P::Solution)> {
    let feasible = outcomes.into_iter().filter_map(|outcome| Some((outcome.cost.ok()?, outcome.solution)));
    feasible.min_by_key(|(cost, _)| *cost)
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
    /// Encodes the instance, then constructs.
    fn roll(
        &self,
        count: usize,
        decode: Decode,
        streams: &mut [Stream],
        buffers: &mut (M::Encoded, M::Scratch),
    ) -> Result<Option<(Cost, P::Solution)>, Misfit> {
        self.model.encode_for_decoding(self.image, &mut buffers.0)?;
        Ok(self.construct(count, decode, streams, buffers))
    }

    /// The best of `count` constructions, which go through the openings in turn.
    fn construct(
        &self,
        count: usize,
        decode: Decode,
        streams: &mut [Stream],
        (encoded, scratch): &mut (M::Encoded, M::Scratch),
    ) -> Option<(Cost, P::Solution)> {
        let starts: Vec<Option<u32>> = match self.openings {
            [] => vec![None; count],
            openings => openings.iter().copied().map(Some).cycle().take(count).collect(),
        };
        let trajectories = self.model.decode(self.image, encoded, &starts, streams, decode, scratch);
        let best = trajectories.into_iter().filter_map(|t| Some((t.cost.ok()?, t.actions))).min();
        best.map(|(cost, actions)| (cost, self.image.build(&actions)))
    }
}

#[cfg(test)]
mod tests {
    use heuron_policies::{Architecture, Weights, zoo};
    use heuron_problems::{Cvrp, Generate, Knapsack, Problem, Tsp};

    use super::*;

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
        // So is one with a lane per opening from all of them.
        assert_eq!(run(effort(Search::Beam(openings as usize))), (all, count));
        // One lane without alternatives is the best greedy construction; simulations never lose it.
        assert_eq!(run(effort(Search::Guided { lanes: 1, children: 1 })), (all, count));
        let (simulated, tried) = run(effort(Search::Guided { lanes: 3, children: 3 }));
        assert!(simulated <= all && tried > count);
    }

    #[test]
    fn many_instances_together_come_to_the_same_as_one_by_one() {
        let weights = Weights::random(Architecture::new(heuron_policies::Task::Cvrp, 16, 2, 1, 16), 1).unwrap();
        let model = AttentionModel::new(&weights).unwrap();
        let instance = |i| Arc::new(Cvrp::generate(&Cvrp::spec(11, "uniform").unwrap(), &mut stream(101, "many", i)));
        let problems: Vec<Arc<Cvrp>> = (0..5).map(instance).collect();
        for search in [Search::Greedy, Search::Beam(5), Search::Guided { lanes: 2, children: 3 }] {
            let effort = Effort { augment: true, ..effort(search) };
            let together = solve_all(&model, &problems, 0, effort);
            let alone = |problem| solve(&model, problem, 0, effort, &mut Buffers::default()).unwrap();
            for (problem, found) in problems.iter().zip(together) {
                let alone = alone(problem);
                let cost = |found: &Found<_>| found.best.as_ref().map(|(cost, _)| *cost);
                assert_eq!((cost(&found), found.trajectories), (cost(&alone), alone.trajectories));
            }
        }
        let effort = Effort { starts: Some(3), ..effort(Search::Sample(7)) };
        let found = solve_all(&model, &problems, 0, effort);
        let holds = |(problem, found): (&Arc<Cvrp>, &Found<_>)| {
            let (cost, solution) = found.best.as_ref().unwrap();
            found.trajectories == 7 && problem.evaluate(solution) == Ok(*cost)
        };
        assert!(problems.iter().zip(&found).all(holds));
    }

    /// Packings of 50 items are the case: nearly all openings are certain to go on as they do.
    #[test]
    fn wider_beams_of_the_shipped_model_are_no_worse_on_average() {
        let weights = zoo::find("knapsack").unwrap().weights().unwrap();
        let model = AttentionModel::new(&weights).unwrap();
        let spec = Knapsack::spec(50, "uniform").unwrap();
        let problems: Vec<Arc<Knapsack>> =
            (0..10).map(|i| Arc::new(Knapsack::generate(&spec, &mut stream(101, "beam", i)))).collect();
        let mut buffers = Buffers::default();
        let mut total = |search: Search| -> Cost {
            let mut cost = |problem| solve(&model, problem, 0, effort(search), &mut buffers).unwrap().best.unwrap().0;
            problems.iter().map(&mut cost).sum()
        };
        let totals = [Search::Greedy, Search::Beam(50), Search::Beam(100), Search::Beam(200)].map(&mut total);
        assert_eq!(totals[0], totals[1]);
        assert!(totals.is_sorted_by(|narrow, wide| wide <= narrow), "{totals:?}");
    }

    #[test]
    fn every_way_to_search_gives_solutions_of_the_cost_it_says() {
        check::<Tsp>();
        check::<Cvrp>();
        check::<Knapsack>();
    }
}
