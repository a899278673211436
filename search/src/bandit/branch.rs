//! Branch and bound for the best allowed set under a score with a ReLU network.
//!
//! At a node some actions are in, some out, some free, and at most so many may join. Bounds on the inputs of the first
//! layer are exact for that many free actions; further layers follow by interval arithmetic. Then the network is
//! replaced by a linear function above it, backward from the output ([`bounds`]). The linear function in turn is
//! maximised exactly over the free actions, together with the values of the arms.

use super::oracle::Oracle;
use super::score::{Gate, Score};
use crate::mip::bounds::{self, Ranges};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The best set found.
    pub list: Vec<u32>,
    /// Its score.
    pub value: f64,
    /// Whether no allowed set is better.
    pub is_proven: bool,
    /// Nodes of the tree.
    pub nodes: usize,
}

/// Proves the best set, or finds a better one than `known`, an allowed set with its score; at most `nodes` nodes.
pub fn prove(score: &Score<'_>, oracle: &mut Oracle<'_>, known: (f64, Vec<u32>), nodes: usize) -> Proof {
    let actions = score.bandit.actions;
    let mut tree = Tree {
        score,
        oracle,
        most: score.bandit.coupling.most(actions),
        limit: nodes,
        nodes: 0,
        best: known,
        choice: vec![Choice::Free; actions],
        inside: Vec::new(),
    };
    let is_proven = tree.branch();
    let (value, list) = tree.best;
    Proof { list, value, is_proven, nodes: tree.nodes }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Free,
    In,
    Out,
}

struct Tree<'t, 's, 'o> {
    score: &'t Score<'s>,
    oracle: &'t mut Oracle<'o>,
    most: usize,
    limit: usize,
    nodes: usize,
    best: (f64, Vec<u32>),
    choice: Vec<Choice>,
    /// Actions that are in, ascending.
    inside: Vec<u32>,
}

impl Tree<'_, '_, '_> {
    /// Searches below the present choices; false: nodes ran out.
    fn branch(&mut self) -> bool {
        self.nodes += 1;
        if self.nodes > self.limit {
            return false;
        }
        let exact = self.score.bandit.coupling.is_exact();
        // Free actions that no longer fit are out of everything below.
        let mut closed = Vec::new();
        let full = self.inside.len() == self.most;
        for action in 0..self.choice.len() as u32 {
            if self.choice[action as usize] == Choice::Free && (full || !self.fits_with(action)) {
                self.choice[action as usize] = Choice::Out;
                closed.push(action);
            }
        }
        let complete = self.split(exact);
        closed.into_iter().for_each(|action| self.choice[action as usize] = Choice::Free);
        complete
    }

    fn fits_with(&mut self, action: u32) -> bool {
        let at = self.inside.partition_point(|&other| other < action);
        self.inside.insert(at, action);
        let fits = self.oracle.fits(&self.inside);
        self.inside.remove(at);
        fits
    }

    fn split(&mut self, exact: bool) -> bool {
        let free: Vec<u32> =
            (0..self.choice.len() as u32).filter(|&a| self.choice[a as usize] == Choice::Free).collect();
        let room = self.most - self.inside.len();
        if exact && free.len() < room {
            return true;
        }
        let (bound, gains) = self.bound(&free, room, exact);
        if bound <= self.best.0 + 1e-9 * (1.0 + self.best.0.abs()) {
            return true;
        }
        if !exact || room == 0 {
            let value = self.score.value(&self.inside);
            if value > self.best.0 {
                self.best = (value, self.inside.clone());
            }
        }
        // The action that the relaxation values most decides most.
        let next = free.iter().zip(&gains).max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
        let Some((&action, _)) = next else { return true };
        let at = self.inside.partition_point(|&other| other < action);
        self.inside.insert(at, action);
        self.choice[action as usize] = Choice::In;
        let first = self.branch();
        self.inside.remove(at);
        self.choice[action as usize] = Choice::Out;
        let complete = first && self.branch();
        self.choice[action as usize] = Choice::Free;
        complete
    }

    /// No set below has a larger score; and what every free action adds to a linear function above the score \[free\].
    fn bound(&self, free: &[u32], room: usize, exact: bool) -> (f64, Vec<f64>) {
        let (mut bound, mut gains) = self.arms(free);
        if let Some(gate) = &self.score.gate {
            let (constant, network) = above(gate, &self.inside, free, room, exact);
            bound += constant;
            gains.iter_mut().zip(network).for_each(|(gain, network)| *gain += network);
        }
        (bound + largest(&mut gains.clone(), room, exact), gains)
    }

    /// Values of the arms: exact and linear where every free action has its own arm, else the best within the range of
    /// the counts.
    fn arms(&self, free: &[u32]) -> (f64, Vec<f64>) {
        let score = self.score;
        let mut counts = score.bandit.counts(&score.bandit.flags(&self.inside));
        let base = counts.clone();
        free.iter().flat_map(|&action| &score.reach[action as usize]).for_each(|&arm| counts[arm as usize] += 1);
        if score.bandit.is_separable() {
            let constant = score.arms.iter().zip(&base).map(|(values, &count)| values[count]).sum();
            let gain = |&action: &u32| score.arms[action as usize][1] - score.arms[action as usize][0];
            return (constant, free.iter().map(gain).collect());
        }
        let best = |((values, &low), &high): ((&Vec<f64>, &usize), &usize)| {
            values[low..=high].iter().copied().fold(f64::NEG_INFINITY, f64::max)
        };
        (score.arms.iter().zip(&base).zip(&counts).map(best).sum(), vec![0.0; free.len()])
    }
}

/// The largest total of up to `room` of the values, or of exactly so many.
fn largest(values: &mut [f64], room: usize, exact: bool) -> f64 {
    if room < values.len() && room > 0 {
        values.select_nth_unstable_by(room - 1, |a, b| b.total_cmp(a));
    }
    values.iter().take(room).filter(|value| exact || **value > 0.0).sum()
}

/// A linear function above the network: its value without free actions, and what each of them adds \[free\].
fn above(gate: &Gate, inside: &[u32], free: &[u32], room: usize, exact: bool) -> (f64, Vec<f64>) {
    let (inputs, ranges) = ranges(gate, inside, free, room, exact);
    let (mut constant, slopes) = bounds::above(&gate.tail, &ranges, vec![1.0]);
    constant += inputs.iter().zip(&slopes).map(|(input, slope)| input * slope).sum::<f64>();
    let gain = |&action: &u32| gate.column(action).iter().zip(&slopes).map(|(column, slope)| column * slope).sum();
    (constant, free.iter().map(gain).collect())
}

/// The first layer's inputs with the actions `inside`, and the range of all inputs when up to `room` of the `free`
/// actions, or exactly so many, join.
fn ranges(gate: &Gate, inside: &[u32], free: &[u32], room: usize, exact: bool) -> (Vec<f64>, Ranges) {
    let width = gate.width();
    let mut inputs = gate.offset.clone();
    for &action in inside {
        inputs.iter_mut().zip(gate.column(action)).for_each(|(input, column)| *input += column);
    }
    let mut ranges: Ranges = Vec::with_capacity(gate.tail.len());
    let mut column = Vec::with_capacity(free.len());
    let range = |unit: usize| {
        column.clear();
        column.extend(free.iter().map(|&action| gate.columns[action as usize * width + unit]));
        let high = inputs[unit] + largest(&mut column, room, exact);
        column.iter_mut().for_each(|value| *value = -*value);
        [inputs[unit] - largest(&mut column, room, exact), high]
    };
    ranges.push((0..width).map(range).collect());
    for layer in &gate.tail[..gate.tail.len().saturating_sub(1)] {
        ranges.push(bounds::interval(layer, &ranges[ranges.len() - 1]));
    }
    (inputs, ranges)
}
