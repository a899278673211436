//! Ruin by adjacent string removal.
//!
//! J. Christiaens and G. Vanden Berghe, "Slack induction by string removals for vehicle routing problems",
//! Transportation Science 54(2), 2020, section 5.1: strings of customers are taken out of routes that are close to
//! each other, so that the routes left behind have slack in capacity and in space.

use heuron_problems::Stream;

use super::config::Config;
use super::draw::{below, chance, unit};
use super::ground::Ground;
use super::state::{NONE, State};
use crate::cvrp::terrain::Terrain;

/// Takes strings out of routes near a seed customer.
#[derive(Clone, Debug, Default)]
pub(super) struct Ruin {
    /// The customers taken out, in no particular order.
    pub removed: Vec<u32>,
    /// For every route slot the number of the ruin that last touched it.
    touched: Vec<u64>,
    count: u64,
}

impl Ruin {
    /// Ruins the routes that come nearest to `seed`, its own first.
    pub fn strings(&mut self, ground: &Ground, config: &Config, state: &mut State, seed: u32, rng: &mut Stream) {
        self.removed.clear();
        self.count += 1;
        self.touched.resize(state.slots(), 0);
        // Equations 5 to 7: longest string, most strings, number of strings.
        let cardinality = cardinality_of(state);
        let longest = (config.string_length as f64).min(cardinality);
        let most = 4.0 * config.removals / (1.0 + longest) - 1.0;
        let strings = (unit(rng) * most.max(0.0) + 1.0) as usize;
        let mut taken = 0;
        let mut visit = |ruin: &mut Self, state: &mut State, v: u32| {
            let route = state.node(v).route;
            if route != NONE && ruin.touched[route as usize] != ruin.count {
                ruin.touched[route as usize] = ruin.count;
                ruin.string(ground, config, state, v, longest, rng);
                taken += 1;
            }
            taken < strings
        };
        if !visit(self, state, seed) {
            return;
        }
        for &v in ground.near(seed) {
            if !visit(self, state, v) {
                return;
            }
        }
    }

    /// Takes one string that contains `v` out of its route (equations 8 and 9).
    fn string(&mut self, ground: &Ground, config: &Config, state: &mut State, v: u32, longest: f64, rng: &mut Stream) {
        let size = state.route(state.node(v).route).size as usize;
        let length = (unit(rng) * longest.min(size as f64) + 1.0) as usize;
        let length = length.min(size);
        // A split string keeps `kept` customers inside; its span is that much longer.
        let mut kept = 0;
        if length > 1 && length < size && chance(rng, config.split) {
            kept = 1;
            while length + kept < size && chance(rng, config.split_depth) {
                kept += 1;
            }
        }
        let span = length + kept;
        let mut at = span_start(state, v, span, rng);
        // The kept customers start behind the first one at the earliest and leave one at the end.
        let gap = if kept > 0 { 1 + below(rng, length - 1) } else { span };
        for place in 0..span {
            let next = state.node(at).next;
            if place < gap || place >= gap + kept {
                state.remove(ground, at);
                self.removed.push(at);
            }
            at = next;
        }
    }
}

/// Customers per route.
fn cardinality_of(state: &State) -> f64 {
    state.customers() as f64 / state.used().max(1) as f64
}

/// First customer of a random window of `span` customers around `v` on its route.
fn span_start(state: &State, v: u32, span: usize, rng: &mut Stream) -> u32 {
    let reach = |step: fn(&State, u32) -> u32| {
        let mut at = v;
        (0..span - 1)
            .take_while(|_| {
                at = step(state, at);
                at != 0
            })
            .count()
    };
    let back = reach(|state, v| state.node(v).prev);
    let ahead = reach(|state, v| state.node(v).next);
    // The window reaches at least `span - 1 - ahead` and at most `back` customers behind `v`.
    let least = span - 1 - ahead;
    let steps = least + below(rng, back - least + 1);
    (0..steps).fold(v, |at, _| state.node(at).prev)
}
