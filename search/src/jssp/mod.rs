//! Searches for the job shop.
//!
//! Tabu search on machine sequences (N7) inside a population that is recombined by path relinking: B. Peng, Z. Lü and
//! T. C. E. Cheng, "A tabu search/path relinking algorithm to solve the job shop scheduling problem", Computers &
//! Operations Research 53, 2015.

pub mod bound;
pub mod config;
pub mod exact;
pub mod graph;
pub mod island;
pub mod model;
pub mod n7;
pub mod relink;
pub mod start;
pub mod tabu;

use heuron_problems::{Cost, Jssp};

pub use config::Config;

use crate::run::Run;
use crate::search::{Search, islands};
use bound::lower_bound;
use exact::propagated_bound;
use exact::windows::Shop;
use island::Island;
use model::Model;
use relink::Member;

/// Tabu search with path relinking. An iteration is a move of tabu search.
#[derive(Clone, Debug, Default)]
pub struct TabuSearch {
    /// Parameters; they must pass [`Config::check`].
    pub config: Config,
    /// Moves after which it leaves the rest to the next stage; none: never.
    pub moves: Option<u64>,
}

impl Search<Jssp> for TabuSearch {
    fn search(&mut self, jssp: &Jssp, run: &mut Run<'_, Jssp>) {
        run.set_method("tabu");
        run.raise_bound(lower_bound(jssp));
        let model = Model::new(jssp);
        let start = first_order(&model, jssp, run);
        if model.operations() == 0 || !run.proceed(0) {
            return;
        }
        let bound = tighten(&model, run);
        if !run.proceed(0) {
            return;
        }
        // A later stage of tabu search must not walk where an earlier one has been.
        let (islands, before) = (run.setup().islands.max(1) as u64, run.iterations());
        let mut group: Vec<Island<'_>> = (0..islands)
            .map(|index| {
                let stream = |name| run.stream(name, before * islands + index);
                let (rng, walk) = (stream("jssp population"), stream("jssp tabu"));
                // Only one island continues the incumbent: the others begin elsewhere.
                match index {
                    0 => Island::new(&model, &self.config, &start, bound, rng, walk),
                    _ => {
                        let order = start::start(&model, 0.5, &mut stream("jssp start"), &run.watch());
                        Island::new(&model, &self.config, &order, bound, rng, walk)
                    }
                }
            })
            .collect();
        let (mut unmarked, mut left) = (0, self.moves.unwrap_or(u64::MAX));
        while left > 0 && run.proceed(0) {
            let done = evolve(&model, &mut group, left, run);
            (unmarked, left) = (unmarked + done, left.saturating_sub(done));
            if unmarked >= self.config.exchange * group.len() as u64 {
                unmarked = 0;
                exchange(&mut group);
            }
        }
    }
}

/// Operations times those of the busiest machine up to which windows are propagated: 50 x 20, some ten milliseconds.
const PROPAGATED: usize = 60_000;

/// Part of the time left that they may take. Gaps of best known schedules to the bound, without and with it, in %: la21
/// 5.1 and 1.3, swv12 0.6 and 0, ta01 5.4 and 3.5, ta11 8.2 and 6.9, ta21 14.4 and 8.9, ta41 8.4 and 8.1, in 0.4 to 6
/// ms.
const TIGHTENING: f64 = 0.05;

/// Raises the bound of a run with an incumbent by propagation of windows, and returns it.
fn tighten(model: &Model, run: &mut Run<'_, Jssp>) -> Cost {
    let (bound, cost) = (run.bound().unwrap_or(0), run.cost().unwrap_or(0));
    let shop = Shop::new(model);
    let busiest = shop.machines.iter().map(Vec::len).max().unwrap_or(0);
    if model.operations().saturating_mul(busiest) > PROPAGATED {
        return bound;
    }
    let watch = run.watch();
    let watch = watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(TIGHTENING)));
    let bound = propagated_bound(&shop, bound, cost, &watch);
    run.raise_bound(bound);
    bound
}

/// The incumbent's order, or that of a start schedule, which is offered.
fn first_order(model: &Model, jssp: &Jssp, run: &mut Run<'_, Jssp>) -> Vec<u32> {
    if let Some(order) = run.best().and_then(|(_, schedule)| model.order(jssp, schedule)) {
        return order;
    }
    let order = start::start(model, 1.0, &mut run.stream("jssp start", 0), &run.watch());
    run.offer(&model.schedule(&order));
    order
}

/// One round of all islands, of `most` moves in all; returns the moves done.
fn evolve(model: &Model, group: &mut [Island<'_>], most: u64, run: &mut Run<'_, Jssp>) -> u64 {
    let count = group.len() as u64;
    let allowed = run.allowance((round(model) * count).min(most));
    let watch = run.watch();
    let mut work: Vec<(&mut Island<'_>, u64)> = group.iter_mut().map(|island| (island, 0)).collect();
    islands(run.setup().threads, &mut work, |index, (island, done)| {
        let share = allowed / count + u64::from((index as u64) < allowed % count);
        *done = island.evolve(share, &watch);
    });
    let done = work.iter().map(|(_, done)| done).sum();
    for (island, _) in &work {
        let Member { makespan, order } = island.best();
        if run.cost().is_none_or(|cost| *makespan < cost) {
            run.offer(&model.schedule(order));
        }
    }
    run.proceed(done);
    done
}

/// Every island sends its best schedule to the next one of the ring.
fn exchange(group: &mut [Island<'_>]) {
    let elites: Vec<Member> = group.iter().map(|island| island.best().clone()).collect();
    for (index, elite) in elites.iter().enumerate().take(if group.len() > 1 { group.len() } else { 0 }) {
        group[(index + 1) % elites.len()].adopt(elite);
    }
}

/// Moves of one island per round: some tens of milliseconds.
fn round(model: &Model) -> u64 {
    (4_000_000 / model.operations().max(1) as u64).clamp(100, 50_000)
}
