//! What is said of several values: their mean, and how sure it is.

use heuron_problems::stream;
use rand::Rng;

/// Draws of the bootstrap, and the part of them outside the interval on either side.
const DRAWS: usize = 2_000;
const TAIL: f64 = 0.025;

/// The mean; none without values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The 95 % interval of the mean of `values` by the percentile bootstrap (Efron, 1979); none without values. Values
/// that are differences of pairs make it a paired one.
pub fn interval(values: &[f64]) -> Option<[f64; 2]> {
    let mut rng = stream(1, "bootstrap", 0);
    let mut mean = || {
        let draw = (0..values.len()).map(|_| values[rng.random_range(0..values.len())]);
        draw.sum::<f64>() / values.len() as f64
    };
    let mut means: Vec<f64> = if values.is_empty() { return None } else { (0..DRAWS).map(|_| mean()).collect() };
    means.sort_by(f64::total_cmp);
    let at = |part: f64| means[((DRAWS - 1) as f64 * part).round() as usize];
    Some([at(TAIL), at(1.0 - TAIL)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_mean() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn interval_holds_the_mean_and_shrinks_with_the_sample() {
        let sample = |n: u64| -> Vec<f64> { (0..n).map(|i| (i * 37 % 101) as f64).collect() };
        let [low, high] = interval(&sample(101)).unwrap();
        assert!(low < 50.0 && 50.0 < high && high - low < 15.0, "{low} {high}");
        let [wide_low, wide_high] = interval(&sample(11)).unwrap();
        assert!(wide_high - wide_low > high - low);
        assert_eq!(interval(&[2.5]), Some([2.5, 2.5]));
        assert_eq!(interval(&[]), None);
    }
}
