//! A ReLU network as linear constraints.
//!
//! A unit whose input z lies in l..u for all inputs at hand is left out where u <= 0 and linear where l >= 0. Else,
//! with a binary d that says whether it is active: h >= 0, h >= z, h <= z - l (1 - d), h <= u d. As l and u are those
//! of the state and not 1e5, the relaxation is tight and no solver mistakes a feasible program for an infeasible one
//! (J. Dumouchelle, R. Patel, E. Khalil and M. Bodur, "Neur2SP", NeurIPS 2022, for the embedding).

use good_lp::{Constraint, Expression, ProblemVariables, Variable, constraint, variable};

use crate::bandit::branch::Ranges;
use crate::bandit::score::Gate;

/// Slack on the bounds: they are computed in floating point.
const SLACK: f64 = 1e-6;

/// Adds the variables of the network's units to `variables` and their constraints to `constraints`; returns its output.
/// `inputs` are the binary variables of the actions, `ranges` the bounds on the units' inputs.
pub fn embed(
    gate: &Gate,
    inputs: &[Variable],
    ranges: &Ranges,
    variables: &mut ProblemVariables,
    constraints: &mut Vec<Constraint>,
) -> Expression {
    let first = |unit: usize| {
        let terms = inputs.iter().enumerate().map(|(action, &input)| input * gate.column(action as u32)[unit]);
        terms.sum::<Expression>() + gate.offset[unit]
    };
    let mut values: Vec<Expression> = (0..gate.width()).map(first).collect();
    for (layer, ranges) in gate.tail.iter().zip(ranges) {
        let units: Vec<Option<Variable>> = values
            .into_iter()
            .zip(ranges)
            .map(|(value, &[low, high])| unit(value, low - SLACK, high + SLACK, variables, constraints))
            .collect();
        values = (0..layer.outputs())
            .map(|output| {
                let terms =
                    units.iter().enumerate().filter_map(|(input, unit)| Some((*unit)? * layer.row(input)[output]));
                terms.sum::<Expression>() + layer.bias[output]
            })
            .collect();
    }
    values.into_iter().next().unwrap_or_default()
}

/// The output of a unit with input `value` in `low..high`; none: always 0.
fn unit(
    value: Expression,
    low: f64,
    high: f64,
    variables: &mut ProblemVariables,
    constraints: &mut Vec<Constraint>,
) -> Option<Variable> {
    if high <= 0.0 {
        return None;
    }
    let output = variables.add(variable().min(low.max(0.0)).max(high));
    if low >= 0.0 {
        constraints.push(constraint!(output == value));
        return Some(output);
    }
    let active = variables.add(variable().binary());
    constraints.push(constraint!(output >= value.clone()));
    constraints.push(constraint!(output <= value - low * (1.0 - active)));
    constraints.push(constraint!(output <= high * active));
    Some(output)
}
