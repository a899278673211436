//! Dispatching rules for the job shop: when a machine can begin something, the rule says which waiting job goes first.
//!
//! Names and definitions as in V. Sels, N. Gheysen and M. Vanhoucke, "A comparison of priority rules for the job shop
//! scheduling problem under different flow time- and tardiness-related objective functions", IJPR 50, 2012; the four
//! rules that L2D (Zhang et al., 2020) is compared with.

use heuron_problems::{Cost, Jssp};

use crate::policy::{Lanes, Policy};

/// Non-delay dispatching: of the operations that could start first, the one that the rule prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// Shortest processing time.
    Spt,
    /// Most work remaining, the operation's own included.
    Mwkr,
    /// Most operations remaining.
    Mopnr,
    /// Least ratio of flow due date, the job's work up to the operation's end, to the work remaining.
    FddMwkr,
}

/// What the rules ask of an instance.
#[derive(Clone, Debug)]
pub struct Work {
    /// Work of the job from this operation on \[jobs\]\[operations\].
    left: Vec<Vec<Cost>>,
    /// The longest job: what work is measured in, so that one sampling temperature suits every instance.
    unit: f32,
    /// The largest number of operations of a job.
    most: f32,
}

impl Work {
    fn new(jssp: &Jssp) -> Self {
        let left = |job: &Vec<heuron_problems::jssp::Operation>| {
            let mut left: Vec<Cost> = job
                .iter()
                .rev()
                .scan(0, |sum, operation| {
                    *sum += operation.duration;
                    Some(*sum)
                })
                .collect();
            left.reverse();
            left
        };
        let left: Vec<Vec<Cost>> = jssp.jobs.iter().map(left).collect();
        let longest = left.iter().filter_map(|job| job.first()).max().copied().unwrap_or(0);
        let most = jssp.jobs.iter().map(Vec::len).max().unwrap_or(0);
        Self { left, unit: longest.max(1) as f32, most: most.max(1) as f32 }
    }
}

impl Dispatch {
    /// All rules, with the names that the literature has for them, and what these stand for.
    pub const NAMED: [(&'static str, &'static str, Self); 4] = [
        ("spt", "shortest processing time", Self::Spt),
        ("mwkr", "most work remaining", Self::Mwkr),
        ("mopnr", "most operations remaining", Self::Mopnr),
        ("fdd-mwkr", "least flow due date per most work remaining", Self::FddMwkr),
    ];

    /// The larger, the sooner: of order 1. `place` is that of the next operation in its job.
    fn priority(self, jssp: &Jssp, work: &Work, job: usize, place: usize) -> f32 {
        let (duration, left) = (jssp.jobs[job][place].duration as f32, work.left[job][place] as f32);
        match self {
            Self::Spt => -duration / work.unit,
            Self::Mwkr => left / work.unit,
            Self::Mopnr => (jssp.jobs[job].len() - place) as f32 / work.most,
            Self::FddMwkr => -(work.left[job][0] as f32 - left + duration) / left.max(1.0),
        }
    }
}

impl Policy<Jssp> for Dispatch {
    /// Per instance.
    type Memory = Vec<Work>;

    fn encode(&self, batch: &[Jssp]) -> Vec<Work> {
        batch.iter().map(Work::new).collect()
    }

    fn score(&self, memory: &mut Vec<Work>, lanes: &Lanes<'_, Jssp>, logits: &mut [f32]) {
        for ((instance, state, mask), row) in lanes.iter().zip(logits.chunks_exact_mut(lanes.width)) {
            let (jssp, work) = (&lanes.batch[instance], &memory[instance]);
            let start = |job: usize| jssp.upcoming(state, job).filter(|_| mask[job]).map(|(_, start)| start);
            let first = (0..lanes.width).filter_map(start).min();
            for (job, logit) in row.iter_mut().enumerate() {
                *logit = if start(job).is_some() && start(job) == first {
                    self.priority(jssp, work, job, state.scheduled(job))
                } else {
                    f32::NEG_INFINITY
                };
            }
        }
    }
}
