//! The scheduling problems' places in the list of problems.

use heuron_problems::{Ffsp, Jssp, Plan, Schedule};

use crate::instance::{Instance, Kind, Solution, Solvable};
use crate::learned::Learned;
use crate::plot::{self, Caption};
use crate::recipe::Method;

impl Solvable for Jssp {
    const KIND: Kind = Kind::Jssp;
    const METHODS: &'static [Method<Self>] = crate::recipe::JSSP;
    const LEARNED: &'static [Learned<Self>] = crate::learned::JSSP;

    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> usize {
        self.operations()
    }

    fn scale(&self) -> f64 {
        1.0
    }

    fn infeasibility(&self) -> Option<String> {
        None
    }

    fn wrap(solution: Schedule) -> Solution {
        Solution::Jssp(solution)
    }

    fn unwrap(solution: &Solution) -> Option<&Schedule> {
        match solution {
            Solution::Jssp(schedule) => Some(schedule),
            _ => None,
        }
    }

    fn points(&self) -> Option<&[[f64; 2]]> {
        None
    }

    fn has_picture(&self) -> bool {
        true
    }

    fn picture(&self, schedule: &Schedule, caption: &Caption) -> Option<String> {
        plot::gantt(self, schedule, caption)
    }
}

impl Solvable for Ffsp {
    const KIND: Kind = Kind::Ffsp;
    const METHODS: &'static [Method<Self>] = crate::recipe::FFSP;
    const LEARNED: &'static [Learned<Self>] = crate::learned::FFSP;

    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> usize {
        self.jobs * self.stages()
    }

    fn scale(&self) -> f64 {
        1.0
    }

    fn infeasibility(&self) -> Option<String> {
        None
    }

    fn wrap(solution: Plan) -> Solution {
        Solution::Ffsp(solution)
    }

    fn unwrap(solution: &Solution) -> Option<&Plan> {
        match solution {
            Solution::Ffsp(plan) => Some(plan),
            _ => None,
        }
    }

    fn points(&self) -> Option<&[[f64; 2]]> {
        None
    }

    fn has_picture(&self) -> bool {
        true
    }

    fn picture(&self, plan: &Plan, caption: &Caption) -> Option<String> {
        plot::flow_gantt(self, plan, caption)
    }
}

impl From<Jssp> for Instance {
    fn from(jssp: Jssp) -> Self {
        Self::Jssp(jssp)
    }
}

impl From<Ffsp> for Instance {
    fn from(ffsp: Ffsp) -> Self {
        Self::Ffsp(ffsp)
    }
}
