//! Exact cover by depth-first search: the customer with the fewest routes left is served next (D. E. Knuth, "Dancing links",
//! 2000), by the cheapest ones first.

use heuron_problems::Cost;

use super::Choice;
use super::lists::Lists;
use crate::run::Watch;

/// Nodes of a search at most, a millisecond, and routes that it chooses from. Ten times the nodes found hardly more.
const NODES: usize = 300;
const COLUMNS: usize = 400;

/// Most customers of a region: with very long routes a single node would take too long.
const ROWS: usize = 1_000;

/// Slack that may be left of nothing, by rounding.
const ROUNDING: f64 = 1e-6;

/// The cheapest of the routes `complete` that serve the customers of `region`, if they cost less than its routes and are at
/// most `most`. Also none if the search ends before it meets any.
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
    let columns = rows.turned(customers.len());
    let mut search = Cover {
        cost: names.iter().map(|&route| choice.cost[route as usize]).collect(),
        reduced: names.iter().map(|&route| reduced(route)).collect(),
        blocked: vec![0; names.len()],
        left: (0..customers.len()).map(|row| columns.of(row).len() as u32).collect(),
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
    search.descend(slack);
    let best = search.best;
    (!best.is_empty()).then(|| best.into_iter().map(|column| names[column as usize]).collect())
}

/// Routes are columns, customers are rows.
struct Cover<'a> {
    cost: Vec<Cost>,
    reduced: Vec<f64>,
    /// Rows of every column, and columns of every row.
    rows: Lists,
    columns: Lists,
    /// Rows of a column that are served already.
    blocked: Vec<u32>,
    /// Columns left to a row.
    left: Vec<u32>,
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
    /// `slack`: what the reduced costs of the columns to come may sum up to.
    fn descend(&mut self, slack: f64) {
        self.nodes += 1;
        let open = (0..self.served.len()).filter(|&row| !self.served[row]);
        let Some(row) = open.min_by_key(|&row| self.left[row]) else {
            if self.sum < self.known {
                (self.known, self.spare) = (self.sum, slack);
                self.best.clone_from(&self.stack);
            }
            return;
        };
        if self.left[row] == 0 || self.stack.len() == self.most {
            return;
        }
        for at in 0..self.columns.of(row).len() {
            let column = self.columns.of(row)[at];
            if self.blocked[column as usize] > 0 {
                continue;
            }
            let rest = slack - self.reduced[column as usize];
            if rest <= self.spare || self.nodes >= NODES || self.watch.is_late() {
                return;
            }
            self.take(column);
            self.descend(rest);
            self.give_back(column);
        }
    }

    fn take(&mut self, column: u32) {
        self.stack.push(column);
        self.sum += self.cost[column as usize];
        for &row in self.rows.of(column as usize) {
            self.served[row as usize] = true;
            for &other in self.columns.of(row as usize) {
                let blocked = &mut self.blocked[other as usize];
                *blocked += 1;
                if *blocked == 1 {
                    self.rows.of(other as usize).iter().for_each(|&row| self.left[row as usize] -= 1);
                }
            }
        }
    }

    fn give_back(&mut self, column: u32) {
        self.stack.pop();
        self.sum -= self.cost[column as usize];
        for &row in self.rows.of(column as usize) {
            self.served[row as usize] = false;
            for &other in self.columns.of(row as usize) {
                let blocked = &mut self.blocked[other as usize];
                *blocked -= 1;
                if *blocked == 0 {
                    self.rows.of(other as usize).iter().for_each(|&row| self.left[row as usize] += 1);
                }
            }
        }
    }
}
