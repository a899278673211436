//! The best allowed set by mixed-integer programming: a certificate for what the other tiers find.
//!
//! Rows that hold for all allowed sets are in the program from the start; what they leave open (packing, walks) is
//! asked of the rule itself, and a set that it refuses is cut off. Such rows hold in all states, so they are kept.

use good_lp::{Expression, ProblemVariables, Solution, Variable, constraint, variable};
use heuron_policies::native::{Layer, Mlp};
use heuron_problems::Bandit;
use heuron_problems::bandit::capacity::Capacity;
use heuron_problems::bandit::{Coupling, Row};

use super::oracle::Oracle;
use super::score::{Gate, Score};
use crate::mip::{Best, MipError, Program, Settings, solver};

/// The most rows that are kept from state to state.
const MOST_KEPT: usize = 300;

/// What a refused set must weigh more than all that can be packed, for weights up to 1.
const DEPTH: f64 = 1e-4;

/// Certifies best sets of an instance.
pub struct Certifier<'a> {
    bandit: &'a Bandit,
    /// Rows that hold for every allowed set, those included that were found late.
    rows: Vec<Row>,
}

impl<'a> Certifier<'a> {
    /// Knows the rows of the rule.
    pub fn new(bandit: &'a Bandit) -> Self {
        Self { bandit, rows: bandit.coupling.rows(bandit.actions) }
    }

    /// Certifies the best allowed set; `known` is one that is allowed. A failure of the solver is an error, never
    /// another set.
    ///
    /// # Errors
    /// [`MipError`]; invalid is a score of arms that several actions reach: it is not linear.
    pub fn certify(
        &mut self,
        score: &Score<'_>,
        oracle: &mut Oracle<'_>,
        known: &[u32],
        settings: &Settings,
    ) -> Result<Best, MipError> {
        let values = if self.bandit.is_separable() {
            score.arms.iter().map(|values| values[1] - values[0]).collect()
        } else if score.arms.iter().flatten().all(|&value| value == 0.0) {
            vec![0.0; self.bandit.actions]
        } else {
            return Err(MipError::Invalid("values of arms that several actions reach".into()));
        };
        let program = Program { values, network: score.gate.as_ref().map(network), rows: self.rows.clone() };
        let refuse = |list: &[u32]| {
            let row = (!oracle.fits(list)).then(|| cut(self.bandit, oracle, list));
            if self.rows.len() < MOST_KEPT {
                self.rows.extend(row.clone());
            }
            row
        };
        let best = program.maximise(known, settings, refuse)?;
        debug_assert!(self.bandit.coupling.check(&best.list).is_ok(), "{:?}", best.list);
        Ok(Best { value: score.value(&best.list), ..best })
    }
}

/// The gate as a network of the actions alone.
fn network(gate: &Gate) -> Mlp {
    let first = Layer { weight: gate.columns.clone(), bias: gate.offset.clone() };
    Mlp { layers: [vec![first], gate.tail.clone()].concat() }
}

/// A row that `list`, a refused set, breaks and every allowed set keeps.
fn cut(bandit: &Bandit, oracle: &mut Oracle<'_>, list: &[u32]) -> Row {
    if let Coupling::Capacity(capacity) = &bandit.coupling
        && let Some(row) = weighed(capacity, list)
    {
        return row;
    }
    // Not all actions of a part that is refused while its own parts are not.
    let (mut part, mut place) = (list.to_vec(), 0);
    while place < part.len() {
        let action = part.remove(place);
        if oracle.fits(&part) {
            part.insert(place, action);
            place += 1;
        }
    }
    let limit = part.len() - 1;
    Row::cardinality(part, limit)
}

/// Weights of the classes under which a refused set weighs more than all that can be packed: those of the largest
/// difference. None where the set lies between packable ones.
///
/// The linear program over the weights begins without packable numbers and is given the heaviest again and again.
fn weighed(capacity: &Capacity, list: &[u32]) -> Option<Row> {
    let mut counts = vec![0_usize; capacity.classes()];
    list.iter().for_each(|&action| counts[capacity.class()[action as usize] as usize] += 1);
    let mut packed: Vec<&[usize]> = Vec::new();
    loop {
        let mut variables = ProblemVariables::new();
        let weights: Vec<Variable> = counts.iter().map(|_| variables.add(variable().min(0.0).max(1.0))).collect();
        let total = |counts: &[usize]| -> Expression {
            counts.iter().zip(&weights).map(|(&count, &weight)| count as f64 * weight).sum()
        };
        let heaviest = variables.add(variable().min(0.0));
        let constraints: Vec<_> = packed.iter().map(|counts| constraint!(total(counts) <= heaviest)).collect();
        let solution = solver::maximise(variables, constraints, total(&counts) - heaviest, None).ok()??;
        let weights: Vec<f64> = weights.iter().map(|&weight| solution.value(weight)).collect();
        let weight =
            |counts: &[usize]| -> f64 { counts.iter().zip(&weights).map(|(&c, weight)| c as f64 * weight).sum() };
        let next = capacity.maximal().iter().max_by(|a, b| weight(a).total_cmp(&weight(b)))?;
        if weight(next) <= solution.value(heaviest) + 0.1 * DEPTH || packed.contains(&next.as_slice()) {
            let terms = (0..).zip(capacity.class()).map(|(action, &class)| (action, weights[class as usize])).collect();
            let row = Row { terms, least: f64::NEG_INFINITY, limit: weight(next) };
            return (weight(&counts) > row.limit + DEPTH).then_some(row);
        }
        packed.push(next);
    }
}
