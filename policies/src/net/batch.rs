//! Instances and recorded choices as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::decoder::NEVER;
use super::parameters::tensor;
use crate::features::local::{NUMBERS, Neighbourhood, Neighbours};
use crate::features::{Context, Learnable};
use crate::native::Misfit;

/// Instances of equally many nodes on a device. b: instances, n: nodes.
#[derive(Clone)]
pub(super) struct Instances {
    /// \[b, n, features\].
    pub nodes: Tensor<3>,
    /// Distances in the unit square times log2(n) \[b, n, n\]; none without coordinates.
    pub distances: Option<Tensor<3>>,
    /// Of every instance; none without a local policy.
    pub neighbourhoods: Vec<Neighbourhood>,
}

impl Instances {
    /// `local`: neighbours of a local policy.
    pub fn new<P: Learnable>(problems: &[&P], local: Option<usize>, device: &Device) -> Result<Self, Misfit> {
        let (b, n) = (problems.len(), problems.first().map_or(0, |problem| problem.width()));
        let (mut nodes, mut points, mut neighbourhoods) = (Vec::new(), Vec::new(), Vec::new());
        for problem in problems {
            let features = problem.features().ok_or(Misfit::NoCoordinates)?;
            neighbourhoods.extend(local.map(|k| Neighbourhood::new(P::TASK, &features, k)));
            nodes.extend(features.nodes);
            points.extend(features.points.into_iter().flatten());
        }
        let nodes = tensor(nodes, [b, n, P::TASK.features()], device);
        let distances = (!points.is_empty()).then(|| distances(tensor(points, [b, n, 2], device)));
        Ok(Self { nodes, distances, neighbourhoods })
    }
}

/// Distances of points \[b, n, 2\] times log2(n).
fn distances(points: Tensor<3>) -> Tensor<3> {
    let [b, n, _] = points.dims();
    let squared = |axis: usize| {
        let x = points.clone().slice([0..b, 0..n, axis..axis + 1]);
        let apart = x.clone() - x.swap_dims(1, 2);
        apart.clone() * apart
    };
    (squared(0) + squared(1)).sqrt() * (n as f32).log2()
}

/// Choices to judge, equally many rows per instance: instances with fewer are filled up with rows that nobody reads.
pub(super) struct Queries {
    instances: usize,
    /// Rows per instance.
    pub rows: usize,
    /// Number of the first and of the last node among those of all instances, each followed by "none" \[b rows\].
    pub first: Vec<i32>,
    pub last: Vec<i32>,
    /// Share of the capacity that is left \[b rows\].
    pub left: Vec<f32>,
    /// 0 where an action is allowed, else [`NEVER`] \[b rows, n\].
    pub mask: Vec<f32>,
    pub local: Option<Surroundings>,
    /// Latent vectors \[b rows, length\]; empty without.
    latents: Vec<f32>,
    n: usize,
}

/// What a local policy sees of the choices; places without a neighbour point to node n.
pub(super) struct Surroundings {
    /// Neighbours per row.
    pub k: usize,
    /// \[b rows k\].
    pub nodes: Vec<i32>,
    /// \[b rows k, NUMBERS\].
    pub numbers: Vec<f32>,
    /// 1 where there is a neighbour \[b rows k\].
    pub present: Vec<f32>,
    /// 1 over the number of neighbours \[b rows\].
    pub share: Vec<f32>,
    found: Neighbours,
}

impl Surroundings {
    fn new(rows: usize, n: usize, k: usize) -> Self {
        Self {
            k,
            nodes: vec![n as i32; rows * k],
            numbers: vec![0.0; rows * k * NUMBERS],
            present: vec![0.0; rows * k],
            share: vec![1.0; rows],
            found: Neighbours::default(),
        }
    }

    fn put(&mut self, at: usize, neighbourhood: &Neighbourhood, context: &Context, allowed: &[bool]) {
        neighbourhood.look(context, |node| allowed[node], &mut self.found);
        self.share[at] = 1.0 / self.found.nodes.len().max(1) as f32;
        for (slot, (&node, numbers)) in (at * self.k..).zip(self.found.nodes.iter().zip(&self.found.numbers)) {
            (self.nodes[slot], self.present[slot]) = (node as i32, 1.0);
            self.numbers[slot * NUMBERS..][..NUMBERS].copy_from_slice(numbers);
        }
    }
}

impl Queries {
    pub fn new(instances: usize, rows: usize, n: usize, local: Option<usize>) -> Self {
        let all = instances * rows;
        let none = |row: usize| ((row / rows) * (n + 1) + n) as i32;
        let nowhere: Vec<i32> = (0..all).map(none).collect();
        let mask = vec![0.0; all * n];
        let local = local.map(|k| Surroundings::new(all, n, k));
        let (first, last, left, latents) = (nowhere.clone(), nowhere, vec![0.0; all], Vec::new());
        Self { instances, rows, first, last, left, mask, local, latents, n }
    }

    /// Fills row `row` of `instance`; gives its number among all rows.
    pub fn put(
        &mut self,
        (instance, row): (usize, usize),
        context: Context,
        allowed: &[bool],
        neighbourhoods: &[Neighbourhood],
    ) -> usize {
        let at = instance * self.rows + row;
        let place = |node: Option<u32>| (instance * (self.n + 1) + node.map_or(self.n, |node| node as usize)) as i32;
        (self.first[at], self.last[at], self.left[at]) = (place(context.first), place(context.last), context.left);
        let mask = &mut self.mask[at * self.n..][..self.n];
        mask.iter_mut().zip(allowed).for_each(|(to, &allowed)| *to = if allowed { 0.0 } else { NEVER });
        if let (Some(local), Some(neighbourhood)) = (&mut self.local, neighbourhoods.get(instance)) {
            local.put(at, neighbourhood, &context, allowed);
        }
        at
    }

    /// \[b, rows, n\].
    pub fn mask(&self, device: &Device) -> Tensor<3> {
        tensor(self.mask.clone(), [self.instances, self.rows, self.n], device)
    }

    /// \[b, rows, 1\].
    pub fn left(&self, device: &Device) -> Tensor<3> {
        tensor(self.left.clone(), [self.instances, self.rows, 1], device)
    }

    /// The latent vectors \[b, rows, length\].
    pub fn latents(&self, device: &Device) -> Option<Tensor<3>> {
        let length = self.latents.len() / (self.instances * self.rows).max(1);
        (length > 0).then(|| tensor(self.latents.clone(), [self.instances, self.rows, length], device))
    }

    /// Rows of a table \[b, n + 1, width\] by numbers of nodes \[b rows\].
    pub fn pick(&self, table: &Tensor<3>, nodes: &[i32]) -> Tensor<3> {
        let [b, n, width] = table.dims();
        let rows = indices(nodes.to_vec(), &table.device());
        table.clone().reshape([b * n, width]).select(0, rows).reshape([b, self.rows, width])
    }
}

/// Numbers of rows.
pub(super) fn indices(rows: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// A table \[b, n, width\] with a last row of zeros for "no node".
pub(super) fn with_none(table: Tensor<3>) -> Tensor<3> {
    let [b, _, width] = table.dims();
    let none = Tensor::zeros([b, 1, width], &table.device());
    Tensor::cat(vec![table, none], 1)
}

/// Choices that were made, as rows of [`Queries`].
pub(super) struct Choices {
    pub queries: Queries,
    /// Numbers of the rows that hold choices, and what was chosen in them \[choices\].
    rows: Vec<i32>,
    actions: Vec<i32>,
    /// Instance, trajectory and choice \[choices\].
    pub places: Vec<[usize; 3]>,
}

impl Choices {
    /// Makes choices follow their trajectory's latent vector \[instance\]\[trajectory\]; without vectors none.
    pub fn follow(&mut self, latents: &[Vec<Vec<f32>>]) {
        let Some(length) = latents.iter().flatten().map(Vec::len).next() else { return };
        let queries = &mut self.queries;
        queries.latents = vec![0.0; queries.instances * queries.rows * length];
        for (&row, &[instance, trace, _]) in self.rows.iter().zip(&self.places) {
            queries.latents[row as usize * length..][..length].copy_from_slice(&latents[instance][trace]);
        }
    }

    /// Numbers of the rows that hold choices.
    pub fn rows(&self, device: &Device) -> Tensor<1, Int> {
        indices(self.rows.clone(), device)
    }

    /// The entries of what was chosen, of rows of all actions \[choices, n\].
    pub fn chosen(&self, rows: Tensor<2>, device: &Device) -> Tensor<1> {
        let choices = self.actions.len();
        let actions = TensorData::new(self.actions.clone(), [choices, 1]);
        rows.gather(1, Tensor::<2, Int>::from_data(actions, device)).reshape([choices])
    }
}

/// Goes through recorded constructions of several instances, a bounded number of choices at a time.
pub(super) struct Walk<'a, P: Learnable> {
    problems: &'a [&'a P],
    traces: &'a [Vec<Vec<u32>>],
    forced: usize,
    instances: &'a Instances,
    /// Neighbours of a local policy.
    local: Option<usize>,
    /// Most rows per instance.
    rows: usize,
    places: Vec<Place<P::State>>,
}

/// How far an instance is.
struct Place<S> {
    state: S,
    trace: usize,
    at: usize,
    /// Choices to come.
    left: usize,
}

impl<'a, P: Learnable> Walk<'a, P> {
    /// The first `forced` actions of every trace were not chosen. At most `most` choices times nodes come at a time,
    /// but at least one choice per instance.
    pub fn new(
        problems: &'a [&'a P],
        traces: &'a [Vec<Vec<u32>>],
        forced: usize,
        (instances, local): (&'a Instances, Option<usize>),
        most: usize,
    ) -> Self {
        let choices = |traces: &Vec<Vec<u32>>| traces.iter().map(|trace| trace.len().saturating_sub(forced)).sum();
        let place =
            |(problem, traces): (&&P, _)| Place { state: problem.start(), trace: 0, at: 0, left: choices(traces) };
        let entries = problems.iter().map(|problem| problem.width().max(1)).sum::<usize>().max(1);
        let places = problems.iter().zip(traces).map(place).collect();
        Self { problems, traces, forced, instances, local, rows: (most / entries).max(1), places }
    }
}

impl<P: Learnable> Iterator for Walk<'_, P> {
    type Item = Choices;

    fn next(&mut self) -> Option<Choices> {
        let longest = self.places.iter().map(|place| place.left).max().filter(|&left| left > 0)?;
        let (b, n, rows) = (self.problems.len(), self.problems[0].width(), longest.min(self.rows));
        let queries = Queries::new(b, rows, n, self.local);
        let mut choices = Choices { queries, rows: Vec::new(), actions: Vec::new(), places: Vec::new() };
        let mut mask = vec![false; n];
        for (instance, (place, traces)) in self.places.iter_mut().zip(self.traces).enumerate() {
            let mut row = 0;
            while row < rows && place.left > 0 {
                let trace = &traces[place.trace];
                if place.at == trace.len() {
                    (place.trace, place.at, place.state) = (place.trace + 1, 0, self.problems[instance].start());
                    continue;
                }
                let (problem, action) = (self.problems[instance], trace[place.at]);
                if place.at >= self.forced {
                    problem.allowed(&place.state, &mut mask);
                    let (context, near) = (problem.context(&place.state), &self.instances.neighbourhoods);
                    let at = choices.queries.put((instance, row), context, &mask, near);
                    choices.rows.push(at as i32);
                    choices.actions.push(action as i32);
                    choices.places.push([instance, place.trace, place.at - self.forced]);
                    (row, place.left) = (row + 1, place.left - 1);
                }
                problem.step(&mut place.state, action);
                place.at += 1;
            }
        }
        Some(choices)
    }
}
