//! Dantzig's bound for every state of a list, at the cost of a pass: the items outside the core fill or relieve a state
//! in the order of their efficiency, the last one in part (G. B. Dantzig, 1957).

use super::split::Entry;

/// Items outside the core. Sums run over all items of a side, inside the core or not.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// Nearest to the break item first.
    pub entries: Vec<Entry>,
    /// Number of entries that are in the core already.
    pub inside: usize,
    /// Profit and weight of the first k entries \[entries + 1\].
    sums: Vec<(i64, i64)>,
}

impl Side {
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut side = Self { entries, inside: 0, sums: Vec::new() };
        side.add_up();
        side
    }

    fn add_up(&mut self) {
        let (mut profit, mut weight) = (0, 0);
        self.sums.clear();
        self.sums.push((0, 0));
        self.sums.extend(self.entries.iter().map(|entry| {
            (profit, weight) = (profit + entry.profit, weight + entry.weight);
            (profit, weight)
        }));
    }

    /// Items outside the core.
    pub fn outside(&self) -> &[Entry] {
        &self.entries[self.inside..]
    }

    /// Takes the outside entry at `place` into the core.
    pub fn take(&mut self, place: usize) -> Entry {
        self.entries[self.inside..=place].rotate_right(1);
        self.inside += 1;
        self.add_up_between(self.inside - 1, place);
        self.entries[self.inside - 1]
    }

    /// The inverse of the last `take`.
    pub fn put_back(&mut self, place: usize) {
        self.inside -= 1;
        self.entries[self.inside..=place].rotate_left(1);
        self.add_up_between(self.inside, place);
    }

    /// The place of the heaviest outside entry, and its weight.
    pub fn heaviest(&self) -> Option<(usize, i64)> {
        let places = self.entries.iter().enumerate().skip(self.inside);
        places
            .map(|(place, entry)| (place, entry.weight))
            .max_by_key(|&(place, weight)| (weight, std::cmp::Reverse(place)))
    }

    fn add_up_between(&mut self, first: usize, last: usize) {
        for at in first..=last {
            let (Entry { profit, weight, .. }, sum) = (self.entries[at], self.sums[at]);
            self.sums[at + 1] = (sum.0 + profit, sum.1 + weight);
        }
    }

    /// Drops items outside the core that `keep` does not hold for.
    pub fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        let mut at = 0;
        let inside = self.inside;
        self.entries.retain(|entry| {
            at += 1;
            at <= inside || keep(entry)
        });
        self.add_up();
    }

    /// Profit and weight of the items between the core and entry `to`.
    #[inline(always)]
    fn between(&self, to: usize) -> (i64, i64) {
        let (from, to) = (self.sums[self.inside], self.sums[to]);
        (to.0 - from.0, to.1 - from.1)
    }
}

/// What a state can become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Profit of its completion by whole items; none if no completion fits.
    pub completed: Option<i64>,
    /// The completion takes the items from the core up to here: of the side after the break item, or for a state that
    /// weighs too much of the side before it.
    pub up_to: usize,
    /// Whether the bound is at least the profit asked for.
    pub promising: bool,
}

/// A pass over states of ascending weight. Weights are relative to the capacity: above 0 is too much.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    left: &'a Side,
    right: &'a Side,
    /// Where completions of the last state ended; none before the first.
    filled: Option<usize>,
    relieved: usize,
}

impl<'a> Walk<'a> {
    pub fn new(left: &'a Side, right: &'a Side) -> Self {
        Self { left, right, filled: None, relieved: left.inside }
    }

    /// The reach of the next state; `wanted` is the least profit that would be of use.
    #[inline(always)]
    pub fn reach(&mut self, profit: i64, weight: i64, wanted: i64) -> Reach {
        if weight <= 0 { self.fill(profit, -weight, wanted) } else { self.relieve(profit, weight, wanted) }
    }

    /// The bound of the next state, rounded down; the least number there is if no completion fits.
    pub fn bound(&mut self, profit: i64, weight: i64) -> i64 {
        let Reach { completed: Some(completed), up_to: to, .. } = self.reach(profit, weight, i64::MAX) else {
            return i64::MIN;
        };
        let part = |entry: &Entry, weight: i64| match entry.profit.checked_mul(weight) {
            Some(product) => product / entry.weight,
            None => (wide(entry.profit, weight) / i128::from(entry.weight)) as i64,
        };
        if weight <= 0 {
            let left = -weight - self.right.between(to).1;
            completed + self.right.entries.get(to).map_or(0, |next| part(next, left))
        } else {
            completed + part(&self.left.entries[to - 1], self.left.between(to).1 - weight)
        }
    }

    fn fill(&mut self, profit: i64, room: i64, wanted: i64) -> Reach {
        let side = self.right;
        let limit = room + side.sums[side.inside].1;
        let mut to = match self.filled {
            Some(to) => to,
            None => side.sums.partition_point(|&(_, weight)| weight <= limit) - 1,
        };
        while side.sums[to].1 > limit {
            to -= 1;
        }
        self.filled = Some(to);
        let (gain, taken) = side.between(to);
        let completed = profit + gain;
        let promising = completed >= wanted
            || side.entries.get(to).is_some_and(|next| {
                wide(next.profit, room - taken) >= wide(wanted.saturating_sub(completed), next.weight)
            });
        Reach { completed: Some(completed), up_to: to, promising }
    }

    fn relieve(&mut self, profit: i64, excess: i64, wanted: i64) -> Reach {
        let side = self.left;
        let limit = excess + side.sums[side.inside].1;
        while self.relieved < side.entries.len() && side.sums[self.relieved].1 < limit {
            self.relieved += 1;
        }
        let to = self.relieved;
        let (loss, given) = side.between(to);
        if given < excess {
            return Reach { completed: None, up_to: to, promising: false };
        }
        let completed = profit - loss;
        // The last item goes in part: what it gives back of its profit covers the rest.
        let last = side.entries[to - 1];
        let promising = completed >= wanted
            || wide(last.profit, given - excess) >= wide(wanted.saturating_sub(completed), last.weight);
        Reach { completed: Some(completed), up_to: to, promising }
    }
}

#[inline(always)]
pub(super) fn wide(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}
