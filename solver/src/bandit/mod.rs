//! The bandits' place in the list of problems: a method is a policy, and an answer its play. A model is a JSON file
//! that `heuron train bandit` wrote.

mod training;

use std::path::Path;

use heuron_problems::{Bandit, Play};
use heuron_search::bandit::baselines::{Myopic, Null, Sampling};
use heuron_search::bandit::learned::Model;
use heuron_search::bandit::planner::Planner;
use heuron_search::bandit::standing::Standing;
use heuron_search::bandit::{Player, Simulation, play};
use heuron_search::{Setup, Stages};

use crate::error::Error;
use crate::instance::{Instance, Kind, Solution, Solvable};
use crate::learned::Plan;
use crate::load::load_text;
use crate::options::Options;
use crate::recipe::Method;

pub use training::{BanditBudget, BanditRun, BanditTraining, Mark, Preset};

/// Episodes of a play, as in the paper.
pub const EPISODES: u64 = 50;

/// Sets that the sampling policy draws per step, as in the paper.
const SAMPLES: usize = 100;

/// Subgradient steps by which a planner finds its prices anew in every step.
const AGAIN: usize = 20;

/// Policies by name.
pub(crate) const METHODS: &[Method<Bandit>] = &[
    Method {
        name: "auto",
        about: "the planner with standing orders",
        stages: |_, setup| simulate("standing", setup, |bandit, _| Box::new(Standing::new(bandit))),
    },
    Method {
        name: "standing",
        about: "the best set to take again and again, found anew in every step; then the step's actions before it",
        stages: |_, setup| simulate("standing", setup, |bandit, _| Box::new(Standing::new(bandit))),
    },
    Method {
        name: "planner",
        about: "Lagrangian values of the arms, prices found anew in every step, best allowed set by an exact oracle",
        stages: |_, setup| simulate("planner", setup, |bandit, _| Box::new(Planner::new(bandit, AGAIN))),
    },
    Method {
        name: "index",
        about: "Lagrangian index policy: prices of the beginning, best allowed set by an exact oracle",
        stages: |_, setup| simulate("index", setup, |bandit, _| Box::new(Planner::new(bandit, 0))),
    },
    Method {
        name: "myopic",
        about: "the set with the best reward of the next step",
        stages: |_, setup| simulate("myopic", setup, |bandit, _| Box::new(Myopic::new(bandit, false))),
    },
    Method {
        name: "iterative-myopic",
        about: "actions one by one, by the reward of the next step",
        stages: |_, setup| simulate("iterative-myopic", setup, |bandit, _| Box::new(Myopic::new(bandit, true))),
    },
    Method {
        name: "sampling",
        about: "the best of 100 random sets by the reward of the next step",
        stages: |_, setup| simulate("sampling", setup, |bandit, seed| Box::new(Sampling::new(bandit, SAMPLES, seed))),
    },
    Method {
        name: "random",
        about: "random sets that nothing can be added to",
        stages: |_, setup| simulate("random", setup, |bandit, seed| Box::new(Sampling::new(bandit, 1, seed))),
    },
    Method {
        name: "null",
        about: "no action; of an exact number the first ones",
        stages: |_, setup| simulate("null", setup, |bandit, _| Box::new(Null(bandit))),
    },
];

/// A play of as many episodes as the iterations allow.
fn simulate(
    name: &'static str,
    setup: &Setup,
    make: impl for<'a> Fn(&'a Bandit, u64) -> Box<dyn Player + 'a> + 'static,
) -> Stages<Bandit> {
    // Without a limit on steps there are the paper's episodes; the time may end them earlier.
    let episodes = if setup.budget.iterations.is_some() { u64::MAX } else { EPISODES };
    vec![Box::new(Simulation { name, make: Box::new(make), episodes })]
}

impl Solvable for Bandit {
    const KIND: Kind = Kind::Bandit;
    const METHODS: &'static [Method<Self>] = METHODS;

    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> usize {
        self.arms.len()
    }

    fn scale(&self) -> f64 {
        heuron_problems::bandit::SCALE
    }

    fn wrap(solution: Play) -> Solution {
        Solution::Bandit(solution)
    }

    fn unwrap(solution: &Solution) -> Option<&Play> {
        match solution {
            Solution::Bandit(play) => Some(play),
            _ => None,
        }
    }

    fn own_plan(&self, options: &Options) -> Option<Result<Plan<Self>, Error>> {
        let name = options.model.as_ref().filter(|_| options.method.is_none())?;
        let plan = |model: Model| Plan {
            method: "model",
            model: Some(name.clone()),
            stages: Box::new(move |_, setup| {
                let model = model.clone();
                simulate("model", setup, move |bandit, _| model.player(bandit))
            }),
        };
        Some(read(name).and_then(|model| {
            model.check(self).map_err(|source| Error::model(name, source))?;
            Ok(plan(model))
        }))
    }
}

impl From<Bandit> for Instance {
    fn from(bandit: Bandit) -> Self {
        Self::Bandit(bandit)
    }
}

/// The model in a file.
fn read(name: &str) -> Result<Model, Error> {
    serde_json::from_str(&load_text(Path::new(name))?).map_err(|source| Error::model(name, source))
}

/// The play of the model in a file on `bandit`, or of the planner without a name: the first `EPISODES` scenarios of
/// `seed`.
///
/// # Errors
/// [`Error::File`] and [`Error::Model`].
pub fn play_model(bandit: &Bandit, name: Option<&str>, seed: u64) -> Result<Play, Error> {
    let mut player: Box<dyn Player + '_> = match name {
        Some(name) => {
            let model = read(name)?;
            model.check(bandit).map_err(|source| Error::model(name, source))?;
            model.player(bandit)
        }
        None => Box::new(Standing::new(bandit)),
    };
    Ok(play(bandit, name.map_or("standing", |_| "model"), player.as_mut(), seed, EPISODES))
}
