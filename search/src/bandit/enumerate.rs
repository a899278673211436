//! All allowed sets, where there are few.

use heuron_problems::Bandit;

use super::oracle::Oracle;
use super::score::{Score, Trial};

/// Lists of allowed sets, each of them ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sets(Vec<Vec<u32>>);

impl Sets {
    /// All allowed sets of an instance; none if there are more than `limit`.
    pub fn all(bandit: &Bandit, oracle: &mut Oracle<'_>, limit: usize) -> Option<Self> {
        let mut sets = Vec::new();
        let most = bandit.coupling.most(bandit.actions);
        extend(bandit, oracle, most, limit, &mut Vec::new(), &mut sets).then_some(Self(sets))
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sets, in lexicographic order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The set of the largest score. Neighbours in the list share their first actions: only the rest is changed.
    pub fn best(&self, score: &Score<'_>) -> Vec<u32> {
        let mut trial = Trial::new(score, &[]);
        let mut current: &[u32] = &[];
        let mut best: (f64, &[u32]) = (f64::NEG_INFINITY, &[]);
        for set in self.iter() {
            let shared = current.iter().zip(set).take_while(|(a, b)| a == b).count();
            current[shared..].iter().for_each(|&action| trial.change(None, Some(action)));
            set[shared..].iter().for_each(|&action| trial.change(Some(action), None));
            current = set;
            if trial.value() > best.0 {
                best = (trial.value(), set);
            }
        }
        best.1.to_vec()
    }
}

/// Appends all allowed sets that begin with `chosen`; false: there are too many.
fn extend(
    bandit: &Bandit,
    oracle: &mut Oracle<'_>,
    most: usize,
    limit: usize,
    chosen: &mut Vec<u32>,
    sets: &mut Vec<Vec<u32>>,
) -> bool {
    if !bandit.coupling.is_exact() || chosen.len() == most {
        sets.push(chosen.clone());
    }
    if sets.len() > limit {
        return false;
    }
    if chosen.len() == most {
        return true;
    }
    let next = chosen.last().map_or(0, |last| last + 1);
    for action in next..bandit.actions as u32 {
        // Of an exact number enough actions must be left.
        if bandit.coupling.is_exact() && bandit.actions - (action as usize) < most - chosen.len() {
            break;
        }
        chosen.push(action);
        let complete = !oracle.fits(chosen) || extend(bandit, oracle, most, limit, chosen, sets);
        chosen.pop();
        if !complete {
            return false;
        }
    }
    true
}
