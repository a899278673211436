//! Numbers that were published, as printed; gaps in percent, times in seconds for the whole set on the authors'
//! machines.

use super::Row;

/// A row of a paper.
pub(super) struct Published {
    pub source: &'static str,
    pub method: &'static str,
    pub objective: Option<f64>,
    pub percent: Option<f64>,
    pub time_s: Option<f64>,
}

/// Seconds of a minute and an hour.
pub(super) const M: f64 = 60.0;
pub(super) const H: f64 = 3_600.0;

/// A row with everything; NAN where the paper has no number.
pub(super) const fn p(source: &'static str, method: &'static str, values: [f64; 3]) -> Published {
    const fn known(value: f64) -> Option<f64> {
        if value.is_nan() { None } else { Some(value) }
    }
    let [objective, percent, time] = values;
    Published { source, method, objective: known(objective), percent: known(percent), time_s: known(time) }
}

/// No number.
pub(super) const X: f64 = f64::NAN;

impl Published {
    /// As a row of a table.
    pub fn row(&self, instances: usize) -> Row {
        let &Self { source, method, objective, percent, time_s } = self;
        let (gap, instances) = (percent.map(|percent| percent / 100.0), Some(instances));
        Row { source, method: method.into(), instances, objective, gap, time_s, ..Row::default() }
    }
}
