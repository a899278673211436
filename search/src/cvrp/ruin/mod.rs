//! Ruin and recreate for large instances.

mod config;
mod draw;
mod ground;
mod recreate;
mod savings;
mod state;
mod strings;
mod trajectory;

use heuron_problems::{Cvrp, Routes};

pub use config::Config;

use crate::run::{Run, Watch};
use crate::search::Search;
use ground::Ground;
use state::State;
use trajectory::Trajectory;

/// The stage.
#[derive(Clone, Debug, Default)]
pub struct RuinRecreate {
    /// Settings.
    pub config: Config,
}

impl Search<Cvrp> for RuinRecreate {
    fn search(&mut self, problem: &Cvrp, run: &mut Run<'_, Cvrp>) {
        let watch = run.watch();
        if run.best().is_none() {
            run.offer(&savings::sweep(problem));
        }
        let Some(ground) = Ground::new(problem, self.config.lists, &watch) else { return };
        let start = match run.best() {
            _ => savings::savings(&ground, self.config.lists, &watch),
        };
        run.offer(&start);
        let state = State::new(&ground, &start.routes);
        let arcs = (problem.customers() + state.used()) as f64;
        let hot = self.config.hot * state.cost() as f64 / arcs;
        let seeds = (1..=problem.customers() as u32).collect();
        let mut walk = Trajectory::new(state, seeds, run.stream("ruin", 0));
        let total = watch.remaining();
        loop {
            let share = |watch: &Watch| match (watch.remaining(), total) {
                (Some(left), Some(total)) => 1.0 - left.as_secs_f64() / total.as_secs_f64(),
                _ => 0.0,
            };
            let t = hot * self.config.cold.powf(share(&watch));
            let done = walk.walk(&ground, &self.config, run.allowance(4000), (t, t), &watch);
            run.offer(&walk.state.best_routes());
            if !run.proceed(done) {
                return;
            }
        }
    }
}

#[allow(unused)]
fn unused(_: Routes) {}
