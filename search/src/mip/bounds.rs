//! Bounds on the inputs of a network's units, for all inputs of the network that rows allow.
//!
//! Two bounds hold, and the tighter one is taken. Interval arithmetic adds up the extremes of the units before.
//! Backward bounds replace the units before by linear functions above or below them, down to the inputs, and maximise
//! over those under the rows (H. Zhang, T. Weng, P. Chen, C. Hsieh and L. Daniel, "Efficient neural network robustness
//! certification with general activation functions", NeurIPS 2018): a ReLU with inputs from l < 0 to u > 0 lies below
//! the chord u (z - l) / (u - l) and above 0 or z. Over the inputs every row is maximised by itself: exact for a single
//! row on the number of inputs, as a budget is.

use heuron_policies::native::{Layer, Mlp};
use heuron_problems::bandit::Row;

/// Least and largest input of every unit but the last layer's, \[layers\]\[units\].
pub type Ranges = Vec<Vec<[f64; 2]>>;

/// Ranges of the units of `network` when its inputs are 0 or 1 and the rows hold.
pub fn ranges(network: &Mlp, rows: &[Row]) -> Ranges {
    let Some((first, tail)) = network.layers.split_first() else { return Ranges::new() };
    let (mut ranges, closed) = (Ranges::with_capacity(tail.len()), closed(first.inputs(), rows));
    for depth in 0..tail.len() {
        let layer = &network.layers[depth];
        let mut next = match ranges.last() {
            Some(before) => interval(layer, before),
            None => vec![[f64::NEG_INFINITY, f64::INFINITY]; layer.outputs()],
        };
        let most = |unit: usize, sign: f64| {
            let mut slopes = vec![0.0; layer.outputs()];
            slopes[unit] = sign;
            let (constant, slopes) = above(&tail[..depth], &ranges, slopes);
            let dot = |row: &[f64]| row.iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum::<f64>();
            let value = |input: usize| if closed[input] { 0.0 } else { dot(first.row(input)) };
            let values: Vec<f64> = (0..first.inputs()).map(value).collect();
            constant + dot(&first.bias) + largest(&values, rows)
        };
        for (unit, range) in next.iter_mut().enumerate() {
            *range = [range[0].max(-most(unit, -1.0)), range[1].min(most(unit, 1.0))];
        }
        ranges.push(next);
    }
    ranges
}

/// Ranges of a layer's outputs by those of the inputs of the units before it.
pub fn interval(layer: &Layer, before: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut next: Vec<[f64; 2]> = layer.bias.iter().map(|&bias| [bias; 2]).collect();
    for (input, &[low, high]) in before.iter().enumerate() {
        let [low, high] = [low.max(0.0), high.max(0.0)];
        for (range, &weight) in next.iter_mut().zip(layer.row(input)) {
            let [least, most] = if weight < 0.0 { [high, low] } else { [low, high] };
            range[0] += weight * least;
            range[1] += weight * most;
        }
    }
    next
}

/// A linear function of the inputs of the units before `layers` that lies above `slopes` times the outputs of the last
/// of them: constant, and slopes \[units before\]. `ranges` are those of the units before every layer.
pub fn above(layers: &[Layer], ranges: &[Vec<[f64; 2]>], mut slopes: Vec<f64>) -> (f64, Vec<f64>) {
    let mut constant = 0.0;
    for (layer, ranges) in layers.iter().zip(ranges).rev() {
        constant += layer.bias.iter().zip(&slopes).map(|(bias, slope)| bias * slope).sum::<f64>();
        let through = |(input, &[low, high]): (usize, &[f64; 2])| {
            let slope: f64 = layer.row(input).iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum();
            match () {
                () if high <= 0.0 => 0.0,
                () if low >= 0.0 => slope,
                () if slope > 0.0 => {
                    constant -= slope * high * low / (high - low);
                    slope * high / (high - low)
                }
                // Below the ReLU: the nearer of 0 and z.
                () if high > -low => slope,
                () => 0.0,
            }
        };
        slopes = ranges.iter().enumerate().map(through).collect();
    }
    (constant, slopes)
}

/// Inputs that a row forbids by itself.
fn closed(inputs: usize, rows: &[Row]) -> Vec<bool> {
    let mut closed = vec![false; inputs];
    for row in rows {
        let least: f64 = row.terms.iter().map(|&(_, term)| term.min(0.0)).sum();
        let beyond = |term: f64| least - term.min(0.0) + term > row.limit + 1e-9 * (1.0 + row.limit.abs());
        row.terms.iter().filter(|(_, term)| beyond(*term)).for_each(|&(input, _)| closed[input as usize] = true);
    }
    closed
}

/// No inputs that the rows allow have a larger total of `values` \[inputs\].
fn largest(values: &[f64], rows: &[Row]) -> f64 {
    let free = values.iter().filter(|value| **value > 0.0).sum::<f64>();
    rows.iter().map(|row| free - loss(values, row)).fold(free, f64::min)
}

/// What a row costs: the largest total of `values` without it, less the largest with it, for inputs between 0 and 1.
///
/// Without the row the inputs of positive value are 1. The inputs that bring the sum back into its range change first
/// where a unit of the sum costs least: a fractional knapsack.
fn loss(values: &[f64], row: &Row) -> f64 {
    let value = |input: u32| values[input as usize];
    let sum: f64 = row.terms.iter().filter(|&&(input, _)| value(input) > 0.0).map(|(_, term)| term).sum();
    let too_much = sum > row.limit;
    let mut missing = if too_much { sum - row.limit } else { row.least - sum };
    if missing <= 0.0 {
        return 0.0;
    }
    // An input that is 1 lowers the sum by leaving if its coefficient is positive, one that is 0 by joining if
    // negative.
    let helps = |&&(input, term): &&(u32, f64)| term != 0.0 && ((value(input) > 0.0) == (term > 0.0)) == too_much;
    let mut changes: Vec<(f64, f64)> =
        row.terms.iter().filter(helps).map(|&(i, t)| (value(i).abs(), t.abs())).collect();
    changes.sort_unstable_by(|a, b| (a.0 * b.1).total_cmp(&(b.0 * a.1)));
    let mut loss = 0.0;
    for (cost, amount) in changes {
        let part = (missing / amount).min(1.0);
        loss += part * cost;
        missing -= part * amount;
        if missing <= 0.0 {
            break;
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use heuron_problems::stream;
    use rand::Rng;

    #[test]
    fn ranges_hold_for_all_inputs_that_the_rows_allow() {
        let mut tight = 0;
        for seed in 0..20 {
            let mut rng = stream(seed, "ranges", 0);
            let mut term = |input| (input, f64::from(rng.random_range(-2..4_i32)));
            let mixed = Row { terms: (0..8).map(&mut term).collect(), least: 1.0, limit: 3.0 };
            let rows = [mixed, Row { least: 2.0, ..Row::cardinality(0..8, 4) }];
            let network = Mlp::random(&[8, 5, 4, 3], seed);
            let ranges = ranges(&network, &rows);
            let mut seen: Ranges =
                ranges.iter().map(|layer| vec![[f64::INFINITY, f64::NEG_INFINITY]; layer.len()]).collect();
            for set in 0..1_u32 << 8 {
                let list: Vec<u32> = (0..8).filter(|input| set >> input & 1 == 1).collect();
                if !rows.iter().all(|row| row.holds(&list)) {
                    continue;
                }
                let mut values: Vec<f64> = (0..8).map(|input| f64::from(set >> input & 1)).collect();
                for (layer, seen) in network.layers.iter().zip(&mut seen) {
                    let mut next = Vec::new();
                    layer.apply(&values, &mut next);
                    for (range, &z) in seen.iter_mut().zip(&next) {
                        *range = [range[0].min(z), range[1].max(z)];
                    }
                    values = next.into_iter().map(|z| z.max(0.0)).collect();
                }
            }
            for (&[low, high], &[least, most]) in ranges.iter().flatten().zip(seen.iter().flatten()) {
                assert!(low <= least + 1e-9 && high >= most - 1e-9, "{seed}: {low} {least} {most} {high}");
                tight += u32::from(high - low < 2.0 * (most - least));
            }
        }
        assert!(tight > 100, "{tight}");
    }

    #[test]
    fn one_row_on_the_number_of_inputs_is_maximised_exactly() {
        let values = [3.0, -1.0, 2.0, -4.0, 1.0];
        let row = |least, limit| [Row { least, ..Row::cardinality(0..5, limit) }];
        assert_eq!(largest(&values, &row(0.0, 5)), 6.0);
        assert_eq!(largest(&values, &row(0.0, 2)), 5.0);
        assert_eq!(largest(&values, &row(4.0, 4)), 5.0);
        assert_eq!(largest(&values, &row(5.0, 5)), 1.0);
        let negative = Row { terms: vec![(0, -1.0), (2, -1.0)], least: f64::NEG_INFINITY, limit: -1.0 };
        assert_eq!(largest(&[-3.0, 9.0, -2.0], &[negative]), 7.0);
    }
}
