//! Local search over allowed sets: add, drop and swap, from several starts.

use super::oracle::Oracle;
use super::score::{Score, Trial};

/// Improves `start`, an allowed set, until no addition, removal or swap does; returns the set and its score.
///
/// Of every action the best change is found first and the rule is asked last, because scores are cheap and tests of
/// walks are not.
pub fn climb(score: &Score<'_>, oracle: &mut Oracle<'_>, start: &[u32]) -> (f64, Vec<u32>) {
    let bandit = score.bandit;
    let (exact, most) = (bandit.coupling.is_exact(), bandit.coupling.most(bandit.actions));
    let mut trial = Trial::new(score, start);
    let mut list = trial.list();
    // Passes without an end would need ever smaller gains: rounding.
    for _ in 0..10 * (bandit.actions + 1) {
        let before = trial.value();
        // Best gains of joining, leaving and exchanging, as (score, join, leave).
        let mut moves: Vec<(f64, Option<u32>, Option<u32>)> = Vec::new();
        let mut consider = |trial: &mut Trial<'_, '_>, join, leave| {
            let value = trial.changed(join, leave);
            if value > before + 1e-9 * (1.0 + before.abs()) {
                moves.push((value, join, leave));
            }
        };
        for action in 0..bandit.actions as u32 {
            if trial.is_taken(action) {
                if !exact {
                    consider(&mut trial, None, Some(action));
                }
                continue;
            }
            if list.len() < most && !exact {
                consider(&mut trial, Some(action), None);
            }
            list.iter().for_each(|&leave| consider(&mut trial, Some(action), Some(leave)));
        }
        moves.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let allowed = moves.into_iter().find(|&(_, join, leave)| {
            let mut next: Vec<u32> = list.iter().copied().filter(|&action| Some(action) != leave).collect();
            join.into_iter().for_each(|join| next.insert(next.partition_point(|&other| other < join), join));
            // What is left of an allowed set is allowed.
            join.is_none() || oracle.fits(&next)
        });
        let Some((_, join, leave)) = allowed else { break };
        trial.change(join, leave);
        list = trial.list();
    }
    (score.value(&list), list)
}

/// The best of the climbs from `starts`.
pub fn best_climb<'s>(
    score: &Score<'_>,
    oracle: &mut Oracle<'_>,
    starts: impl IntoIterator<Item = &'s [u32]>,
) -> Option<(f64, Vec<u32>)> {
    let climbs = starts.into_iter().map(|start| climb(score, oracle, start));
    climbs.fold(None, |best: Option<(f64, Vec<u32>)>, found| match best {
        Some(best) if best.0 >= found.0 => Some(best),
        _ => Some(found),
    })
}

/// An allowed set by marginal scores: the best action that fits, again and again, while the score grows or an exact
/// number is not reached.
pub fn greedy(score: &Score<'_>, oracle: &mut Oracle<'_>) -> Vec<u32> {
    let bandit = score.bandit;
    let (exact, most) = (bandit.coupling.is_exact(), bandit.coupling.most(bandit.actions));
    let mut trial = Trial::new(score, &[]);
    let mut closed = vec![false; bandit.actions];
    let mut list = Vec::new();
    while list.len() < most {
        let open = (0..bandit.actions as u32).filter(|&action| !closed[action as usize]);
        let mut gains: Vec<(f64, u32)> = open.map(|action| (trial.changed(Some(action), None), action)).collect();
        gains.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let before = trial.value();
        let joins = gains.into_iter().filter(|&(value, _)| exact || value > before).find(|&(_, action)| {
            let mut next = list.clone();
            next.insert(next.partition_point(|&other| other < action), action);
            let fits = oracle.fits(&next);
            // What does not fit now will not fit beside more.
            closed[action as usize] |= !fits;
            fits
        });
        let Some((_, action)) = joins else { break };
        closed[action as usize] = true;
        trial.change(Some(action), None);
        list.insert(list.partition_point(|&other| other < action), action);
    }
    list
}
