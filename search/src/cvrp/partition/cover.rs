//! Exact cover by depth-first search: the customer with the fewest routes left is served next (D. E. Knuth, "Dancing
//! links", 2000), by the cheapest ones first.

use heuron_problems::Cost;

use super::Choice;
use super::lists::Lists;
use crate::run::Watch;

/// Nodes of a search at most, a fraction of a millisecond, and routes that it chooses from. Ten times the nodes found
/// hardly more.
const NODES: usize = 300;
const COLUMNS: usize = 400;

/// Nodes between two looks at the clock: CPU time takes as long to read as a node.
const LOOK: usize = 32;

/// Most customers of a region: with very long routes a single node would take too long.
const ROWS: usize = 1_000;

/// A set of columns.
type Columns = [u64; WORDS];
const WORDS: usize = COLUMNS.div_ceil(64);
const EMPTY: Columns = [0; WORDS];

/// Slack that may be left of nothing, by rounding.
const ROUNDING: f64 = 1e-6;

/// The cheapest of the routes `complete` that serve the customers of `region`, if they cost less than its routes and
/// are at most `most`. Also none if the search ends before it meets any.
pub(super) fn cover(choice: &Choice, region: &[u32], complete: &[u32], most: usize, watch: &Watch) -> Option<Vec<u32>> {
    let reduced = |route: u32| choice.reduced[route as usize];
    let slack = region.iter().map(|&route| reduced(route)).sum();
    let mut names: Vec<u32> = complete.iter().copied().filter(|&route| reduced(route) < slack).collect();
    names.sort_by(|&a, &b| reduced(a).total_cmp(&reduced(b)).then(a.cmp(&b)));
    names.truncate(COLUMNS);
    let served = |route: &u32| choice.customers.of(*route as usize).iter().copied();
    let mut customers: Vec<u32> = region.iter().flat_map(served).collect();
    customers.sort_unstable();
    if customers.len() > ROWS {
        return None;
    }
    let place = |v: u32| customers.partition_point(|&customer| customer < v) as u32;
    let rows = Lists::new(names.iter().map(|route| served(route).map(place)));
    let mut columns = vec![EMPTY; customers.len()];
    for column in 0..names.len() {
        rows.of(column).iter().for_each(|&row| columns[row as usize][column / 64] |= 1 << (column % 64));
    }
    let conflicts = |column| rows.of(column).iter().map(|&row| &columns[row as usize]).fold(EMPTY, union);
    let mut search = Cover {
        cost: names.iter().map(|&route| choice.cost[route as usize]).collect(),
        reduced: names.iter().map(|&route| reduced(route)).collect(),
        conflicts: (0..names.len()).map(conflicts).collect(),
        served: vec![false; customers.len()],
        rows,
        columns,
        most,
        stack: Vec::new(),
        sum: 0,
        known: region.iter().map(|&route| choice.cost[route as usize]).sum(),
        best: Vec::new(),
        spare: ROUNDING,
        nodes: 0,
        watch,
    };
    search.descend(&[u64::MAX; WORDS], slack);
    let best = search.best;
    (!best.is_empty()).then(|| best.into_iter().map(|column| names[column as usize]).collect())
}

fn union(a: Columns, b: &Columns) -> Columns {
    std::array::from_fn(|word| a[word] | b[word])
}

fn without(a: &Columns, b: &Columns) -> Columns {
    std::array::from_fn(|word| a[word] & !b[word])
}

fn shared(a: &Columns, b: &Columns) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

/// Routes are columns, customers are rows.
struct Cover<'a> {
    cost: Vec<Cost>,
    reduced: Vec<f64>,
    /// Rows of every column, and columns of every row.
    rows: Lists,
    columns: Vec<Columns>,
    /// The columns that share a row with a column, itself among them.
    conflicts: Vec<Columns>,
    served: Vec<bool>,
    /// Columns at most.
    most: usize,
    stack: Vec<u32>,
    /// Cost of the stack.
    sum: Cost,
    /// The best columns, and what they or those of the incumbent cost.
    best: Vec<u32>,
    known: Cost,
    /// The slack that was left to the best columns: others must leave more.
    spare: f64,
    nodes: usize,
    watch: &'a Watch,
}

impl Cover<'_> {
    /// `free`: the columns that share no row with those on the stack; `slack`: what the reduced costs of the columns to
    /// come may sum up to.
    fn descend(&mut self, free: &Columns, slack: f64) {
        self.nodes += 1;
        let open = (0..self.served.len()).filter(|&row| !self.served[row]);
        let Some((left, row)) = open.map(|row| (shared(&self.columns[row], free), row)).min() else {
            if self.sum < self.known {
                (self.known, self.spare) = (self.sum, slack);
                self.best.clone_from(&self.stack);
            }
            return;
        };
        if left == 0 || self.stack.len() == self.most {
            return;
        }
        for word in 0..WORDS {
            let mut choice = self.columns[row][word] & free[word];
            while choice != 0 {
                let column = 64 * word + choice.trailing_zeros() as usize;
                choice &= choice - 1;
                let rest = slack - self.reduced[column];
                let ends = self.nodes >= NODES || self.nodes.is_multiple_of(LOOK) && self.watch.is_late();
                if rest <= self.spare || ends {
                    return;
                }
                self.take(column);
                self.descend(&without(free, &self.conflicts[column]), rest);
                self.give_back(column);
            }
        }
    }

    fn take(&mut self, column: usize) {
        self.stack.push(column as u32);
        self.sum += self.cost[column];
        self.rows.of(column).iter().for_each(|&row| self.served[row as usize] = true);
    }

    fn give_back(&mut self, column: usize) {
        self.stack.pop();
        self.sum -= self.cost[column];
        self.rows.of(column).iter().for_each(|&row| self.served[row as usize] = false);
    }
}
