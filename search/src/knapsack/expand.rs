//! Dynamic programming over an expanding core (D. Pisinger, "A minimal algorithm for the 0-1 knapsack problem",
//! Operations Research 45, 1997, section 3; S. Martello, D. Pisinger and P. Toth, "Dynamic programming and strong
//! bounds for the 0-1 knapsack problem", Management Science 45, 1999).
//!
//! States are partial solutions, undominated and ascending in weight and profit. Every step takes one more item into
//! the core, alternately from after and from before the break item, doubles the states by changing its place, and drops
//! those that are dominated or whose bounds do not exceed the best solution. No states left: the best solution is
//! optimal.

use crate::run::Watch;

use super::bound::{Side, Walk};
use super::dual::{Dual, Open};
use super::split::Entry;
use super::trail::{BLOCK, Mark, Trail};

/// A partial solution: the break solution with some items of the core in the other place.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub profit: i64,
    /// Minus the capacity: above 0 is too much.
    pub weight: i64,
    /// Items more than the break solution has.
    pub count: i32,
    pub mark: Mark,
}

/// In which order items enter the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Alternately from both sides of the break item, the nearest first: the fewest items decide.
    Nearest,
    /// By weight: what is open in the end is light, so that the bounds are sharp when the states are most.
    Heaviest,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There are states and items left.
    Going,
    /// Nothing is left to do.
    Done,
    /// The watch interrupted it; the states are those before the step.
    Late,
}

/// A better solution: its profit and the bundles that change their place in the break solution.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub profit: i64,
    pub changed: Vec<u32>,
}

/// The completion of a state by outside items.
struct Completion {
    profit: i64,
    mark: Mark,
    /// Whether the items are of the side before the break item.
    left: bool,
    /// Places of the items in their side.
    items: std::ops::Range<usize>,
}

/// The core problem.
pub(super) struct Core {
    left: Side,
    right: Side,
    /// Bundles of the core, in the order of their entry.
    inside: Vec<u32>,
    states: Vec<State>,
    spare: Vec<State>,
    trail: Trail,
    /// Profit of the best solution.
    best: i64,
    found: Option<Found>,
    /// Cardinality bounds, once the states are many.
    duals: Option<Vec<Dual>>,
    /// Break solution and slope of the linear relaxation: profit, room, break item.
    root: (i64, i64, Option<Entry>),
    most_states: usize,
    order: Order,
    /// The largest bound of a state that was dropped for want of memory.
    dropped: Option<i64>,
    /// States at which completions by one item are tried next.
    pairing_at: usize,
}

/// States from where the cardinality bounds pay for their multipliers.
const DUALS_FROM: usize = 2_000;

/// States from where completions by single items are tried, each time the number has doubled.
const PAIRING_FROM: usize = 1_000;

/// States between two looks at the clock: some ten microseconds.
const LOOK: usize = 1 << 11;

impl Core {
    /// A core without items. `best` is the profit to be exceeded; `left` and `right` are the open items before and from
    /// the break item on, the nearest first; the break solution has `profit` and leaves `room`.
    pub fn new(
        left: Vec<Entry>,
        right: Vec<Entry>,
        [profit, room, best]: [i64; 3],
        most_states: usize,
        order: Order,
    ) -> Self {
        let root = (profit, room, right.first().copied());
        Self {
            left: Side::new(left),
            right: Side::new(right),
            inside: Vec::new(),
            states: vec![State { profit, weight: -room, count: 0, mark: Mark::START }],
            spare: Vec::new(),
            trail: Trail::default(),
            best,
            found: None,
            duals: None,
            root,
            most_states,
            order,
            dropped: None,
            pairing_at: PAIRING_FROM,
        }
    }

    /// The best solution found since the last call.
    pub fn take_found(&mut self) -> Option<Found> {
        self.found.take()
    }

    /// An upper bound on the profit of every solution, O(states).
    pub fn bound(&self) -> i64 {
        let mut top = self.best.max(self.dropped.unwrap_or(self.best));
        if self.left.outside().is_empty() && self.right.outside().is_empty() {
            return top;
        }
        let (mut walk, mut exact) = (Walk::new(&self.left, &self.right), Walk::new(&self.left, &self.right));
        for state in &self.states {
            // Without a division for the many that do not count.
            let possible = walk.reach(state.profit, state.weight, top + 1).promising;
            if possible && self.is_promising(state, top + 1) {
                top = top.max(self.bound_of(state, &mut exact));
            }
        }
        top
    }

    /// The bound of a state, rounded down; `walk` is at a lighter one.
    fn bound_of(&self, state: &State, walk: &mut Walk<'_>) -> i64 {
        let dantzig = walk.bound(state.profit, state.weight);
        let dual = self.duals.iter().flatten().map(|dual| dual.bound(state)).max();
        dual.map_or(dantzig, |dual| dual.min(dantzig))
    }

    /// Whether the cardinality bounds, as far as there are any, allow the state the profit `wanted`.
    #[inline(always)]
    fn is_promising(&self, state: &State, wanted: i64) -> bool {
        self.duals.as_ref().is_none_or(|duals| duals.iter().any(|dual| dual.is_promising(state, wanted)))
    }

    /// Takes one more item into the core.
    pub fn step(&mut self, watch: &Watch) -> Step {
        let Some((packed, place)) = self.next() else { return Step::Done };
        let entry = if packed { self.left.take(place) } else { self.right.take(place) };
        self.duals.iter_mut().flatten().for_each(|dual| dual.enter(&entry, packed));
        let best = self.best;
        let Some(completion) = self.double(&entry, packed, watch) else {
            // The bound of the states before the step counts the item as outside.
            let side = if packed { &mut self.left } else { &mut self.right };
            side.put_back(place);
            self.duals.iter_mut().flatten().for_each(|dual| dual.leave(&entry, packed));
            return Step::Late;
        };
        self.inside.push(entry.item);
        std::mem::swap(&mut self.states, &mut self.spare);
        if let Some(completion) = completion {
            self.record(completion);
        }
        if self.states.len() >= self.pairing_at {
            self.pairing_at = 2 * self.states.len();
            if let Some(completion) = self.pair() {
                self.record(completion);
            }
        }
        if self.inside.len().is_multiple_of(BLOCK) {
            self.trail.close(&mut self.states);
            if self.trail.is_due() {
                self.trail.collect(&mut self.states);
            }
        }
        if self.best > best {
            self.shrink();
        }
        if self.duals.is_none() && self.states.len() > DUALS_FROM {
            self.tighten();
        }
        if self.states.len() > self.most_states && !watch.is_late() {
            self.thin();
        }
        let left = !self.left.outside().is_empty() || !self.right.outside().is_empty();
        if left && !self.states.is_empty() { Step::Going } else { Step::Done }
    }

    /// Which side the next item comes from (the one before the break item: true), and its place there.
    fn next(&self) -> Option<(bool, usize)> {
        let nearest = |side: &Side| (side.inside < side.entries.len()).then_some(side.inside);
        match self.order {
            Order::Nearest if self.inside.len().is_multiple_of(2) => {
                nearest(&self.right).map(|place| (false, place)).or(nearest(&self.left).map(|place| (true, place)))
            }
            Order::Nearest => {
                nearest(&self.left).map(|place| (true, place)).or(nearest(&self.right).map(|place| (false, place)))
            }
            Order::Heaviest => match (self.left.heaviest(), self.right.heaviest()) {
                (Some((place, weight)), other) if other.is_none_or(|(_, right)| weight > right) => Some((true, place)),
                (_, other) => other.map(|(place, _)| (false, place)),
            },
        }
    }

    /// Fills `spare` with the states and their copies in which `entry` has changed its place, as far as they are
    /// promising. The best completion met, if it is better than the best solution; none at all if it is late.
    fn double(&mut self, entry: &Entry, packed: bool, watch: &Watch) -> Option<Option<Completion>> {
        let sign = if packed { -1 } else { 1 };
        let states = &self.states;
        let [more_profit, more_weight] = [entry.profit, entry.weight].map(|value| sign * value);
        let more_items = if packed { -entry.count } else { entry.count };
        let mut walk = Walk::new(&self.left, &self.right);
        let (mut same, mut other) = (0, 0);
        let (mut undominated, mut wanted, mut completion) = (i64::MIN, self.best + 1, None);
        self.spare.clear();
        for turn in 1.. {
            if turn % LOOK == 0 && watch.is_late() {
                return None;
            }
            // The lighter one next; of equal weights the more profitable one, which dominates.
            let changes = match (states.get(same), states.get(other)) {
                (None, None) => break,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (Some(a), Some(b)) => {
                    let (weight, profit) = (b.weight + more_weight, b.profit + more_profit);
                    weight < a.weight || (weight == a.weight && profit > a.profit)
                }
            };
            let state = if changes {
                let State { profit, weight, count, mark } = states[other];
                other += 1;
                State {
                    profit: profit + more_profit,
                    weight: weight + more_weight,
                    count: count + more_items,
                    mark: mark.then(true),
                }
            } else {
                let state = states[same];
                same += 1;
                State { mark: state.mark.then(false), ..state }
            };
            if state.profit <= undominated {
                continue;
            }
            undominated = state.profit;
            let reach = walk.reach(state.profit, state.weight, wanted);
            if let Some(profit) = reach.completed.filter(|&profit| profit >= wanted) {
                wanted = profit + 1;
                let left = state.weight > 0;
                let from = if left { self.left.inside } else { self.right.inside };
                completion = Some(Completion { profit, mark: state.mark, left, items: from..reach.up_to });
            }
            if reach.promising && self.is_promising(&state, wanted) {
                self.spare.push(state);
            }
        }
        Some(completion)
    }

    /// Completions by one item outside the core: the most profitable that fits, or the least profitable that relieves.
    fn pair(&self) -> Option<Completion> {
        let by_weight = |side: &Side| {
            let mut places: Vec<usize> = (side.inside..side.entries.len()).collect();
            places.sort_unstable_by_key(|&place| (side.entries[place].weight, place));
            places
        };
        let (mut right, mut left) = (by_weight(&self.right), by_weight(&self.left));
        // The most profitable among the lighter ones, and the least profitable among the heavier ones.
        for at in 1..right.len() {
            if self.right.entries[right[at]].profit < self.right.entries[right[at - 1]].profit {
                right[at] = right[at - 1];
            }
        }
        for at in (1..left.len()).rev() {
            if self.left.entries[left[at]].profit < self.left.entries[left[at - 1]].profit {
                left[at - 1] = left[at];
            }
        }
        let weights = |side: &Side| {
            let mut weights: Vec<i64> = side.outside().iter().map(|entry| entry.weight).collect();
            weights.sort_unstable();
            weights
        };
        let (right_weights, left_weights) = (weights(&self.right), weights(&self.left));
        let (mut fits, mut relieves) = (right.len(), 0);
        let mut completion: Option<Completion> = None;
        for state in &self.states {
            let (place, profit, is_left) = if state.weight <= 0 {
                while fits > 0 && right_weights[fits - 1] > -state.weight {
                    fits -= 1;
                }
                let Some(at) = fits.checked_sub(1) else { continue };
                (right[at], state.profit + self.right.entries[right[at]].profit, false)
            } else {
                while relieves < left.len() && left_weights[relieves] < state.weight {
                    relieves += 1;
                }
                let Some(&place) = left.get(relieves) else { break };
                (place, state.profit - self.left.entries[place].profit, true)
            };
            if profit > completion.as_ref().map_or(self.best, |completion| completion.profit) {
                completion = Some(Completion { profit, mark: state.mark, left: is_left, items: place..place + 1 });
            }
        }
        completion
    }

    fn record(&mut self, completion: Completion) {
        let Completion { profit, mark, left, items } = completion;
        let side = if left { &self.left } else { &self.right };
        let mut changed: Vec<u32> = side.entries[items].iter().map(|entry| entry.item).collect();
        changed.extend(self.trail.taken(mark, self.inside.len()).into_iter().map(|at| self.inside[at]));
        self.best = profit;
        self.found = Some(Found { profit, changed });
    }

    /// Drops outside items that a better best solution fixes, by the bound of the linear relaxation.
    fn shrink(&mut self) {
        let (profit, room, Some(last)) = self.root else { return };
        let loss = |entry: &Entry| {
            super::bound::wide(entry.profit, last.weight) - super::bound::wide(last.profit, entry.weight)
        };
        let margin = super::bound::wide(profit - self.best - 1, last.weight) + super::bound::wide(last.profit, room);
        self.left.retain(|entry| loss(entry) <= margin);
        self.right.retain(|entry| -loss(entry) <= margin);
    }

    /// Finds multipliers for the cardinality bounds.
    fn tighten(&mut self) {
        let (profit, room, _) = self.root;
        let open = Open { left: &self.left.entries, right: &self.right.entries, room };
        let mut duals = Dual::pair(&open, self.best + 1 - profit);
        for dual in &mut duals {
            self.left.entries[..self.left.inside].iter().for_each(|entry| dual.enter(entry, true));
            self.right.entries[..self.right.inside].iter().for_each(|entry| dual.enter(entry, false));
        }
        let best = self.best;
        self.states.retain(|state| duals.iter().any(|dual| dual.is_promising(state, best + 1)));
        self.duals = Some(duals);
    }

    /// Drops the less promising half of the states, which ends the hope for a proof unless their bounds allow it.
    fn thin(&mut self) {
        let mut walk = Walk::new(&self.left, &self.right);
        let bounds: Vec<i64> = self.states.iter().map(|state| self.bound_of(state, &mut walk)).collect();
        let mut order = bounds.clone();
        let middle = order.len() / 2;
        let threshold = *order.select_nth_unstable_by(middle, |a, b| b.cmp(a)).1;
        let mut room = middle - bounds.iter().filter(|&&bound| bound > threshold).count();
        let mut dropped = self.dropped.unwrap_or(i64::MIN);
        let mut at = 0;
        self.states.retain(|_| {
            let bound = bounds[at];
            at += 1;
            let keep = bound > threshold || (bound == threshold && room > 0);
            if bound == threshold && keep {
                room -= 1;
            }
            if !keep {
                dropped = dropped.max(bound);
            }
            keep
        });
        self.dropped = Some(dropped);
    }
}
