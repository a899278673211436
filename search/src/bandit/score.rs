//! What a step maximises: values of arms by the number of their actions that are taken, plus a small ReLU network of
//! the actions.
//!
//! In a given state both are functions of the actions alone. The first layer of the network is linear in them, so that
//! its inputs are updated by a column when an action joins or leaves; the later layers are run anew.

use heuron_policies::native::Layer;
use heuron_problems::Bandit;

/// A network of the actions: the state is folded into the first layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Inputs of the first layer's units without any action \[width\].
    pub offset: Vec<f64>,
    /// What an action adds to them \[actions, width\].
    pub columns: Vec<f64>,
    /// The layers behind the first.
    pub tail: Vec<Layer>,
}

impl Gate {
    /// Units of the first layer.
    pub fn width(&self) -> usize {
        self.offset.len()
    }

    /// What an action adds.
    pub fn column(&self, action: u32) -> &[f64] {
        &self.columns[action as usize * self.width()..][..self.width()]
    }
}

/// The objective of a step, to be maximised.
#[derive(Clone, Debug, PartialEq)]
pub struct Score<'a> {
    /// The instance.
    pub bandit: &'a Bandit,
    /// The arms that every action reaches \[actions\].
    pub reach: &'a [Vec<u32>],
    /// Value of an arm by the number of its actions that are taken \[arms\]\[actions of the arm + 1\].
    pub arms: Vec<Vec<f64>>,
    /// The network; none: 0.
    pub gate: Option<Gate>,
}

impl<'a> Score<'a> {
    /// Without values of arms.
    pub fn of_gate(bandit: &'a Bandit, reach: &'a [Vec<u32>], gate: Gate) -> Self {
        let arms = bandit.arms.iter().map(|arm| vec![0.0; arm.up.len()]).collect();
        Self { bandit, reach, arms, gate: Some(gate) }
    }

    /// Values of the actions, where the score is linear in them up to a constant.
    pub fn linear(&self) -> Option<Vec<f64>> {
        if self.gate.is_some() || !self.bandit.is_separable() {
            return None;
        }
        Some(self.arms.iter().map(|values| values[1] - values[0]).collect())
    }

    /// The score of a set of actions, from scratch.
    pub fn value(&self, list: &[u32]) -> f64 {
        Trial::new(self, list).value()
    }
}

/// A set of actions under change, with what its score needs.
#[derive(Clone, Debug)]
pub struct Trial<'s, 'a> {
    score: &'s Score<'a>,
    taken: Vec<bool>,
    /// How many of its actions are taken \[arms\].
    counts: Vec<usize>,
    /// Sum of the arms' values.
    arms: f64,
    /// Inputs of the first layer.
    inputs: Vec<f64>,
    value: f64,
    /// Space for the layers' values.
    space: [Vec<f64>; 2],
}

impl<'s, 'a> Trial<'s, 'a> {
    /// Begins with the actions in `list`.
    pub fn new(score: &'s Score<'a>, list: &[u32]) -> Self {
        let taken = score.bandit.flags(list);
        let counts = score.bandit.counts(&taken);
        let arms = score.arms.iter().zip(&counts).map(|(values, &count)| values[count]).sum();
        let mut inputs = score.gate.as_ref().map_or(Vec::new(), |gate| gate.offset.clone());
        if let Some(gate) = &score.gate {
            list.iter().for_each(|&action| add(&mut inputs, gate.column(action), 1.0));
        }
        let mut trial = Self { score, taken, counts, arms, inputs, value: 0.0, space: Default::default() };
        trial.value = trial.arms + trial.network(None, None);
        trial
    }

    /// The score.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Whether an action is taken.
    pub fn is_taken(&self, action: u32) -> bool {
        self.taken[action as usize]
    }

    /// The actions taken, ascending.
    pub fn list(&self) -> Vec<u32> {
        heuron_problems::bandit::list(&self.taken)
    }

    /// The score after an action joins and another leaves.
    pub fn changed(&mut self, join: Option<u32>, leave: Option<u32>) -> f64 {
        let arms = self.arms + self.shift(join, leave, false);
        arms + self.network(join, leave)
    }

    /// Lets an action join and another leave.
    pub fn change(&mut self, join: Option<u32>, leave: Option<u32>) {
        self.value = self.changed(join, leave);
        self.arms += self.shift(join, leave, true);
        if let Some(gate) = &self.score.gate {
            for (action, sign) in [(join, 1.0), (leave, -1.0)] {
                action.into_iter().for_each(|action| add(&mut self.inputs, gate.column(action), sign));
            }
        }
        join.into_iter().for_each(|action| self.taken[action as usize] = true);
        leave.into_iter().for_each(|action| self.taken[action as usize] = false);
    }

    /// Change of the arms' values; the counts keep it where asked to.
    fn shift(&mut self, join: Option<u32>, leave: Option<u32>, keep: bool) -> f64 {
        let (score, mut shift) = (self.score, 0.0);
        if let Some(action) = join {
            for &arm in &score.reach[action as usize] {
                let (values, count) = (&score.arms[arm as usize], &mut self.counts[arm as usize]);
                *count += 1;
                shift += values[*count] - values[*count - 1];
            }
        }
        if let Some(action) = leave {
            for &arm in &score.reach[action as usize] {
                let (values, count) = (&score.arms[arm as usize], &mut self.counts[arm as usize]);
                *count -= 1;
                shift += values[*count] - values[*count + 1];
            }
        }
        if !keep {
            let mut restore = |action: Option<u32>, back: fn(&mut usize)| {
                let arms = action.into_iter().flat_map(|action| &score.reach[action as usize]);
                arms.for_each(|&arm| back(&mut self.counts[arm as usize]));
            };
            restore(leave, |count| *count += 1);
            restore(join, |count| *count -= 1);
        }
        shift
    }

    /// The network after a change.
    fn network(&mut self, join: Option<u32>, leave: Option<u32>) -> f64 {
        let Some(gate) = &self.score.gate else { return 0.0 };
        let [values, next] = &mut self.space;
        values.clone_from(&self.inputs);
        for (action, sign) in [(join, 1.0), (leave, -1.0)] {
            action.into_iter().for_each(|action| add(values, gate.column(action), sign));
        }
        for layer in &gate.tail {
            values.iter_mut().for_each(|value| *value = value.max(0.0));
            layer.apply(values, next);
            std::mem::swap(values, next);
        }
        values.first().copied().unwrap_or(0.0)
    }
}

fn add(to: &mut [f64], column: &[f64], sign: f64) {
    to.iter_mut().zip(column).for_each(|(to, value)| *to += sign * value);
}
