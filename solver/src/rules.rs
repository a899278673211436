//! Dispatching rules by name: baselines that are measured as models are.

use heuron_policies::native::spread::spread;
use heuron_policies::rules::{Dispatch, FlowDispatch};
use heuron_policies::{Decode, Policy, Start, rollout};
use heuron_problems::{Construct, stream};
use heuron_search::Stop;

use crate::evaluation::Judged;
use crate::instance::{Instance, Kind};

/// A dispatching rule of one of the shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Of the job shop.
    Jssp(Dispatch),
    /// Of the flexible flow shop.
    Ffsp(FlowDispatch),
}

impl Rule {
    /// Name, meaning and rule of all that a problem has.
    pub fn of(problem: Kind) -> Vec<(&'static str, &'static str, Self)> {
        match problem {
            Kind::Jssp => Dispatch::NAMED.map(|(name, about, rule)| (name, about, Self::Jssp(rule))).into(),
            Kind::Ffsp => FlowDispatch::NAMED.map(|(name, about, rule)| (name, about, Self::Ffsp(rule))).into(),
            _ => Vec::new(),
        }
    }

    /// The rule of this name.
    pub fn find(problem: Kind, name: &str) -> Option<Self> {
        Self::of(problem).into_iter().find(|(own, ..)| *own == name).map(|(.., rule)| rule)
    }

    /// The schedule of every instance, in order; none for instances that were not done when `stop` was cancelled. A
    /// shop of another problem has none.
    pub fn run_until(self, instances: &[Instance], threads: usize, stop: &Stop) -> Vec<Option<Judged>> {
        let mut judged = vec![None; instances.len()];
        spread(threads, &mut judged, |index, place| {
            *place = match (self, &instances[index]) {
                (Self::Jssp(rule), Instance::Jssp(jssp)) => schedule(&rule, jssp, stop),
                (Self::Ffsp(rule), Instance::Ffsp(ffsp)) => schedule(&rule, ffsp, stop),
                _ => None,
            };
        });
        judged
    }
}

/// None if `stop` is cancelled before the end.
fn schedule<P: Construct, A: Policy<P>>(rule: &A, problem: &P, stop: &Stop) -> Option<Judged> {
    let batch = std::slice::from_ref(problem);
    // Greedy choices draw nothing.
    let start = Start { instance: 0, opening: None, stream: stream(0, "rule", 0) };
    let is_over = || stop.is_cancelled();
    let outcomes = rollout(rule, &mut rule.encode(batch), batch, vec![start], Decode::Greedy, is_over)?;
    let outcome = outcomes.into_iter().next()?;
    Some(Judged { cost: outcome.cost.ok(), bound: None, trajectories: 1 })
}
