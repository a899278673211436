//! Lower bounds: the longest job, and every stage alone with heads and tails (D. L. Santos, J. L. Hunsucker and D. E.
//! Deal, "Global lower bounds for flow shops with multiple processors", EJOR 80, 1995).

use heuron_problems::{Cost, Ffsp};

/// A lower bound on the makespan. Times count as the shortest of their stage's machines.
pub fn lower_bound(ffsp: &Ffsp) -> Cost {
    let shortest: Vec<Vec<Cost>> = ffsp
        .times
        .iter()
        .map(|stage| stage.iter().map(|row| row.iter().copied().min().unwrap_or(0)).collect())
        .collect();
    let longest = (0..ffsp.jobs).map(|job| shortest.iter().map(|stage| stage[job]).sum()).max().unwrap_or(0);
    let stages = (0..ffsp.stages()).map(|stage| stage_bound(ffsp, &shortest, stage));
    stages.fold(longest, Cost::max)
}

/// If w machines of the stage are used, their first tasks begin at w different heads and w different tails follow their
/// last ones; in between all the work is done. Nobody knows w: the least bound counts.
fn stage_bound(ffsp: &Ffsp, shortest: &[Vec<Cost>], stage: usize) -> Cost {
    let sum = |stages: &[Vec<Cost>]| -> Vec<Cost> {
        let mut sums: Vec<Cost> = (0..ffsp.jobs).map(|job| stages.iter().map(|stage| stage[job]).sum()).collect();
        sums.sort_unstable();
        sums
    };
    let (heads, tails) = (sum(&shortest[..stage]), sum(&shortest[stage + 1..]));
    let work: Cost = shortest[stage].iter().sum();
    let used = 1..=ffsp.machines[stage].min(ffsp.jobs);
    let bound = |used: usize| {
        let around: Cost = heads[..used].iter().chain(&tails[..used]).sum();
        (work + around + used as Cost - 1) / used as Cost
    };
    used.map(bound).min().unwrap_or(0)
}
