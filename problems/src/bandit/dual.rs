//! Lagrangian values of the arms, and the bound that they add up to.
//!
//! With prices on actions, the coupled process falls apart into one dynamic program per arm (J. Gittins, K. Glazebrook and
//! R. Weber, "Multi-armed bandit allocation indices", 2011, ch. 6; D. Adelman and A. Mersereau, Operations Research 56,
//! 2008). Prices differ by step. The sum of the arms' values and of what the resources earn is an upper bound on the
//! value of every policy for any prices; [`Dual::solve`] lowers it by subgradient steps.
//!
//! Where action i reaches arm i only, prices belong to the linear rows of the coupling: an action costs what its
//! coefficients say, a row earns its limit. Where actions reach several arms, every arm takes its own copy of an action at
//! its own price, and the step earns the best that an allowed set brings at the sums of the copies' prices.
//!
//! # Control variate
//! Let V be the dual value of a state and Q that of a state and an action, one step deeper. In an episode the sum of
//! `V(next state) - E V(next state)` has mean 0, whatever the policy. Taken off the rewards it leaves exactly
//! `V(start) - sum of (V(state) - Q(state, action))`: an unbiased estimate with a small part of the variance, and as no
//! loss V - Q is negative, one that never exceeds the bound (information relaxation: D. Brown, J. Smith and P. Sun,
//! Operations Research 58, 2010).

use super::coupling::{Coupling, Row};
use super::{Arm, Bandit};

/// Probabilities of the levels of every arm when a dual begins \[arms\]\[levels\].
#[derive(Clone, Debug, PartialEq)]
pub struct Start(Vec<Vec<f64>>);

impl Start {
    /// The law of the instance.
    pub fn law(bandit: &Bandit) -> Self {
        let law = |arm: &Arm| {
            let mut law = vec![0.0; arm.reward.len()];
            (law[0], law[1]) = (1.0 - bandit.start, bandit.start);
            law
        };
        Self(bandit.arms.iter().map(law).collect())
    }

    /// A state \[arms\].
    pub fn state(bandit: &Bandit, state: &[u8]) -> Self {
        let at = |(arm, &level): (&Arm, &u8)| {
            let mut law = vec![0.0; arm.reward.len()];
            law[level as usize] = 1.0;
            law
        };
        Self(bandit.arms.iter().zip(state).map(at).collect())
    }
}

/// Multipliers \[steps\]: of the rows, or of the copies of actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices(Vec<Vec<f64>>);

impl Prices {
    /// The prices from the next step on, the last step's kept for its successor.
    pub fn shifted(&self) -> Self {
        Self(self.0.iter().skip(1).cloned().collect())
    }
}

/// Values of the arms from a first step to the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Dual {
    /// Value of an arm at a level with so many steps done \[steps + 1\]\[arms\]\[levels\].
    values: Vec<Vec<Vec<f64>>>,
    /// What the resources earn from a step on \[steps + 1\].
    earned: Vec<f64>,
    /// The multipliers behind the values.
    prices: Prices,
}

impl Dual {
    /// Lowers the bound from `start` over `steps` steps by `iterations` subgradient steps.
    pub fn solve(bandit: &Bandit, start: &Start, steps: usize, iterations: usize) -> Self {
        let mut descent = Descent::new(bandit, steps);
        let prices = descent.constant(start);
        descent.descend(start, prices, iterations)
    }

    /// As [`Dual::solve`], from the prices of a dual that has one step more.
    pub fn resolve(bandit: &Bandit, start: &Start, prices: Prices, iterations: usize) -> Self {
        Descent::new(bandit, prices.0.len()).descend(start, prices, iterations)
    }

    /// The multipliers.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Steps from first to last.
    pub fn steps(&self) -> usize {
        self.earned.len() - 1
    }

    /// Values of the arms \[arms\]\[levels\] with `step` steps done.
    pub fn values(&self, step: usize) -> &[Vec<f64>] {
        &self.values[step]
    }

    /// No policy expects more from `state` with `step` steps done.
    pub fn bound(&self, step: usize, state: &[u8]) -> f64 {
        let values = &self.values[step];
        self.earned[step] + values.iter().zip(state).map(|(value, &level)| value[level as usize]).sum::<f64>()
    }

    /// What is still worth something after `step` with `counts` of every arm's actions taken in it: the step's reward and
    /// the bound after it.
    pub fn ahead(&self, bandit: &Bandit, step: usize, state: &[u8], counts: &[usize]) -> f64 {
        let arms = bandit.arms.iter().zip(&self.values[step + 1]).zip(state).zip(counts);
        let value = arms.map(|(((arm, value), &level), &count)| {
            arm.expect(level, count, &arm.reward) + arm.expect(level, count, value)
        });
        self.earned[step + 1] + value.sum::<f64>()
    }

    /// By how much the bound falls, in expectation, when the actions `taken` are taken in `step`. Not negative where they
    /// are allowed.
    pub fn loss(&self, bandit: &Bandit, step: usize, state: &[u8], taken: &[bool]) -> f64 {
        self.bound(step, state) - self.ahead(bandit, step, state, &bandit.counts(taken))
    }
}

/// What prices belong to.
enum Market {
    /// Linear rows over actions that are arms.
    Rows(Vec<Row>),
    /// Copies of actions, one per arm that an action reaches.
    Copies {
        /// The most actions of a step.
        most: usize,
        /// Whether it must be that many.
        exact: bool,
    },
}

/// Subgradient descent on the bound.
struct Descent<'a> {
    bandit: &'a Bandit,
    steps: usize,
    market: Market,
    /// Where the copies of an arm begin \[arms + 1\].
    first: Vec<usize>,
    /// Action of every copy.
    action: Vec<u32>,
}

/// The bound at some prices.
struct Point {
    bound: f64,
    values: Vec<Vec<Vec<f64>>>,
    earned: Vec<f64>,
    /// Derivative by the multipliers \[steps\]\[multipliers\].
    slope: Vec<Vec<f64>>,
}

impl<'a> Descent<'a> {
    fn new(bandit: &'a Bandit, steps: usize) -> Self {
        let market = match &bandit.coupling {
            coupling if bandit.is_separable() && !coupling.is_exact() => Market::Rows(coupling.rows(bandit.actions)),
            coupling => Market::Copies {
                most: coupling.most(bandit.actions),
                exact: matches!(coupling, Coupling::Exactly(_)),
            },
        };
        let mut first = vec![0];
        bandit.arms.iter().for_each(|arm| first.push(first[first.len() - 1] + arm.actions.len()));
        let action = bandit.arms.iter().flat_map(|arm| arm.actions.iter().copied()).collect();
        Self { bandit, steps, market, first, action }
    }

    /// The best constant price of the first row or of all copies, by golden sections. Rows that allow nothing get a price
    /// that nothing pays.
    fn constant(&mut self, start: &Start) -> Prices {
        let top = self.bandit.arms.iter().flat_map(|arm| &arm.reward).fold(0.0, |top: f64, r| top.max(r.abs()));
        let at = |price: f64| {
            let row = match &self.market {
                Market::Rows(rows) => {
                    let prohibitive = 2.0 * top * self.steps as f64;
                    let other = rows.iter().map(|row| if row.limit > 0.0 { 0.0 } else { prohibitive });
                    std::iter::once(price).chain(other.skip(1)).collect()
                }
                Market::Copies { .. } => vec![price; self.action.len()],
            };
            Prices(vec![row; self.steps])
        };
        let bound = |price: f64| self.point(start, &at(price)).bound;
        const GOLDEN: f64 = 0.618_033_988_749_895;
        let (mut low, mut high) = (0.0, 4.0 * top);
        let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (mut at_left, mut at_right) = (bound(left), bound(right));
        for _ in 0..20 {
            if at_left <= at_right {
                (high, right, at_right) = (right, left, at_left);
                left = high - GOLDEN * (high - low);
                at_left = bound(left);
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = low + GOLDEN * (high - low);
                at_right = bound(right);
            }
        }
        at(if at_left <= at_right { left } else { right })
    }

    /// Steps against the slope, of Polyak's length (1969) to a target a little below the best bound: nearer when that is
    /// not reached for a while.
    fn descend(&mut self, start: &Start, prices: Prices, iterations: usize) -> Dual {
        let mut point = self.point(start, &prices);
        let (mut best, mut best_prices) = (point.bound, prices.clone());
        let mut current = prices;
        let (mut aim, mut patience) = (0.01 * point.bound.abs(), 0);
        for _ in 0..iterations {
            let square: f64 = point.slope.iter().flatten().map(|slope| slope * slope).sum();
            if square < 1e-12 {
                break;
            }
            let length = (point.bound - best + aim) / square;
            for (prices, slopes) in current.0.iter_mut().zip(&point.slope) {
                for (price, slope) in prices.iter_mut().zip(slopes) {
                    *price -= length * slope;
                    if matches!(self.market, Market::Rows(_)) {
                        *price = price.max(0.0);
                    }
                }
            }
            point = self.point(start, &current);
            if point.bound < best - 0.1 * aim {
                patience = 0;
            } else {
                patience += 1;
            }
            if point.bound < best {
                best = point.bound;
                best_prices.clone_from(&current);
            }
            if patience == 8 {
                (aim, patience) = (0.5 * aim, 0);
                current.clone_from(&best_prices);
                point = self.point(start, &current);
            }
        }
        let Point { values, earned, .. } = self.point(start, &best_prices);
        Dual { values, earned, prices: best_prices }
    }

    /// Price of every copy in a step, and what the step earns with its derivative by the copies' use.
    fn copy_prices(&self, multipliers: &[f64]) -> Vec<f64> {
        match &self.market {
            Market::Copies { .. } => multipliers.to_vec(),
            Market::Rows(rows) => {
                let mut prices = vec![0.0; self.action.len()];
                for (row, multiplier) in rows.iter().zip(multipliers).filter(|(_, multiplier)| **multiplier > 0.0) {
                    row.terms.iter().for_each(|&(action, term)| prices[action as usize] += multiplier * term);
                }
                prices
            }
        }
    }

    /// What a step earns at its multipliers, and the derivative where the copies are used as in `used`.
    fn earnings(&self, multipliers: &[f64], used: &[f64]) -> (f64, Vec<f64>) {
        match &self.market {
            Market::Rows(rows) => {
                let slope = |row: &Row| {
                    row.limit - row.terms.iter().map(|&(action, term)| term * used[action as usize]).sum::<f64>()
                };
                let earned = rows.iter().zip(multipliers).map(|(row, multiplier)| row.limit * multiplier).sum();
                (earned, rows.iter().map(slope).collect())
            }
            Market::Copies { most, exact } => {
                let mut worth = vec![0.0; self.bandit.actions];
                for (&action, multiplier) in self.action.iter().zip(multipliers) {
                    worth[action as usize] += multiplier;
                }
                let mut order: Vec<usize> = (0..worth.len()).collect();
                order.sort_by(|&a, &b| worth[b].total_cmp(&worth[a]).then(a.cmp(&b)));
                order.truncate(*most);
                order.retain(|&action| *exact || worth[action] > 0.0);
                let mut taken = vec![0.0; worth.len()];
                order.iter().for_each(|&action| taken[action] = 1.0);
                let slope = self.action.iter().zip(used).map(|(&action, used)| taken[action as usize] - used).collect();
                (order.iter().map(|&action| worth[action]).sum(), slope)
            }
        }
    }

    fn point(&self, start: &Start, prices: &Prices) -> Point {
        let arms = &self.bandit.arms;
        let mut values: Vec<Vec<Vec<f64>>> = vec![Vec::new(); self.steps + 1];
        values[self.steps] = arms.iter().map(|arm| vec![0.0; arm.reward.len()]).collect();
        let by_step: Vec<Vec<f64>> = prices.0.iter().map(|row| self.copy_prices(row)).collect();
        // Copies of every arm, cheapest first, and the numbers of them that the levels choose [steps][arms].
        let mut orders = vec![Vec::with_capacity(arms.len()); self.steps];
        for step in (0..self.steps).rev() {
            let mut row = Vec::with_capacity(arms.len());
            for (index, arm) in arms.iter().enumerate() {
                let of = &by_step[step][self.first[index]..self.first[index + 1]];
                let (value, order) = best_counts(arm, of, &values[step + 1][index]);
                row.push(value);
                orders[step].push(order);
            }
            values[step] = row;
        }
        let mut bound: f64 =
            start.0.iter().zip(&values[0]).map(|(law, value)| dot(law, value)).sum();
        let mut law = start.0.clone();
        let (mut slope, mut earned) = (Vec::with_capacity(self.steps), vec![0.0; self.steps + 1]);
        for step in 0..self.steps {
            let mut used = vec![0.0; self.action.len()];
            for (index, arm) in arms.iter().enumerate() {
                let (order, counts) = &orders[step][index];
                let mut next = vec![0.0; arm.reward.len()];
                for (level, &weight) in law[index].iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
                    let [down, up] = arm.ends(level as u8);
                    let rise = arm.up[counts[level]];
                    next[up as usize] += weight * rise;
                    next[down as usize] += weight * (1.0 - rise);
                    order[..counts[level]].iter().for_each(|copy| used[self.first[index] + copy] += weight);
                }
                law[index] = next;
            }
            let (earnings, slopes) = self.earnings(&prices.0[step], &used);
            (earned[step], bound) = (earnings, bound + earnings);
            slope.push(slopes);
        }
        for step in (0..self.steps).rev() {
            earned[step] += earned[step + 1];
        }
        Point { bound, values, earned, slope }
    }
}

/// Value of every level of an arm when its copies cost `prices` and the next step's levels are worth `after`; the copies
/// from the cheapest on, and how many of them every level takes.
fn best_counts(arm: &Arm, prices: &[f64], after: &[f64]) -> (Vec<f64>, (Vec<usize>, Vec<usize>)) {
    let mut order: Vec<usize> = (0..prices.len()).collect();
    order.sort_by(|&a, &b| prices[a].total_cmp(&prices[b]).then(a.cmp(&b)));
    let (mut values, mut counts) = (Vec::with_capacity(after.len()), Vec::with_capacity(after.len()));
    for level in 0..after.len() as u8 {
        let (mut best, mut chosen, mut paid) = (f64::NEG_INFINITY, 0, 0.0);
        for count in 0..=prices.len() {
            paid += if count > 0 { prices[order[count - 1]] } else { 0.0 };
            let value = arm.expect(level, count, &arm.reward) + arm.expect(level, count, after) - paid;
            if value > best {
                (best, chosen) = (value, count);
            }
        }
        values.push(best);
        counts.push(chosen);
    }
    (values, (order, counts))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
