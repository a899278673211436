//! Lagrangian values of the arms, and the bound that they add up to.
//!
//! With prices on actions, the coupled process falls apart into one dynamic program per arm (J. Gittins, K. Glazebrook
//! and R. Weber, "Multi-armed bandit allocation indices", 2011, ch. 6; D. Adelman and A. Mersereau, Operations Research
//! 56, 2008). Prices differ by step. The sum of the arms' values and of what the resources earn is an upper bound on
//! the value of every policy for any prices; [`Dual::solve`] lowers it by subgradient steps.
//!
//! Where action i reaches arm i only, prices belong to the linear rows of the coupling: an action costs what its
//! coefficients say, a row earns its limit. Where actions reach several arms, every arm takes its own copy of an action
//! at its own price, and the step earns the best that an allowed set brings at the sums of the copies' prices.
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

/// Golden sections by which the first price is found.
const SECTIONS: usize = 20;

/// The most looks at levels of arms under numbers of actions while a bound is lowered, so that deadlines hold at every
/// size: about 0.05 s. Of arms of the paper (4 levels, an action) over 20 steps it lets 120 have 400 iterations.
pub const MOST_WORK: usize = 8_000_000;

/// Iterations at any size.
const LEAST: usize = 8;

/// Values of the arms from a first step to the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Dual {
    /// Where the levels of an arm begin \[arms + 1\].
    first: Vec<usize>,
    /// Value of a level with so many steps done \[steps + 1, levels of all arms\].
    values: Vec<f64>,
    /// What the resources earn from a step on \[steps + 1\].
    earned: Vec<f64>,
    /// The multipliers behind the values.
    prices: Prices,
}

impl Dual {
    /// Lowers the bound from `start` over `steps` steps by `iterations` subgradient steps, or as many as [`MOST_WORK`]
    /// allows: a bound after fewer of them is a looser one.
    pub fn solve(bandit: &Bandit, start: &Start, steps: usize, iterations: usize) -> Self {
        let descent = Descent::new(bandit, start, steps);
        let iterations = descent.affordable(iterations);
        let prices = descent.constant(SECTIONS.min(iterations / 2));
        descent.descend(prices, iterations)
    }

    /// As [`Dual::solve`], from the prices of a dual that has one step more.
    pub fn resolve(bandit: &Bandit, start: &Start, prices: Prices, iterations: usize) -> Self {
        let descent = Descent::new(bandit, start, prices.0.len());
        let iterations = descent.affordable(iterations);
        descent.descend(prices, iterations)
    }

    /// The multipliers.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Steps from first to last.
    pub fn steps(&self) -> usize {
        self.earned.len() - 1
    }

    /// Values of an arm's levels with `step` steps done.
    pub fn levels(&self, step: usize, arm: usize) -> &[f64] {
        let all = self.first[self.first.len() - 1];
        &self.values[step * all + self.first[arm]..step * all + self.first[arm + 1]]
    }

    /// No policy expects more from `state` with `step` steps done.
    pub fn bound(&self, step: usize, state: &[u8]) -> f64 {
        let value = |(arm, &level): (usize, &u8)| self.levels(step, arm)[level as usize];
        self.earned[step] + state.iter().enumerate().map(value).sum::<f64>()
    }

    /// What is still worth something after `step` with `counts` of every arm's actions taken in it: the step's reward
    /// and the bound after it.
    pub fn ahead(&self, bandit: &Bandit, step: usize, state: &[u8], counts: &[usize]) -> f64 {
        let arms = bandit.arms.iter().zip(state).zip(counts).enumerate();
        let value = arms.map(|(index, ((arm, &level), &count))| {
            arm.expected(level, count, &arm.reward) + arm.expected(level, count, self.levels(step + 1, index))
        });
        self.earned[step + 1] + value.sum::<f64>()
    }

    /// By how much the bound falls, in expectation, when the actions `taken` are taken in `step`. Not negative where
    /// they are allowed.
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
    start: &'a Start,
    steps: usize,
    market: Market,
    /// Where the copies of an arm begin \[arms + 1\].
    first: Vec<usize>,
    /// Where the levels of an arm begin \[arms + 1\].
    levels: Vec<usize>,
    /// Action of every copy.
    action: Vec<u32>,
}

/// The bound at some prices.
struct Point {
    bound: f64,
    values: Vec<f64>,
    earned: Vec<f64>,
    /// Derivative by the multipliers \[steps\]\[multipliers\].
    slope: Vec<Vec<f64>>,
}

impl<'a> Descent<'a> {
    fn new(bandit: &'a Bandit, start: &'a Start, steps: usize) -> Self {
        let market = match &bandit.coupling {
            coupling if bandit.is_separable() && !coupling.is_exact() => Market::Rows(coupling.rows(bandit.actions)),
            coupling => {
                Market::Copies { most: coupling.most(bandit.actions), exact: matches!(coupling, Coupling::Exactly(_)) }
            }
        };
        let mut first = vec![0];
        bandit.arms.iter().for_each(|arm| first.push(first[first.len() - 1] + arm.actions.len()));
        let mut levels = vec![0];
        bandit.arms.iter().for_each(|arm| levels.push(levels[levels.len() - 1] + arm.reward.len()));
        let action = bandit.arms.iter().flat_map(|arm| arm.actions.iter().copied()).collect();
        Self { bandit, start, steps, market, first, levels, action }
    }

    /// So many iterations, or fewer where a point takes long.
    fn affordable(&self, iterations: usize) -> usize {
        let looks = |arm: &Arm| arm.reward.len() * arm.up.len();
        let point = self.steps * self.bandit.arms.iter().map(looks).sum::<usize>();
        iterations.min((MOST_WORK / point.max(1)).max(LEAST))
    }

    /// The best constant price of the first row or of all copies, by golden sections. Rows that allow nothing get a
    /// price that nothing pays.
    fn constant(&self, sections: usize) -> Prices {
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
        let bound = |price: f64| self.point(&at(price)).bound;
        const GOLDEN: f64 = 0.618_033_988_749_895;
        let (mut low, mut high) = (0.0, 4.0 * top);
        let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (mut at_left, mut at_right) = (bound(left), bound(right));
        for _ in 0..sections {
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

    /// Steps against the slope, of Polyak's length (1969) to a target a little below the best bound: nearer when that
    /// is not reached for a while.
    fn descend(&self, prices: Prices, iterations: usize) -> Dual {
        let mut point = self.point(&prices);
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
            point = self.point(&current);
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
                point = self.point(&current);
            }
        }
        let Point { values, earned, .. } = self.point(&best_prices);
        Dual { first: self.levels.clone(), values, earned, prices: best_prices }
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

    fn point(&self, prices: &Prices) -> Point {
        let arms = &self.bandit.arms;
        let all = self.levels[arms.len()];
        let by_step: Vec<Vec<f64>> = prices.0.iter().map(|row| self.copy_prices(row)).collect();
        let mut values = vec![0.0; (self.steps + 1) * all];
        // How many copies, from the cheapest on, every level takes [steps, levels of all arms]; and the copies of arms
        // that have several in that order [steps, copies].
        let mut counts = vec![0_u8; self.steps * all];
        let mut order: Vec<u32> = Vec::with_capacity(self.steps * self.action.len());
        (0..self.steps * self.action.len()).for_each(|copy| order.push((copy % self.action.len()) as u32));
        for step in (0..self.steps).rev() {
            let (now, next) = values[step * all..].split_at_mut(all);
            for (index, arm) in arms.iter().enumerate() {
                let levels = self.levels[index]..self.levels[index + 1];
                let copies = &mut order[step * self.action.len()..][self.first[index]..self.first[index + 1]];
                if copies.len() > 1 {
                    let price = |copy: u32| by_step[step][copy as usize];
                    copies.sort_by(|&a, &b| price(a).total_cmp(&price(b)).then(a.cmp(&b)));
                }
                let after = &next[levels.clone()];
                let chosen = &mut counts[step * all..][levels.clone()];
                best_counts(arm, copies, &by_step[step], after, &mut now[levels], chosen);
            }
        }
        let mut law: Vec<f64> = self.start.0.iter().flatten().copied().collect();
        let mut bound: f64 = law.iter().zip(&values).map(|(law, value)| law * value).sum();
        let (mut slope, mut earned) = (Vec::with_capacity(self.steps), vec![0.0; self.steps + 1]);
        let mut next = vec![0.0; all];
        for step in 0..self.steps {
            let mut used = vec![0.0; self.action.len()];
            next.fill(0.0);
            let copies = &order[step * self.action.len()..];
            for (index, arm) in arms.iter().enumerate() {
                let first = self.levels[index];
                for level in 0..arm.reward.len() {
                    let (weight, count) = (law[first + level], counts[step * all + first + level] as usize);
                    if weight > 0.0 {
                        let [down, up] = arm.ends(level as u8);
                        next[first + up as usize] += weight * arm.up[count];
                        next[first + down as usize] += weight * (1.0 - arm.up[count]);
                        copies[self.first[index]..][..count].iter().for_each(|&copy| used[copy as usize] += weight);
                    }
                }
            }
            std::mem::swap(&mut law, &mut next);
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

/// Writes the value of every level of an arm to `values` and how many copies it takes to `counts`; `copies` are the
/// arm's, cheapest first, at `prices`, and `after` are the values of the levels in the next step.
fn best_counts(arm: &Arm, copies: &[u32], prices: &[f64], after: &[f64], values: &mut [f64], counts: &mut [u8]) {
    for (level, (value, count)) in values.iter_mut().zip(counts).enumerate() {
        let worth = |count| arm.expected(level as u8, count, &arm.reward) + arm.expected(level as u8, count, after);
        (*value, *count) = (worth(0), 0);
        let mut paid = 0.0;
        for (index, &copy) in copies.iter().enumerate() {
            paid += prices[copy as usize];
            let found = worth(index + 1) - paid;
            if found > *value {
                (*value, *count) = (found, index as u8 + 1);
            }
        }
    }
}
