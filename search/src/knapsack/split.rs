//! The linear relaxation without sorting: the break item (E. Balas and E. Zemel, "An algorithm for large zero-one
//! knapsack problems", Operations Research 28, 1980), first solutions around it, and the items that a bound fixes (R.
//! S. Dembo and P. L. Hammer, 1980).

use std::cmp::Ordering;

use heuron_problems::knapsack::Knapsack;

/// An item, or a bundle of identical ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub profit: i64,
    pub weight: i64,
    /// Number of items.
    pub count: i32,
    /// Number in the instance, or of the bundle.
    pub item: u32,
}

impl Entry {
    /// Better profit per weight first, exactly; the smaller number first among equals.
    fn by_efficiency(&self, other: &Self) -> Ordering {
        ratio(other, self).then(self.item.cmp(&other.item))
    }
}

/// Compares profit per weight of items that weigh something.
pub(super) fn ratio(a: &Entry, b: &Entry) -> Ordering {
    (i128::from(a.profit) * i128::from(b.weight)).cmp(&(i128::from(b.profit) * i128::from(a.weight)))
}

/// Items in two parts around the break item, the first by efficiency that does not fit any more.
#[derive(Debug)]
pub(super) struct Split {
    /// Items that matter: they fit, weigh something and are worth something. Those before `break_at` are at least as
    /// efficient as the break item, those after it at most.
    pub entries: Vec<Entry>,
    /// Number of items before the break item; all of them, where everything fits.
    pub break_at: usize,
    /// Items without weight: always packed.
    pub weightless: Vec<u32>,
    /// Profit of the break solution: weightless items and those before the break item.
    pub profit: i64,
    /// Capacity that the break solution leaves.
    pub room: i64,
}

impl Split {
    /// O(n) expected.
    pub fn new(problem: &Knapsack) -> Self {
        let (mut entries, mut weightless, mut profit) = (Vec::new(), Vec::new(), 0);
        for (item, &heuron_problems::knapsack::Item { profit: worth, weight }) in (0_u32..).zip(&problem.items) {
            if worth > 0 && weight == 0 {
                weightless.push(item);
                profit += worth;
            } else if worth > 0 && weight <= problem.capacity {
                entries.push(Entry { profit: worth, weight, count: 1, item });
            }
        }
        let (break_at, room) = partition(&mut entries, problem.capacity);
        profit += entries[..break_at].iter().map(|entry| entry.profit).sum::<i64>();
        Self { entries, break_at, weightless, profit, room }
    }

    /// The break item; none where everything fits.
    pub fn break_item(&self) -> Option<Entry> {
        self.entries.get(self.break_at).copied()
    }

    /// Dantzig's bound on the profit: the break item fills the room in part.
    pub fn bound(&self) -> i64 {
        self.break_item().map_or(self.profit, |last| self.profit + share(last, self.room))
    }

    /// Profit and items of the best of three solutions: the break solution with whatever still fits, in the order of
    /// the entries; with the one item of most profit that fits; with the break item in place of one before it.
    pub fn first_solution(&self) -> (i64, Vec<u32>) {
        let (head, tail) = self.entries.split_at(self.break_at);
        let mut packed: Vec<u32> = self.weightless.iter().copied().chain(head.iter().map(|e| e.item)).collect();
        let (mut greedy, mut room, mut filled) = (Vec::new(), self.room, 0);
        for entry in tail.iter().filter(|entry| entry.weight <= self.room) {
            if entry.weight <= room {
                room -= entry.weight;
                filled += entry.profit;
                greedy.push(entry.item);
            }
        }
        let single = tail.iter().filter(|entry| entry.weight <= self.room).max_by_key(|entry| entry.profit);
        let exchange = self.break_item().and_then(|last| {
            let enough = head.iter().enumerate().filter(|(_, out)| out.weight + self.room >= last.weight);
            let (at, out) = enough.min_by_key(|(_, out)| out.profit)?;
            Some((last.profit - out.profit, at, last.item))
        });
        let best_single = single.map_or(0, |entry| entry.profit);
        let best_exchange = exchange.map_or(0, |(gain, ..)| gain);
        match (single, exchange) {
            (_, Some((gain, at, item))) if gain > filled.max(best_single) => {
                packed[self.weightless.len() + at] = item;
            }
            (Some(entry), _) if entry.profit > filled => packed.push(entry.item),
            _ => packed.extend(greedy),
        }
        packed.sort_unstable();
        (self.profit + filled.max(best_single).max(best_exchange), packed)
    }

    /// The items whose place in a solution of more than `profit` is open: before the break item, and from it on. All
    /// others stay where they are.
    pub fn open(&self, profit: i64) -> (Vec<Entry>, Vec<Entry>) {
        let Some(last) = self.break_item() else { return (Vec::new(), Vec::new()) };
        let (slope, per) = (i128::from(last.profit), i128::from(last.weight));
        // In profit x weight of the break item: what the bound exceeds the least useful profit by.
        let margin = (i128::from(self.profit) - i128::from(profit) - 1) * per + slope * i128::from(self.room);
        let loss = |entry: &Entry| i128::from(entry.profit) * per - slope * i128::from(entry.weight);
        let (head, tail) = self.entries.split_at(self.break_at);
        let left = head.iter().filter(|entry| loss(entry) <= margin).copied().collect();
        let right = tail.iter().filter(|entry| -loss(entry) <= margin).copied().collect();
        (left, right)
    }
}

/// The profit of a part of `entry` that weighs `room`, rounded down.
fn share(entry: Entry, room: i64) -> i64 {
    // At most the entry's profit, so it fits.
    (i128::from(entry.profit) * i128::from(room) / i128::from(entry.weight)) as i64
}

/// Moves the most efficient items to the front as far as they fit `capacity` together: their number, and what they
/// leave of the capacity. Every step halves an interval by a pivot into more, equally and less efficient items.
fn partition(entries: &mut [Entry], capacity: i64) -> (usize, i64) {
    let (mut low, mut high, mut room) = (0, entries.len(), capacity);
    while low < high {
        let pivot = median(&entries[low], &entries[(low + high) / 2], &entries[high - 1]);
        // entries[low..more] > pivot, [more..at] = pivot, [less..high] < pivot.
        let (mut more, mut at, mut less, mut weight) = (low, low, high, 0);
        while at < less {
            match ratio(&entries[at], &pivot) {
                Ordering::Greater => {
                    weight += entries[at].weight;
                    entries.swap(more, at);
                    (more, at) = (more + 1, at + 1);
                }
                Ordering::Equal => at += 1,
                Ordering::Less => {
                    less -= 1;
                    entries.swap(at, less);
                }
            }
        }
        if weight > room {
            high = more;
            continue;
        }
        room -= weight;
        low = more;
        while low < less && entries[low].weight <= room {
            room -= entries[low].weight;
            low += 1;
        }
        if low < less {
            return (low, room);
        }
    }
    (low, room)
}

fn median(a: &Entry, b: &Entry, c: &Entry) -> Entry {
    let mut three = [*a, *b, *c];
    three.sort_unstable_by(Entry::by_efficiency);
    three[1]
}
