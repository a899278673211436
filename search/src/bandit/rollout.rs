//! Rollouts: candidates for a step are compared by what a base policy earns after them, on common random numbers.
//!
//! G. Tesauro and G. Galperin, "On-line policy improvement using Monte-Carlo search", NeurIPS 1996; D. Bertsekas, J.
//! Tsitsiklis and C. Wu, Journal of Heuristics 3, 1997. Earnings are counted as losses against the dual bound, which
//! takes the luck out that the dual explains.

use heuron_problems::Bandit;
use heuron_problems::bandit::{Dual, Scenario};

use super::oracle::Oracle;
use super::score::{Score, Trial};
use super::simulate::Player;

/// Allowed sets that differ from `list` by an action that joins, leaves, or both: the best `most` by the score.
pub fn neighbours(score: &Score<'_>, oracle: &mut Oracle<'_>, list: &[u32], most: usize) -> Vec<Vec<u32>> {
    let bandit = score.bandit;
    let (exact, limit) = (bandit.coupling.is_exact(), bandit.coupling.most(bandit.actions));
    let mut trial = Trial::new(score, list);
    let mut moves: Vec<(f64, Option<u32>, Option<u32>)> = Vec::new();
    for action in 0..bandit.actions as u32 {
        if trial.is_taken(action) {
            if !exact {
                moves.push((trial.changed(None, Some(action)), None, Some(action)));
            }
            continue;
        }
        if !exact && list.len() < limit {
            moves.push((trial.changed(Some(action), None), Some(action), None));
        }
        for &leave in list {
            moves.push((trial.changed(Some(action), Some(leave)), Some(action), Some(leave)));
        }
    }
    moves.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut sets = Vec::new();
    for (_, join, leave) in moves {
        if sets.len() == most {
            break;
        }
        let mut next: Vec<u32> = list.iter().copied().filter(|&action| Some(action) != leave).collect();
        join.into_iter().for_each(|join| next.insert(next.partition_point(|&other| other < join), join));
        if join.is_none() || oracle.fits(&next) {
            sets.push(next);
        }
    }
    sets
}

/// Losses against `dual` from `step` on when `first` is taken now and `player` acts afterwards.
pub fn losses(
    bandit: &Bandit,
    dual: &Dual,
    player: &mut dyn Player,
    (step, state): (usize, &[u8]),
    first: &[u32],
    scenario: &Scenario,
) -> f64 {
    let mut state = state.to_vec();
    let mut lost = 0.0;
    let mut list = first.to_vec();
    for at in step..bandit.horizon {
        if at > step {
            list = player.act(at, &state);
        }
        let taken = bandit.flags(&list);
        lost += dual.loss(bandit, at, &state, &taken);
        bandit.advance(&mut state, at, &taken, scenario);
    }
    lost
}
