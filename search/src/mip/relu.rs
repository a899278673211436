//! A ReLU network as linear constraints.
//!
//! A unit whose input z lies in l..u for all inputs at hand is 0 where u <= 0 and z itself where l >= 0: it is merged
//! into the layer behind, so that only unstable units have variables. Of those, with a binary d that says whether it is
//! active: h >= 0, h >= z, h <= z - l (1 - d), h <= u d. As l and u are those of the state and not 1e5, the relaxation
//! is tight and no solver mistakes a feasible program for an infeasible one (J. Dumouchelle, R. Patel, E. Khalil and M.
//! Bodur, "Neur2SP", NeurIPS 2022, for the embedding). Relaxed, with d from 0 to 1, this is the triangle h >= 0,
//! h >= z, h <= u (z - l) / (u - l), without d.

use good_lp::{Constraint, Expression, ProblemVariables, Variable, constraint, variable};
use heuron_policies::native::{Layer, Mlp};
use heuron_problems::bandit::Row;

/// Slack on the bounds: they are computed in floating point.
const SLACK: f64 = 1e-6;

/// Whether a unit with this range of inputs needs a binary variable.
pub(super) fn is_unstable([low, high]: [f64; 2]) -> bool {
    low < SLACK && high > -SLACK
}

/// A constant and slopes \[columns\]; slopes that are missing are 0.
#[derive(Clone)]
pub(super) struct Affine {
    constant: f64,
    slopes: Vec<f64>,
}

impl Affine {
    fn add(&mut self, factor: f64, other: &Self) {
        self.constant += factor * other.constant;
        self.slopes.resize(self.slopes.len().max(other.slopes.len()), 0.0);
        self.slopes.iter_mut().zip(&other.slopes).for_each(|(slope, other)| *slope += factor * other);
    }
}

/// Variables and constraints of a program under construction.
pub(super) struct Formulation {
    pub variables: ProblemVariables,
    /// The network's inputs, then the outputs of unstable units.
    pub columns: Vec<Variable>,
    pub constraints: Vec<Constraint>,
    /// Binaries are left out: a linear program.
    relaxed: bool,
}

impl Formulation {
    /// So many inputs under the rows. `known` is the start of a search; a linear program needs none.
    pub fn new(inputs: usize, rows: &[Row], known: Option<&[u32]>, relaxed: bool) -> Self {
        let mut variables = ProblemVariables::new();
        let input = |input: u32| {
            let definition = if relaxed { variable().min(0.0).max(1.0) } else { variable().binary() };
            variables.add(match known {
                Some(list) => definition.initial(f64::from(u8::from(list.contains(&input)))),
                None => definition,
            })
        };
        let columns = (0..inputs as u32).map(input).collect();
        let mut formulation = Self { variables, columns, constraints: Vec::new(), relaxed };
        rows.iter().for_each(|row| formulation.add(row));
        formulation
    }

    fn add(&mut self, row: &Row) {
        let sum = row.terms.iter().map(|&(input, term)| term * self.columns[input as usize]).sum::<Expression>();
        match (row.least.is_finite(), row.limit.is_finite()) {
            (true, true) if row.least == row.limit => self.constraints.push(constraint!(sum == row.limit)),
            (least, limit) => {
                if limit {
                    self.constraints.push(constraint!(sum.clone() <= row.limit));
                }
                if least {
                    self.constraints.push(constraint!(sum >= row.least));
                }
            }
        }
    }

    /// An affine function of the columns.
    pub fn expression(&self, affine: &Affine) -> Expression {
        let terms = self.columns.iter().zip(&affine.slopes).filter(|(_, slope)| **slope != 0.0);
        terms.map(|(&column, &slope)| slope * column).sum::<Expression>() + affine.constant
    }

    /// Outputs of a layer of the inputs.
    pub fn first(layer: &Layer) -> Vec<Affine> {
        let output = |output: usize| Affine {
            constant: layer.bias[output],
            slopes: (0..layer.inputs()).map(|input| layer.row(input)[output]).collect(),
        };
        (0..layer.outputs()).map(output).collect()
    }

    /// Outputs of `layer` behind units with these inputs and their ranges; `known`: the inputs under the known set.
    pub fn next(
        &mut self,
        inputs: Vec<Affine>,
        ranges: &[[f64; 2]],
        known: Option<&[f64]>,
        layer: &Layer,
    ) -> Vec<Affine> {
        let mut outputs: Vec<Affine> =
            layer.bias.iter().map(|&constant| Affine { constant, slopes: Vec::new() }).collect();
        for (unit, (input, &range)) in inputs.into_iter().zip(ranges).enumerate() {
            if let Some(value) = self.unit(input, range, known.map(|known| known[unit])) {
                outputs.iter_mut().zip(layer.row(unit)).for_each(|(output, &weight)| output.add(weight, &value));
            }
        }
        outputs
    }

    /// The output of a unit; none: always 0. Stable units need neither variables nor constraints.
    fn unit(&mut self, input: Affine, range: [f64; 2], known: Option<f64>) -> Option<Affine> {
        let [low, high] = [range[0] - SLACK, range[1] + SLACK];
        if !is_unstable(range) {
            return (high > 0.0).then_some(input);
        }
        let value = self.expression(&input);
        let output = variable().min(0.0).max(high);
        let output = self.variables.add(match known {
            Some(known) => output.initial(known.max(0.0)),
            None => output,
        });
        self.constraints.push(constraint!(output >= value.clone()));
        if self.relaxed {
            self.constraints.push(constraint!((high - low) * output <= high * value - high * low));
        } else {
            let active = variable().binary();
            let active = self.variables.add(match known {
                Some(known) => active.initial(f64::from(u8::from(known > 0.0))),
                None => active,
            });
            self.constraints.push(constraint!(output <= value - low * (1.0 - active)));
            self.constraints.push(constraint!(output <= high * active));
        }
        let mut slopes = vec![0.0; self.columns.len()];
        slopes.push(1.0);
        self.columns.push(output);
        Some(Affine { constant: 0.0, slopes })
    }
}

/// Inputs of all hidden units when the network's inputs in `list` are 1, \[layers\]\[units\].
pub(super) fn forward(network: &Mlp, list: &[u32]) -> Vec<Vec<f64>> {
    let mut values: Vec<f64> = vec![0.0; network.inputs()];
    list.iter().for_each(|&input| values[input as usize] = 1.0);
    let mut inputs = Vec::with_capacity(network.layers.len() - 1);
    for layer in &network.layers[..network.layers.len() - 1] {
        let mut next = Vec::new();
        layer.apply(&values, &mut next);
        values = next.iter().map(|value: &f64| value.max(0.0)).collect();
        inputs.push(next);
    }
    inputs
}
