//! Dispatching rules for the flexible flow shop: the job that the rule prefers goes to the machine that ends it first.
//!
//! The shortest-job-first rule is the greedy baseline of Y.-D. Kwon et al., "Matrix encoding networks for neural
//! combinatorial optimization", NeurIPS 2021.

use heuron_problems::{Cost, Ffsp};

use crate::features::ffsp::resume;
use crate::features::shop::{Choices, Floor, Shop};
use crate::policy::{Lanes, Policy};

/// Of the jobs that could begin at a stage before any of them could end there, the one that the rule prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowDispatch {
    /// Shortest processing time.
    Spt,
    /// Most work remaining at the stages after.
    Mwkr,
    /// The one that ends first.
    First,
}

impl FlowDispatch {
    /// All rules, with the names that the literature has for them, and what these stand for.
    pub const NAMED: [(&'static str, &'static str, Self); 3] = [
        ("spt", "shortest processing time", Self::Spt),
        ("mwkr", "most work remaining", Self::Mwkr),
        ("ect", "earliest completion time", Self::First),
    ];
}

impl Policy<Ffsp> for FlowDispatch {
    /// Per instance.
    type Memory = Vec<Floor>;

    fn encode(&self, batch: &[Ffsp]) -> Vec<Floor> {
        batch.iter().map(Shop::floor).collect()
    }

    fn score(&self, memory: &mut Vec<Floor>, lanes: &Lanes<'_, Ffsp>, logits: &mut [f32]) {
        let mut choices = Choices::default();
        for ((instance, state, _), row) in lanes.iter().zip(logits.chunks_exact_mut(lanes.width)) {
            let (ffsp, floor) = (&lanes.batch[instance], &memory[instance]);
            row.fill(f32::NEG_INFINITY);
            ffsp.choices(floor, &resume(ffsp, state), &mut choices);
            for &action in &choices.actions {
                let (job, machine) = (action as usize / ffsp.widest(), action as usize % ffsp.widest());
                let stage = state.stage(job);
                let time = ffsp.time(stage, job, machine);
                let start = state.job_free(job).max(state.machine_free(stage, machine));
                let rank: Cost = match self {
                    Self::Spt => -time,
                    Self::Mwkr => floor.tails[stage * ffsp.jobs + job],
                    Self::First => -(start + time),
                };
                row[action as usize] = rank as f32 / floor.unit;
            }
        }
    }
}
