//! Ruin and recreate: the engine for large instances, from a few hundred to tens of thousands of customers.
//!
//! SISR (J. Christiaens and G. Vanden Berghe, "Slack induction by string removals for vehicle routing problems",
//! Transportation Science 54(2), 2020), started from savings, with neighbour lists and a journal as in FILO
//! (L. Accorsi and D. Vigo, "A fast and scalable heuristic for the solution of large-scale capacitated vehicle
//! routing problems", Transportation Science 55(4), 2021): an iteration costs the same whatever n is. Memory is
//! O(n k). Near the end set partitioning (`cvrp::partition`) puts the routes met together anew.

mod collector;
mod config;
mod cooling;
mod descent;
mod draw;
mod fleet;
mod ground;
mod parts;
mod recreate;
mod state;
mod strings;
mod sweep;
mod team;
mod trajectory;

use heuron_problems::{ConfigError, Cvrp, Routes};

pub use config::Config;

use super::savings::{ONE, savings};
use crate::cvrp::terrain::Terrain;
use crate::run::Run;
use crate::search::Search;
use cooling::Cooling;
use ground::Ground;
use sweep::sweep;
use team::Team;
use trajectory::Mode;

/// Used shares of the budget from which on routes are collected, and at which they are put together anew. On 12 files
/// of set X of 469 to 979 customers, 10 s, the incumbent is 0.030 % cheaper at the end than at this mark; between 86
/// and 95 % of the time the walk itself gains 0.017 %.
const COLLECT: f64 = 0.5;
const RECOMBINE: f64 = 0.95;

/// The stage. An iteration is one ruin and recreate of one island.
#[derive(Clone, Debug, Default)]
pub struct RuinRecreate {
    config: Config,
}

impl RuinRecreate {
    /// The stage with other settings than the default ones.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config })
    }

    /// The stage with `share` (0 to 1) of what is left of the budget.
    pub fn sharing(mut self, share: f64) -> Self {
        self.config.share = share.clamp(0.0, 1.0);
        self
    }
}

impl Search<Cvrp> for RuinRecreate {
    fn search(&mut self, problem: &Cvrp, run: &mut Run<'_, Cvrp>) {
        run.set_method("ruin-and-recreate");
        let warm = run.best().map(|(_, routes)| routes.clone());
        let hot = if warm.is_some() { self.config.warm } else { self.config.hot };
        if warm.is_none() {
            run.offer(&sweep(problem));
        }
        let ground = Ground::new(problem, &self.config, &run.watch());
        let start = ground.as_ref().and_then(|ground| self.start(ground, warm, run));
        let (Some(ground), Some(start)) = (ground, start) else {
            run.proceed(0);
            return;
        };
        let mut team = Team::new(&ground, start, run);
        let (cost, customers, routes) = (team.state().cost(), team.state().customers(), team.state().used());
        let cooling = Cooling::new(&self.config, run, hot, cost, customers, routes);
        let (mut done, mut recombined) = (0, false);
        while run.proceed(done) && cooling.used(run).is_none_or(|used| used < 1.0) {
            let used = cooling.used(run).unwrap_or(0.0);
            if used >= RECOMBINE && !recombined {
                team.recombine(&ground, run);
                recombined = true;
            }
            let mode = Mode { temperature: cooling.temperature(run), collects: used >= COLLECT && !recombined };
            done = team.round(&ground, &self.config, mode, run);
        }
    }
}

impl RuinRecreate {
    /// The warm start or savings routes, brought down to the fleet, or packed into it. None if that fails, or if there
    /// is nothing to improve: no customer, or one that fits no vehicle.
    fn start(&self, ground: &Ground, warm: Option<Routes>, run: &mut Run<'_, Cvrp>) -> Option<Routes> {
        let watch = run.watch();
        let fresh = || Routes { routes: savings(ground, ONE, &watch) };
        let mut start = warm.map_or_else(fresh, |warm| ground.inward(&warm));
        if start.routes.len() > ground.fleet {
            let packed = fleet::packed(ground);
            if let Some(packed) = &packed {
                run.offer(&ground.outward(packed));
            }
            let rng = &mut run.stream("ruin-fleet", 0);
            start = fleet::reduce(ground, &self.config, start, rng, &watch).or(packed)?;
        }
        run.offer(&ground.outward(&start));
        (ground.nodes() > 1 && run.best().is_some()).then_some(start)
    }
}
