//! A second constraint for the bounds: the number of items (S. Martello and P. Toth, "Upper bounds and algorithms for
//! hard 0-1 knapsack problems", Operations Research 45, 1997). A solution has at most as many items as the break
//! solution, or at least one more; either constraint joins the capacity with its best multipliers, and a state must be
//! promising under one of the two. Where all profits are weight plus a constant, this closes the gap of the linear
//! relaxation.

use super::bound::wide;
use super::expand::State;
use super::split::Entry;

/// Rounds of the search for multipliers: floats are exhausted then.
const ROUNDS: usize = 60;

/// A Lagrangian bound with exact multipliers: weights cost `price` / `per` each and items `toll` / `per` each.
#[derive(Clone, Debug)]
pub(super) struct Dual {
    per: i64,
    price: i64,
    toll: i128,
    /// Everything that does not depend on the state, times `per`: what items outside the core add at most, and what the
    /// constraints leave of their right-hand sides.
    rest: i128,
}

/// The bundles of a problem whose place is open, and the break solution among them.
pub(super) struct Open<'a> {
    /// In the break solution.
    pub left: &'a [Entry],
    /// Not in it.
    pub right: &'a [Entry],
    /// Capacity that the break solution leaves.
    pub room: i64,
}

impl Open<'_> {
    /// The bundles taken apart.
    fn items(&self) -> Vec<Entry> {
        let single = |entry: &Entry| {
            let count = i64::from(entry.count);
            Entry { profit: entry.profit / count, weight: entry.weight / count, count: 1, ..*entry }
        };
        let alike = |entry: &Entry| std::iter::repeat_n(single(entry), entry.count as usize);
        self.left.iter().chain(self.right).flat_map(alike).collect()
    }

    /// Number of items in the break solution.
    fn packed(&self) -> i64 {
        self.left.iter().map(|entry| i64::from(entry.count)).sum()
    }

    /// The capacity for all items together.
    fn capacity(&self) -> i64 {
        self.room + self.left.iter().map(|entry| entry.weight).sum::<i64>()
    }
}

impl Dual {
    /// The bound with these multipliers where `count` items more than the break solution has are the limit.
    fn new(open: &Open<'_>, count: i64, [per, price]: [i64; 2], toll: i128) -> Self {
        let mut dual = Self { per, price, toll, rest: toll * i128::from(count) };
        let left: i128 = open.left.iter().map(|entry| dual.change(entry, true)).sum();
        let right: i128 = open.right.iter().map(|entry| dual.change(entry, false)).sum();
        dual.rest += left + right;
        dual
    }

    /// What packing an item adds to the bound, times `per`.
    fn gain(&self, entry: &Entry) -> i128 {
        wide(self.per, entry.profit) - wide(self.price, entry.weight) - self.toll * i128::from(entry.count)
    }

    /// What an outside item adds to the bound by a change of its place.
    fn change(&self, entry: &Entry, packed: bool) -> i128 {
        let gain = self.gain(entry);
        if packed { (-gain).max(0) } else { gain.max(0) }
    }

    /// The item enters the core: states decide on it from now on. `packed`: it is in the break solution.
    pub fn enter(&mut self, entry: &Entry, packed: bool) {
        self.rest -= self.change(entry, packed);
    }

    /// The inverse of `enter`.
    pub fn leave(&mut self, entry: &Entry, packed: bool) {
        self.rest += self.change(entry, packed);
    }

    /// Whether a state can reach the profit `wanted`.
    #[inline(always)]
    pub fn is_promising(&self, state: &State, wanted: i64) -> bool {
        self.value(state) >= wide(wanted, self.per)
    }

    /// The bound of a state, rounded down.
    pub fn bound(&self, state: &State) -> i64 {
        let bound = self.value(state).div_euclid(i128::from(self.per));
        bound.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// The bound times `per`.
    #[inline(always)]
    fn value(&self, state: &State) -> i128 {
        let toll = self.toll * i128::from(state.count);
        wide(state.profit, self.per) - wide(self.price, state.weight) - toll + self.rest
    }

    /// The bounds of the two cases, at most as many items as the break solution has and more. A case in which no
    /// solution exceeds the break solution's profit by `better_by` is left out.
    pub fn pair(open: &Open<'_>, better_by: i64) -> Vec<Self> {
        let (items, packed, capacity) = (open.items(), open.packed(), open.capacity());
        let least = better_by + open.left.iter().map(|entry| entry.profit).sum::<i64>();
        let mut weights: Vec<i64> = items.iter().map(|entry| entry.weight).collect();
        weights.sort_unstable();
        let mut profits: Vec<i64> = items.iter().map(|entry| entry.profit).collect();
        profits.sort_unstable_by(|a, b| b.cmp(a));
        let most_fit = reaching(&weights, |sum| sum > capacity) - 1;
        let fewest_pay = reaching(&profits, |sum| sum >= least);
        let mut cases = Vec::new();
        if fewest_pay as i64 <= packed {
            cases.push(Self::tight(open, packed, false));
        }
        if most_fit as i64 > packed {
            cases.push(Self::tight(open, packed + 1, true));
        }
        cases
    }

    /// The best multipliers for at most (`more`: at least) `count` items: the bound is convex in the toll, and its
    /// slope is `count` minus the number of items of the relaxation at that toll.
    fn tight(open: &Open<'_>, count: i64, more: bool) -> Self {
        let relative = count - open.packed();
        let (mut items, capacity) = (open.items(), open.capacity());
        let highest = items.iter().map(|entry| entry.profit).max().unwrap_or(1) as f64;
        let slack = |items: &mut Vec<Entry>, toll: f64| {
            let (number, last) = relaxed(items, capacity, toll);
            (count as f64 - number, last)
        };
        // Low tolls have too many items, high ones too few.
        let (mut low, mut high) = if more { (-highest, 0.0) } else { (0.0, highest) };
        while more && slack(&mut items, low).0 > 0.0 && low > -highest * 1e6 {
            low *= 4.0;
        }
        for _ in 0..ROUNDS {
            let middle = low + (high - low) / 2.0;
            if slack(&mut items, middle).0 < 0.0 { low = middle } else { high = middle }
        }
        let ends = [slack(&mut items, low).1, slack(&mut items, high).1];
        let plain = slack(&mut items, 0.0).1;
        let mut best: Option<(f64, Self)> = None;
        let candidates = [vertex(ends[0], ends[1]), single(ends[0], low), single(ends[1], high), single(plain, 0.0)];
        for (prices, toll) in candidates.into_iter().flatten() {
            // The sign of the toll follows from the direction of the constraint.
            if (more && toll > 0) || (!more && toll < 0) {
                continue;
            }
            let dual = Self::new(open, relative, prices, toll);
            let value = (wide(dual.price, open.room) + dual.rest) as f64 / dual.per as f64;
            if best.as_ref().is_none_or(|(least, _)| value < *least) {
                best = Some((value, dual));
            }
        }
        // Without any candidate there is no item at all; then nothing can be added.
        best.map_or_else(|| Self::new(open, relative, [1, 0], 0), |(_, dual)| dual)
    }
}

/// How many of `values` it takes until their sum satisfies `enough`; one more than there are if it never does.
fn reaching(values: &[i64], enough: impl Fn(i64) -> bool) -> usize {
    let mut sum = 0;
    let at = values.iter().position(|value| {
        sum += value;
        enough(sum)
    });
    at.unwrap_or(values.len()) + 1
}

/// The linear relaxation where every item pays `toll`: the number of its items, and the break item. O(n) expected.
fn relaxed(items: &mut [Entry], capacity: i64, toll: f64) -> (f64, Option<Entry>) {
    let key = |entry: &Entry| (entry.profit as f64 - toll) / entry.weight as f64;
    let (mut low, mut high, mut room) = (0, items.len(), capacity);
    while high - low > 1 {
        let middle = (high - low) / 2;
        items[low..high].select_nth_unstable_by(middle, |a, b| key(b).total_cmp(&key(a)));
        let weight: i64 = items[low..low + middle].iter().map(|entry| entry.weight).sum();
        if weight > room {
            high = low + middle;
        } else {
            room -= weight;
            low += middle;
        }
    }
    // Items that do not pay their toll stay out.
    let paying = items[..low].iter().filter(|entry| key(entry) > 0.0).count() as f64;
    match items.get(low) {
        Some(last) if key(last) > 0.0 => (paying + (room as f64 / last.weight as f64).min(1.0), Some(*last)),
        last => (paying, last.copied()),
    }
}

/// The prices at which two items are both break items.
fn vertex(a: Option<Entry>, b: Option<Entry>) -> Option<([i64; 2], i128)> {
    let (a, b) = (a?, b?);
    let per = a.weight - b.weight;
    let price = (a.profit - b.profit) * per.signum();
    let per = per.abs();
    (per > 0 && price >= 0).then(|| ([per, price], wide(a.profit, per) - wide(price, a.weight)))
}

/// The prices at which an item that pays `toll` is the break item.
fn single(last: Option<Entry>, toll: f64) -> Option<([i64; 2], i128)> {
    let last = last?;
    let toll = toll.round() as i64;
    (last.profit >= toll).then(|| ([last.weight, last.profit - toll], wide(toll, last.weight)))
}
