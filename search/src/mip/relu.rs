//! A ReLU network as linear constraints.
//!
//! A unit whose input z lies in l..u for all inputs at hand is left out where u <= 0 and linear where l >= 0. Else,
//! with a binary d that says whether it is active: h >= 0, h >= z, h <= z - l (1 - d), h <= u d. As l and u are those
//! of the state and not 1e5, the relaxation is tight and no solver mistakes a feasible program for an infeasible one
//! (J. Dumouchelle, R. Patel, E. Khalil and M. Bodur, "Neur2SP", NeurIPS 2022, for the embedding). Relaxed, with d from
//! 0 to 1, this is the triangle h >= 0, h >= z, h <= u (z - l) / (u - l), without d.

use good_lp::{Constraint, Expression, ProblemVariables, Variable, constraint, variable};
use heuron_policies::native::{Layer, Mlp};
use heuron_problems::bandit::Row;

/// Slack on the bounds: they are computed in floating point.
const SLACK: f64 = 1e-6;

/// Whether a unit with this range of inputs needs a binary variable.
pub(super) fn is_unstable([low, high]: [f64; 2]) -> bool {
    low < SLACK && high > -SLACK
}

/// Variables and constraints of a program under construction.
pub(super) struct Formulation {
    pub variables: ProblemVariables,
    /// The network's inputs.
    pub inputs: Vec<Variable>,
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
        let inputs = (0..inputs as u32).map(input).collect();
        let mut formulation = Self { variables, inputs, constraints: Vec::new(), relaxed };
        rows.iter().for_each(|row| formulation.add(row));
        formulation
    }

    fn add(&mut self, row: &Row) {
        let sum = row.terms.iter().map(|&(input, term)| term * self.inputs[input as usize]).sum::<Expression>();
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

    /// Outputs of a layer of the inputs.
    pub fn first(&self, layer: &Layer) -> Vec<Expression> {
        let inputs: Vec<Option<Variable>> = self.inputs.iter().copied().map(Some).collect();
        outputs(layer, &inputs)
    }

    /// Outputs of `layer` behind units with these inputs and their ranges; `known`: the inputs under the known set.
    pub fn next(
        &mut self,
        values: Vec<Expression>,
        ranges: &[[f64; 2]],
        known: Option<&[f64]>,
        layer: &Layer,
    ) -> Vec<Expression> {
        let units: Vec<Option<Variable>> = (values.into_iter().zip(ranges).enumerate())
            .map(|(unit, (value, &range))| self.unit(value, range, known.map(|known| known[unit])))
            .collect();
        outputs(layer, &units)
    }

    /// The output of a unit; none: always 0.
    fn unit(&mut self, value: Expression, range: [f64; 2], known: Option<f64>) -> Option<Variable> {
        let [low, high] = [range[0] - SLACK, range[1] + SLACK];
        if high <= 0.0 {
            return None;
        }
        let output = variable().min(low.max(0.0)).max(high);
        let output = self.variables.add(match known {
            Some(known) => output.initial(known.max(low).max(0.0)),
            None => output,
        });
        if low >= 0.0 {
            self.constraints.push(constraint!(output == value));
            return Some(output);
        }
        self.constraints.push(constraint!(output >= value.clone()));
        if self.relaxed {
            self.constraints.push(constraint!((high - low) * output <= high * value - high * low));
            return Some(output);
        }
        let active = variable().binary();
        let active = self.variables.add(match known {
            Some(known) => active.initial(f64::from(u8::from(known > 0.0))),
            None => active,
        });
        self.constraints.push(constraint!(output <= value - low * (1.0 - active)));
        self.constraints.push(constraint!(output <= high * active));
        Some(output)
    }
}

/// Outputs of a layer whose inputs are these variables; none: 0.
fn outputs(layer: &Layer, inputs: &[Option<Variable>]) -> Vec<Expression> {
    let output = |output: usize| {
        let terms = inputs.iter().enumerate().filter_map(|(input, unit)| Some((*unit)? * layer.row(input)[output]));
        terms.sum::<Expression>() + layer.bias[output]
    };
    (0..layer.outputs()).map(output).collect()
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
