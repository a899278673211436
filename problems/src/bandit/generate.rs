//! Random instances: the laws of Xu et al. (2025) with draws of our own.
//!
//! `n` arms; settings after commas: `budget=B` (a quarter of the arms without), `horizon=H` (20), `slots=S` (5) of
//! `schedule`, `actions=N` (half of the arms) of `interventions`. The first B arms are the good ones, with a reward of
//! 4 to 6 at the top and less and less on the way there; the others reach 1 to 3, by more and more.
//!
//! - `uniform`: at most B actions.
//! - `capacity`: B workers of capacity 2 to 7, actions of cost 2 to 6.
//! - `schedule`: B workers in three of the slots, arms in two; both prefer opposite ends of the day.
//! - `path`: random points, a spanning tree and the shortest other edges up to 1.35 per station, a walk of 2 B edges
//!   from station 0.
//! - `interventions`: exactly B of N actions; groups of three actions share three arms, which go up by a sigmoid of how
//!   many of their actions are taken.

use rand::seq::SliceRandom;
use rand::{Rng, RngCore};

use super::capacity::Capacity;
use super::path::{MOST_STOPS, Path};
use super::schedule::Schedule;
use super::{Arm, Bandit, Coupling, MOST_ARM_STEPS};
use crate::generate::{Generate, SpecError, check_size};

/// The most arms that are generated.
const MOST_ARMS: usize = 2_000;

/// The rules that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most so many actions.
    Budget,
    /// Workers with capacities.
    Capacity,
    /// Workers in slots.
    Schedule,
    /// A closed walk.
    Path,
    /// Exactly so many actions, which reach several arms.
    Interventions,
}

/// Words on the command line.
const RULES: [(&str, Rule); 5] = [
    ("uniform", Rule::Budget),
    ("capacity", Rule::Capacity),
    ("schedule", Rule::Schedule),
    ("path", Rule::Path),
    ("interventions", Rule::Interventions),
];

/// What decides a random instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of arms.
    pub n: usize,
    /// The coupling.
    pub rule: Rule,
    /// Actions per step, or workers.
    pub budget: usize,
    /// Steps of an episode.
    pub horizon: usize,
    /// Slots of a schedule.
    pub slots: usize,
    /// Actions of `interventions`.
    pub actions: usize,
}

impl Spec {
    /// The paper's settings for `n` arms.
    pub fn new(rule: Rule, n: usize) -> Self {
        Self { n, rule, budget: (n / 4).max(1), horizon: 20, slots: 5, actions: n.div_ceil(2) }
    }
}

impl Generate for Bandit {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &["uniform", "capacity", "schedule", "path", "interventions"];

    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        check_size(distribution, n, MOST_ARMS)?;
        let mut words = distribution.split(',');
        let word = words.next().unwrap_or_default();
        let rule = crate::generate::pick("distribution of bandit instances", word, &RULES)?;
        let mut spec = Spec::new(rule, n);
        for setting in words {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let (setting, place, most) = match name {
                "budget" => ("budget", &mut spec.budget, n),
                "horizon" => ("horizon", &mut spec.horizon, (MOST_ARM_STEPS / n).min(1_000)),
                "slots" => ("slots", &mut spec.slots, 8),
                "actions" => ("actions", &mut spec.actions, n),
                _ => {
                    let known = vec!["budget", "horizon", "slots", "actions"];
                    return Err(SpecError::Unknown { what: "setting", known, found: name.into() });
                }
            };
            let refusal = || SpecError::Number { setting, least: 1, found: value.into() };
            *place = value.parse().ok().filter(|value| (1..=most).contains(value)).ok_or_else(refusal)?;
        }
        let (least, found) = (3, spec.slots.to_string());
        if rule == Rule::Schedule && spec.slots < 3 {
            return Err(SpecError::Number { setting: "slots", least, found });
        }
        spec.budget = match rule {
            Rule::Interventions => spec.budget.min(spec.actions),
            Rule::Path => spec.budget.min(MOST_STOPS),
            _ => spec.budget,
        };
        Ok(spec)
    }

    fn generate(spec: &Spec, rng: &mut dyn RngCore) -> Self {
        let &Spec { n, rule, budget, horizon, .. } = spec;
        let arms = (0..n).map(|index| arm(index, budget, rng)).collect();
        let (word, _) = RULES.iter().find(|(_, other)| *other == rule).unwrap_or(&RULES[0]);
        let mut bandit = Self {
            name: format!("{word}-{n}-{budget}"),
            arms,
            actions: n,
            coupling: Coupling::Budget(budget),
            horizon,
            start: 0.2,
        };
        match rule {
            Rule::Budget => {}
            Rule::Capacity => bandit.coupling = capacity(spec, rng),
            Rule::Schedule => bandit.coupling = schedule(spec, rng),
            Rule::Path => bandit.coupling = path(spec, rng),
            Rule::Interventions => interventions(&mut bandit, spec, rng),
        }
        bandit
    }
}

/// Four decimals: what a file shows is what is meant.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// An arm with its own action.
fn arm(index: usize, budget: usize, rng: &mut dyn RngCore) -> Arm {
    let up = vec![round(0.2 * rng.random::<f64>()), round(0.7 + 0.2 * rng.random::<f64>())];
    let reward = if index < budget {
        vec![0.2, 0.15, 0.1, f64::from(rng.random_range(4..=6))]
    } else {
        vec![0.1, 0.15, 0.2, f64::from(rng.random_range(1..=3))]
    };
    Arm { reward, actions: vec![index as u32], up }
}

fn capacity(spec: &Spec, rng: &mut dyn RngCore) -> Coupling {
    // Many workers of many sizes make tables of what can be packed too large: then they are of few sizes.
    let widest = if spec.n > 120 { 4 } else { 6 };
    let costs: Vec<u32> = (0..spec.n).map(|_| rng.random_range(2..=widest)).collect();
    let workers: Vec<u32> = (0..spec.budget).map(|_| rng.random_range(2..=widest + 1)).collect();
    Capacity::new(costs, workers).map_or(Coupling::Budget(spec.budget), Coupling::Capacity)
}

fn schedule(spec: &Spec, rng: &mut dyn RngCore) -> Coupling {
    let mut weights = || {
        let mut weights: Vec<f64> = (0..spec.slots).map(|_| rng.random()).collect();
        weights.sort_by(f64::total_cmp);
        weights
    };
    let (late, mut early) = (weights(), weights());
    early.reverse();
    let arms: Vec<Vec<usize>> = (0..spec.n).map(|_| draw(&late, 2, rng)).collect();
    let workers: Vec<Vec<usize>> = (0..spec.budget).map(|_| draw(&early, 3, rng)).collect();
    let schedule = Schedule::new(spec.slots, spec.budget, &arms, &workers);
    schedule.map_or(Coupling::Budget(spec.budget), Coupling::Schedule)
}

/// So many different slots, one by one in proportion to their weights; ascending.
fn draw(weights: &[f64], count: usize, rng: &mut dyn RngCore) -> Vec<usize> {
    let mut left: Vec<usize> = (0..weights.len()).collect();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count && !left.is_empty() {
        let total: f64 = left.iter().map(|&slot| weights[slot]).sum();
        let mut at = total * rng.random::<f64>();
        let place = left.iter().position(|&slot| {
            at -= weights[slot];
            at < 0.0
        });
        drawn.push(left.remove(place.unwrap_or(left.len() - 1)));
    }
    drawn.sort_unstable();
    drawn
}

fn path(spec: &Spec, rng: &mut dyn RngCore) -> Coupling {
    let points: Vec<[f64; 2]> = (0..spec.n).map(|_| [rng.random(), rng.random()]).collect();
    let span = |[a, b]: [u32; 2]| {
        let [p, q] = [points[a as usize], points[b as usize]];
        (p[0] - q[0]).hypot(p[1] - q[1])
    };
    let mut pairs: Vec<[u32; 2]> =
        (0..spec.n as u32).flat_map(|a| (a + 1..spec.n as u32).map(move |b| [a, b])).collect();
    pairs.sort_by(|&a, &b| span(a).total_cmp(&span(b)).then(a.cmp(&b)));
    // Kruskal (1956): the tree first.
    let mut part: Vec<u32> = (0..spec.n as u32).collect();
    let (mut edges, mut others) = (Vec::new(), Vec::new());
    for pair in pairs {
        let [a, b] = pair.map(|station| part[station as usize]);
        if a == b {
            others.push(pair);
            continue;
        }
        edges.push(pair);
        part.iter_mut().filter(|part| **part == b).for_each(|part| *part = a);
    }
    edges.extend(others.into_iter().take(spec.n * 35 / 100));
    let path = Path::new(spec.n, edges, 0, spec.budget, 2 * spec.budget as u32);
    path.map_or(Coupling::Budget(spec.budget), Coupling::Path)
}

/// Weight of an action that is taken, in the argument of the sigmoid.
const WEIGHT: f64 = 3.0;

fn interventions(bandit: &mut Bandit, spec: &Spec, rng: &mut dyn RngCore) {
    let &Spec { n, budget, actions, .. } = spec;
    let first_good = (n * budget).div_ceil(actions);
    let mut order: Vec<u32> = (0..actions as u32).collect();
    order.shuffle(rng);
    let (good, bad) = order.split_at(budget);
    let mut reached = vec![Vec::new(); n];
    for (actions, arms) in [(good, first_good..n), (bad, 0..first_good)] {
        let mut fresh: Vec<usize> = arms.clone().collect();
        fresh.shuffle(rng);
        for group in actions.chunks(3) {
            // Three actions share three arms; of an incomplete group each has its own.
            let shares: Vec<&[u32]> = if group.len() == 3 { vec![group] } else { group.chunks(1).collect() };
            for share in shares {
                let arms: Vec<usize> = (0..3).filter_map(|_| fresh.pop()).collect();
                arms.into_iter().for_each(|arm| reached[arm].extend(share));
            }
        }
    }
    for (index, (arm, mut actions)) in bandit.arms.iter_mut().zip(reached).enumerate() {
        actions.sort_unstable();
        let (height, slope, middle) = if index >= first_good {
            (rng.random::<f64>() * 0.3 + 0.7, rng.random::<f64>() * 0.5 + 1.4, f64::from(rng.random_range(9..=10)))
        } else {
            (rng.random::<f64>() * 0.3 + 0.2, 1.0, f64::from(rng.random_range(1..=2)))
        };
        let (height, slope) = ((10.0 * height).round() / 10.0, (10.0 * slope).round() / 10.0);
        let up = |count: usize| {
            let at = height / (1.0 + (middle - slope * WEIGHT * count as f64).exp());
            round(0.98 * (at - height / (1.0 + middle.exp())) + 0.01)
        };
        (arm.up, arm.actions) = ((0..=actions.len()).map(up).collect(), actions);
    }
    bandit.actions = actions;
    bandit.coupling = Coupling::Exactly(budget);
    bandit.name = format!("interventions-{n}-{budget}-of-{actions}");
}
