//! Tables of models that construct solutions: POMO, RLOR and preference optimisation.
//!
//! - Y.-D. Kwon et al., "POMO: policy optimization with multiple optima for reinforcement learning", NeurIPS 2020,
//!   tables 2 to 4; gaps of tours to Concorde, of route plans to LKH3; 10 000 instances.
//! - C. P. Wan, T. Li, J. M. Wang, "RLOR: a flexible framework of deep reinforcement learning for operation research",
//!   2023, which has no table of results: single instances of its repository, and the attention model that it trains.
//! - M. Pan et al., "Preference optimization for combinatorial optimization problems", ICML 2025, gaps only.

use heuron_policies::inference::{Effort, Search};

use super::chosen::Chosen;
use super::measure::{Bench, knapsacks, published};
use super::published::{H, M, Published, X, p};
use super::{Section, Settings, Table};
use crate::error::Error;
use crate::instance::Kind;

/// What the tables compare with.
pub(super) const POMO: &str = "Kwon et al., POMO, 2020: TSP and CVRP of 20 to 100 nodes, knapsacks";
pub(super) const RLOR: &str = "Wan et al., RLOR, 2023: TSP and CVRP of 50 nodes";
pub(super) const PREFERENCE: &str = "Pan et al., preference optimisation, 2025: TSP and CVRP of 50 and 100 nodes";

/// A set, and what was published on sets of its kind.
struct Plan {
    kind: Kind,
    set: &'static str,
    n: usize,
    rows: &'static [Published],
}

impl Plan {
    /// Instances of a quick look: the references of route plans take longest.
    fn quick(&self) -> usize {
        match (self.kind, self.n) {
            (Kind::Cvrp, 100) => 10,
            (Kind::Cvrp, 50) => 30,
            (_, 100) => 50,
            _ => 100,
        }
    }
}

const K: &str = "Kwon et al. 2020";
const W: &str = "Wan et al. 2023";
const P: &str = "Pan et al. 2025";

/// Instances of the published tables.
const PUBLISHED: usize = 10_000;

#[rustfmt::skip]
const POMO_PLANS: &[Plan] = &[
    Plan { kind: Kind::Tsp, set: "tsp20", n: 20, rows: &[
        p(K, "Concorde", [3.83, 0.0, 5.0 * M]), p(K, "LKH3", [3.83, 0.0, 42.0]), p(K, "OR-Tools", [X, 0.94, M]),
        p(K, "AM greedy", [X, 0.19, 1.0]), p(K, "AM, 1280 samples", [X, 0.07, M]),
        p(K, "POMO, one start", [X, 0.12, 1.0]), p(K, "POMO", [X, 0.04, 1.0]), p(K, "POMO x8", [X, 0.0, 3.0]),
    ] },
    Plan { kind: Kind::Tsp, set: "tsp50", n: 50, rows: &[
        p(K, "Concorde", [5.69, 0.0, 13.0 * M]), p(K, "LKH3", [5.69, 0.0, 6.0 * M]),
        p(K, "OR-Tools", [X, 2.87, 5.0 * M]), p(K, "AM greedy", [X, 1.21, 1.0]),
        p(K, "AM, 1280 samples", [X, 0.39, 5.0 * M]), p(K, "POMO, one start", [X, 0.64, 1.0]),
        p(K, "POMO", [X, 0.21, 2.0]), p(K, "POMO x8", [X, 0.03, 16.0]),
    ] },
    Plan { kind: Kind::Tsp, set: "tsp100", n: 100, rows: &[
        p(K, "Concorde", [7.76, 0.0, H]), p(K, "LKH3", [7.76, 0.0, 25.0 * M]), p(K, "OR-Tools", [X, 3.86, 23.0 * M]),
        p(K, "AM greedy", [X, 3.51, 2.0]), p(K, "AM, 1280 samples", [X, 1.98, 22.0 * M]),
        p(K, "POMO, one start", [X, 1.07, 2.0]), p(K, "POMO", [X, 0.46, 11.0]), p(K, "POMO x8", [X, 0.14, M]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp20", n: 20, rows: &[
        p(K, "LKH3", [6.12, 0.0, 2.0 * H]), p(K, "OR-Tools", [X, 4.84, X]),
        p(K, "AM greedy", [6.40, 4.45, X]), p(K, "AM, 1280 samples", [6.24, 1.97, X]), p(K, "NLNS", [6.19, X, X]),
        p(K, "POMO, one start", [6.35, 3.72, X]), p(K, "POMO", [6.17, 0.82, 1.0]), p(K, "POMO x8", [6.14, 0.21, 5.0]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp50", n: 50, rows: &[
        p(K, "LKH3", [10.38, 0.0, 7.0 * H]), p(K, "OR-Tools", [X, 8.12, X]), p(K, "AM greedy", [10.93, 5.34, X]),
        p(K, "AM, 1280 samples", [10.59, 2.11, X]), p(K, "NLNS", [10.54, X, X]),
        p(K, "POMO, one start", [10.74, 3.52, X]), p(K, "POMO", [10.49, 1.14, 4.0]),
        p(K, "POMO x8", [10.42, 0.45, 26.0]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp100", n: 100, rows: &[
        p(K, "LKH3", [15.68, 0.0, 12.0 * H]), p(K, "OR-Tools", [X, 9.34, X]), p(K, "AM greedy", [16.73, 6.72, X]),
        p(K, "AM, 1280 samples", [16.16, 3.09, X]), p(K, "NLNS", [15.99, X, X]),
        p(K, "POMO, one start", [16.15, 3.00, X]), p(K, "POMO", [15.83, 0.98, 19.0]),
        p(K, "POMO x8", [15.73, 0.32, 2.0 * M]),
    ] },
    // The paper gives profits; gaps follow from them.
    Plan { kind: Kind::Knapsack, set: "knapsack50", n: 50, rows: &[
        p(K, "optimum", [20.127, 0.0, X]), p(K, "greedy by ratio", [19.917, X, X]), p(K, "AM", [19.957, X, X]),
        p(K, "POMO, one start", [19.997, X, X]), p(K, "POMO", [20.120, X, X]),
    ] },
    Plan { kind: Kind::Knapsack, set: "knapsack100", n: 100, rows: &[
        p(K, "optimum", [40.460, 0.0, X]), p(K, "greedy by ratio", [40.225, X, X]), p(K, "AM", [40.249, X, X]),
        p(K, "POMO, one start", [40.335, X, X]), p(K, "POMO", [40.454, X, X]),
    ] },
];

#[rustfmt::skip]
const RLOR_PLANS: &[Plan] = &[
    Plan { kind: Kind::Tsp, set: "tsp50", n: 50, rows: &[
        p(K, "AM greedy", [X, 1.21, 1.0]), p(K, "AM, 1280 samples", [X, 0.39, 5.0 * M]),
        p(W, "PPO, greedy, one instance of its notebook", [5.9085, X, X]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp50", n: 50, rows: &[
        p(K, "AM greedy", [10.93, 5.34, X]), p(K, "AM, 1280 samples", [10.59, 2.11, X]),
        p(W, "PPO, greedy from all starts, one instance of its notebook", [11.283, X, X]),
    ] },
];

#[rustfmt::skip]
const PREFERENCE_PLANS: &[Plan] = &[
    Plan { kind: Kind::Tsp, set: "tsp50", n: 50, rows: &[
        p(P, "Sym-NCO, REINFORCE", [X, 0.16, X]), p(P, "Sym-NCO, PO", [X, 0.08, X]),
        p(P, "POMO, REINFORCE", [X, 0.04, X]), p(P, "POMO, PO", [X, 0.02, X]),
        p(P, "POMO, PO + local search", [X, 0.0, X]),
    ] },
    Plan { kind: Kind::Tsp, set: "tsp100", n: 100, rows: &[
        p(P, "Sym-NCO, REINFORCE", [X, 0.39, X]), p(P, "Sym-NCO, PO", [X, 0.28, X]),
        p(P, "POMO, REINFORCE", [X, 0.15, X]), p(P, "POMO, PO", [X, 0.07, X]),
        p(P, "POMO, PO + local search", [X, 0.03, X]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp50", n: 50, rows: &[
        p(P, "Sym-NCO, REINFORCE", [X, 1.31, X]), p(P, "Sym-NCO, PO", [X, 1.20, X]),
        p(P, "POMO, REINFORCE", [X, 0.94, X]), p(P, "POMO, PO", [X, 0.68, X]),
        p(P, "POMO, PO + local search", [X, 0.53, X]),
    ] },
    Plan { kind: Kind::Cvrp, set: "cvrp100", n: 100, rows: &[
        p(P, "Sym-NCO, REINFORCE", [X, 2.07, X]), p(P, "Sym-NCO, PO", [X, 1.88, X]),
        p(P, "POMO, REINFORCE", [X, 1.76, X]), p(P, "POMO, PO", [X, 1.37, X]),
        p(P, "POMO, PO + local search", [X, 1.19, X]),
    ] },
];

/// What holds for all of these tables.
const SETS: &str = "Sets of tours and route plans are the first instances of the published recipe (`heuron sets`, \
numpy seed 1234), so means differ from the papers' means over 10 000. Knapsacks are drawn by the papers' law with our \
seed 1.";

/// The table of POMO.
pub(super) fn pomo(settings: &Settings<'_>, chosen: &Chosen) -> Result<Table, Error> {
    let notes = vec![
        SETS.into(),
        "Gaps of published route plans are relative to LKH3, which is up to 1 % above the best known.".into(),
    ];
    measured(settings, chosen, POMO_PLANS, Table::new("pomo", POMO, notes))
}

/// The table of RLOR.
pub(super) fn rlor(settings: &Settings<'_>, chosen: &Chosen) -> Result<Table, Error> {
    let notes = vec![
        SETS.into(),
        "RLOR published no table: its claim is that PPO trains the attention model in 3 hours instead of 25. Our \
         paired comparison of PPO and REINFORCE is benches/versus/claims.py; the models here are the shipped ones."
            .into(),
    ];
    measured(settings, chosen, RLOR_PLANS, Table::new("rlor", RLOR, notes))
}

/// The table of preference optimisation.
pub(super) fn preference(settings: &Settings<'_>, chosen: &Chosen) -> Result<Table, Error> {
    let notes = vec![SETS.into(), "The published gaps are those of models trained for days on a GPU.".into()];
    measured(settings, chosen, PREFERENCE_PLANS, Table::new("preference", PREFERENCE, notes))
}

/// The table with a section per plan.
fn measured(settings: &Settings<'_>, chosen: &Chosen, plans: &[Plan], mut table: Table) -> Result<Table, Error> {
    for plan in plans {
        table.add(section(settings, chosen, plan)?, settings)?;
    }
    Ok(table)
}

/// Samples per instance: of the attention model's table, and fewer for a quick look.
const SAMPLES: [usize; 2] = [256, 1_280];

/// Iterations without improvement of the solver's quick row.
const SHORT: u64 = 500;

fn section(settings: &Settings<'_>, chosen: &Chosen, plan: &Plan) -> Result<Section, Error> {
    let count = settings.size.pick(plan.quick(), 1_000);
    let instances = if plan.kind == Kind::Knapsack { knapsacks(plan.n, count)? } else { published(plan.set, count) };
    let bench = Bench::new(settings, plan.set, instances);
    let (name, weights) = chosen.need(plan.kind)?;
    let mut section = bench.section();
    section.rows.extend(plan.rows.iter().map(|row| row.row(PUBLISHED)));
    let effort = Effort { search: Search::Greedy, starts: None, augment: false, seed: settings.seed };
    let samples = settings.size.pick(SAMPLES[0], SAMPLES[1]);
    let mut efforts = vec![
        ("greedy, one start".to_string(), Effort { starts: Some(1), ..effort }),
        ("greedy, all starts".to_string(), effort),
        (format!("{samples} samples"), Effort { search: Search::Sample(samples), ..effort }),
    ];
    // Items have no images.
    if plan.kind != Kind::Knapsack {
        efforts.insert(2, ("greedy, all starts, x8".to_string(), Effort { augment: true, ..effort }));
    }
    for (what, effort) in efforts {
        let measured = bench.constructed(&format!("model {name}, {what}"), name, weights, effort)?;
        section.rows.push(bench.row(&measured, None));
    }
    let short = bench.searched(SHORT);
    section.rows.extend([&short, &bench.reference].map(|measured| bench.row(measured, None)));
    Ok(section)
}
