//! The best allowed set by mixed-integer programming: a certificate for what the other tiers find.
//!
//! Rows that hold for all allowed sets are in the program from the start; what they leave open (packing, walks) is
//! asked of the rule itself, and a set that it refuses is cut off.

use heuron_policies::native::{Layer, Mlp};
use heuron_problems::bandit::Row;

use super::oracle::Oracle;
use super::score::{Gate, Score};
use crate::mip::{Best, MipError, Program, Settings};

/// Certifies the best allowed set; `known` is one that is allowed. A failure of the solver is an error, never another
/// set.
///
/// # Errors
/// [`MipError`]; invalid is a score of arms that several actions reach: it is not linear.
pub fn certify(
    score: &Score<'_>,
    oracle: &mut Oracle<'_>,
    known: &[u32],
    settings: &Settings,
) -> Result<Best, MipError> {
    let bandit = score.bandit;
    let values = if bandit.is_separable() {
        score.arms.iter().map(|values| values[1] - values[0]).collect()
    } else if score.arms.iter().flatten().all(|&value| value == 0.0) {
        vec![0.0; bandit.actions]
    } else {
        return Err(MipError::Invalid("values of arms that several actions reach".into()));
    };
    let program =
        Program { values, network: score.gate.as_ref().map(network), rows: bandit.coupling.rows(bandit.actions) };
    let refuse = |list: &[u32]| (!oracle.fits(list)).then(|| cut(oracle, list.to_vec()));
    let best = program.maximise(known, settings, refuse)?;
    debug_assert!(bandit.coupling.check(&best.list).is_ok(), "{:?}", best.list);
    Ok(Best { value: score.value(&best.list), ..best })
}

/// The gate as a network of the actions alone.
fn network(gate: &Gate) -> Mlp {
    let first = Layer { weight: gate.columns.clone(), bias: gate.offset.clone() };
    Mlp { layers: [vec![first], gate.tail.clone()].concat() }
}

/// Not all actions of the smallest part of a refused set that is refused too.
fn cut(oracle: &mut Oracle<'_>, mut list: Vec<u32>) -> Row {
    let mut place = 0;
    while place < list.len() {
        let action = list.remove(place);
        if oracle.fits(&list) {
            list.insert(place, action);
            place += 1;
        }
    }
    let limit = list.len() - 1;
    Row::cardinality(list, limit)
}
