//! Published numbers of Poppy and COMPASS.

use super::published::{H, M, Published, X, p};

/// A published set with the papers' rows.
pub(super) struct Listed {
    /// Name of the set, or `knapsack100`.
    pub set: &'static str,
    /// Instances of the published rows.
    pub count: usize,
    /// Instances of a quick look.
    pub quick: usize,
    pub rows: &'static [Published],
}

const C: &str = "Chalumeau et al. 2023";
const G: &str = "Grinsztajn et al. 2023";

/// COMPASS, table 1. Gaps of tours to Concorde, of route plans to LKH3, of job shops to OR-Tools. The value of COMPASS
/// on CVRP-100 is that of another method in another table, and better than its own with augmentation (15.65):
/// unconfirmed.
#[rustfmt::skip]
pub(super) const COMPASS_SETS: &[Listed] = &[
    Listed { set: "tsp100", count: 10_000, quick: 20, rows: &[
        p(C, "Concorde", [7.765, 0.0, 82.0 * M]), p(C, "LKH3", [7.765, 0.0, 8.0 * H]),
        p(C, "POMO greedy", [7.796, 0.404, 37.0]), p(C, "POMO sampling", [7.779, 0.185, 2.0 * H]),
        p(C, "Poppy 16", [7.766, 0.013, 2.0 * H]), p(C, "EAS", [7.779, 0.176, 7.0 * H]),
        p(C, "COMPASS", [7.765, 0.002, 2.0 * H]),
    ] },
    Listed { set: "tsp125", count: 1_000, quick: 20, rows: &[
        p(C, "Concorde", [8.583, 0.0, 12.0 * M]), p(C, "LKH3", [8.583, 0.0, 73.0 * M]),
        p(C, "POMO greedy", [8.635, 0.607, 6.0]), p(C, "POMO sampling", [8.609, 0.299, 20.0 * M]),
        p(C, "Poppy 16", [8.587, 0.050, 20.0 * M]), p(C, "EAS", [8.601, 0.252, 62.0 * M]),
        p(C, "COMPASS", [8.586, 0.036, 20.0 * M]),
    ] },
    Listed { set: "tsp150", count: 1_000, quick: 20, rows: &[
        p(C, "Concorde", [9.346, 0.0, 17.0 * M]), p(C, "LKH3", [9.346, 0.0, 99.0 * M]),
        p(C, "POMO greedy", [9.440, 1.001, 10.0]), p(C, "POMO sampling", [9.401, 0.585, 32.0 * M]),
        p(C, "Poppy 16", [9.359, 0.141, 32.0 * M]), p(C, "EAS", [9.382, 0.381, 2.0 * H]),
        p(C, "COMPASS", [9.354, 0.083, 32.0 * M]),
    ] },
    Listed { set: "tsp200", count: 1_000, quick: 20, rows: &[
        p(C, "Concorde", [10.687, 0.0, 31.0 * M]), p(C, "LKH3", [10.687, 0.0, 3.0 * H]),
        p(C, "POMO greedy", [10.933, 2.300, 21.0]), p(C, "POMO sampling", [10.956, 2.513, 70.0 * M]),
        p(C, "Poppy 16", [10.795, 1.007, 70.0 * M]), p(C, "EAS", [10.758, 0.660, 210.0 * M]),
        p(C, "COMPASS", [10.724, 0.348, 70.0 * M]),
    ] },
    Listed { set: "cvrp100", count: 10_000, quick: 5, rows: &[
        p(C, "LKH3", [15.65, 0.0, X]), p(C, "POMO greedy", [15.874, 1.430, 2.0 * M]),
        p(C, "POMO sampling", [15.713, 0.399, 4.0 * H]), p(C, "Poppy 32", [15.663, 0.084, 4.0 * H]),
        p(C, "EAS", [15.661, 0.068, 13.0 * H]), p(C, "COMPASS (unconfirmed)", [15.594, -0.361, 4.0 * H]),
    ] },
    Listed { set: "cvrp125", count: 1_000, quick: 5, rows: &[
        p(C, "LKH3", [17.50, 0.0, X]), p(C, "POMO greedy", [17.818, 1.818, M]),
        p(C, "POMO sampling", [17.612, 0.642, 43.0 * M]), p(C, "Poppy 32", [17.548, 0.276, 42.0 * M]),
        p(C, "EAS", [17.517, 0.094, 2.0 * H]), p(C, "COMPASS", [17.511, 0.064, 42.0 * M]),
    ] },
    Listed { set: "cvrp150", count: 1_000, quick: 5, rows: &[
        p(C, "LKH3", [19.22, 0.0, X]), p(C, "POMO greedy", [19.750, 2.757, M]),
        p(C, "POMO sampling", [19.488, 1.393, H]), p(C, "Poppy 32", [19.421, 1.044, H]),
        p(C, "EAS", [19.285, 0.341, 4.0 * H]), p(C, "COMPASS", [19.313, 0.485, H]),
    ] },
    Listed { set: "cvrp200", count: 1_000, quick: 5, rows: &[
        p(C, "LKH3", [22.00, 0.0, X]), p(C, "POMO greedy", [23.318, 5.992, 2.0 * M]),
        p(C, "POMO sampling", [23.378, 6.264, 100.0 * M]), p(C, "Poppy 32", [23.352, 6.144, 100.0 * M]),
        p(C, "EAS", [22.264, 1.120, 7.0 * H]), p(C, "COMPASS", [22.462, 2.098, 100.0 * M]),
    ] },
    Listed { set: "l2d-10x10", count: 100, quick: 10, rows: &[
        p(C, "OR-Tools", [807.6, 0.0, 37.0]), p(C, "L2D sampling", [871.7, 8.0, 8.0 * H]),
        p(C, "single policy, sampling", [862.1, 6.7, 3.0 * H]), p(C, "Poppy 16", [849.7, 5.2, 3.0 * H]),
        p(C, "EAS", [858.4, 6.3, 5.0 * H]), p(C, "COMPASS", [845.5, 4.7, 3.0 * H]),
    ] },
    Listed { set: "l2d-15x15", count: 100, quick: 10, rows: &[
        p(C, "OR-Tools", [1188.0, 0.0, 3.0 * H]), p(C, "L2D sampling", [1378.3, 16.0, 25.0 * H]),
        p(C, "single policy, sampling", [1302.6, 9.6, 5.0 * H]), p(C, "Poppy 16", [1290.4, 8.6, 5.0 * H]),
        p(C, "EAS", [1295.2, 9.0, 9.0 * H]), p(C, "COMPASS", [1282.8, 8.0, 5.0 * H]),
    ] },
    Listed { set: "l2d-20x15", count: 100, quick: 10, rows: &[
        p(C, "OR-Tools", [1345.5, 0.0, 80.0 * H]), p(C, "L2D sampling", [1624.6, 20.8, 40.0 * H]),
        p(C, "single policy, sampling", [1503.0, 11.7, 8.0 * H]), p(C, "Poppy 16", [1495.7, 11.2, 8.0 * H]),
        p(C, "EAS", [1498.0, 11.3, 11.0 * H]), p(C, "COMPASS", [1485.6, 10.4, 8.0 * H]),
    ] },
];

/// Poppy, tables 1 to 5. Gaps of tours to Concorde, of route plans to HGS, of knapsacks and job shops to the optimum.
#[rustfmt::skip]
pub(super) const POPPY_SETS: &[Listed] = &[
    Listed { set: "tsp100", count: 10_000, quick: 20, rows: &[
        p(G, "POMO greedy", [7.796, 0.41, 5.0]), p(G, "POMO, 16 samples", [7.785, 0.27, M]),
        p(G, "POMO, ensemble of 16", [7.790, 0.33, X]), p(G, "Poppy 4", [7.777, 0.15, 20.0]),
        p(G, "Poppy 8", [7.772, 0.09, 40.0]), p(G, "Poppy 16", [7.770, 0.07, M]),
        p(G, "Poppy 16, second-best baseline", [7.769, 0.05, X]),
        p(G, "Poppy 16, 200 x 8 attempts", [7.765, 0.002, 2.0 * H]),
    ] },
    Listed { set: "tsp125", count: 1_000, quick: 20, rows: &[
        p(G, "POMO greedy", [8.635, 0.61, X]), p(G, "POMO, 16 samples", [8.619, 0.42, X]),
        p(G, "Poppy 4", [8.605, 0.26, X]), p(G, "Poppy 8", [8.598, 0.18, X]), p(G, "Poppy 16", [8.594, 0.14, X]),
        p(G, "Poppy 16, 200 x 8 attempts", [8.584, 0.009, X]),
    ] },
    Listed { set: "tsp150", count: 1_000, quick: 20, rows: &[
        p(G, "POMO greedy", [9.439, 0.99, X]), p(G, "POMO, 16 samples", [9.423, 0.81, X]),
        p(G, "Poppy 4", [9.389, 0.46, X]), p(G, "Poppy 8", [9.379, 0.35, X]), p(G, "Poppy 16", [9.372, 0.27, X]),
        p(G, "Poppy 16, 200 x 8 attempts", [9.351, 0.05, X]),
    ] },
    Listed { set: "cvrp100", count: 10_000, quick: 5, rows: &[
        p(G, "LKH3", [15.65, 0.53, X]), p(G, "POMO greedy", [15.87, 2.00, 10.0]),
        p(G, "POMO, 32 samples", [15.77, 1.31, 5.0 * M]), p(G, "Poppy 4", [15.80, 1.54, M]),
        p(G, "Poppy 8", [15.77, 1.31, 2.0 * M]), p(G, "Poppy 32", [15.73, 1.06, 5.0 * M]),
        p(G, "Poppy 32, 200 x 8 attempts", [15.62, 0.39, 4.0 * H]),
    ] },
    Listed { set: "cvrp125", count: 1_000, quick: 5, rows: &[
        p(G, "LKH3", [17.50, 0.75, X]), p(G, "POMO greedy", [17.82, 2.55, X]),
        p(G, "POMO, 32 samples", [17.69, 1.82, X]), p(G, "Poppy 4", [17.72, 2.01, X]),
        p(G, "Poppy 32", [17.63, 1.47, X]), p(G, "Poppy 32, 200 x 8 attempts", [17.49, 0.65, X]),
    ] },
    Listed { set: "cvrp150", count: 1_000, quick: 5, rows: &[
        p(G, "LKH3", [19.22, 0.89, X]), p(G, "POMO greedy", [19.75, 3.65, X]),
        p(G, "POMO, 32 samples", [19.61, 2.94, X]), p(G, "Poppy 4", [19.61, 2.95, X]),
        p(G, "Poppy 32", [19.50, 2.33, X]), p(G, "Poppy 32, 200 x 8 attempts", [19.32, 1.40, X]),
    ] },
    Listed { set: "knapsack100", count: 10_000, quick: 200, rows: &[
        p(G, "optimum", [40.437, 0.0, X]), p(G, "greedy by ratio", [40.387, 0.1250, X]),
        p(G, "POMO, 1600 samples", [40.435, 0.0060, 2.0 * M]), p(G, "POMO, ensemble of 16", [40.429, 0.021, 2.0 * M]),
        p(G, "Poppy 16", [40.437, 0.0005, 2.0 * M]),
    ] },
    Listed { set: "l2d-10x10", count: 100, quick: 10, rows: &[
        p(G, "optimum", [807.6, 0.0, X]), p(G, "L2D sampling", [871.7, 8.0, 8.0 * H]),
        p(G, "MDAM", [875.0, 8.3, 40.0 * M]), p(G, "single policy, 16 samples", [866.0, 7.2, 30.0 * M]),
        p(G, "Poppy 16", [857.7, 6.2, 30.0 * M]), p(G, "Poppy 16, second-best baseline", [852.2, 5.5, X]),
        p(G, "Poppy 16, 8000 samples", [849.7, 5.2, 3.0 * H]),
    ] },
];
