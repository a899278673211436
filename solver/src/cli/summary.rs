//! What a person reads at the end: a line per instance, a table of several.

use std::fmt::Write;

use heuron::plot::in_units;
use heuron::{Error, Report};

/// One instance of a batch.
pub struct Row {
    /// Names the instance.
    pub stem: String,
    /// Its report, or why there is none.
    pub result: Result<Report, String>,
}

impl Row {
    /// The row of an error.
    pub fn failed(stem: String, error: &Error) -> Self {
        Self { stem, result: Err(error.to_string()) }
    }
}

/// Cost, gaps, time and reason in one line.
pub fn line(report: &Report) -> String {
    let mut line = format!("{}: cost {}", report.instance, cost(report));
    if let Some(cost) = report.cost.filter(|_| report.problem.sign() < 0) {
        let _ = write!(line, " (value {})", in_units(-cost, report.scale));
    }
    if let Some(bound) = report.bound {
        let _ = write!(line, ", bound {}", in_units(bound, report.scale));
    }
    if let Some(gap) = report.gap_to_bound {
        let _ = write!(line, " (gap {})", percent(gap));
    }
    if let Some(gap) = report.gap_to_best_known {
        let _ = write!(line, ", {} from the best known", percent(gap));
    }
    let reason = report.stop_reason.replace('_', " ");
    let _ = write!(line, ", {} iterations, {:.2} s ({reason})", report.iterations, report.wall_s);
    line
}

/// A table with aligned columns.
pub fn table(rows: &[Row]) -> String {
    let head = ["instance", "n", "cost", "gap to bound", "to best known", "wall s", "stop"].map(String::from);
    let mut cells = vec![head.to_vec()];
    cells.extend(rows.iter().map(|row| match &row.result {
        Ok(report) => full(&row.stem, report),
        Err(message) => vec![row.stem.clone(), message.clone()],
    }));
    let width = |column: usize| {
        // A message may be longer than its column: it is alone on its line.
        let of = |row: &Vec<String>| if row.len() == head.len() { row[column].chars().count() } else { 0 };
        cells.iter().map(of).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..head.len()).map(width).collect();
    widths[0] = cells.iter().map(|row| row[0].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in &cells {
        for (column, cell) in row.iter().enumerate() {
            // Names and reasons to the left, numbers to the right.
            let _ = match column {
                0 => write!(text, "{cell:<0$}", widths[0]),
                _ if row.len() < head.len() || column + 1 == head.len() => write!(text, "  {cell}"),
                _ => write!(text, "  {cell:>0$}", widths[column]),
            };
        }
        text.push('\n');
    }
    text
}

fn full(stem: &str, report: &Report) -> Vec<String> {
    let gap = |gap: Option<f64>| gap.map_or("-".into(), percent);
    vec![
        stem.into(),
        report.size.to_string(),
        cost(report),
        gap(report.gap_to_bound),
        gap(report.gap_to_best_known),
        format!("{:.2}", report.wall_s),
        report.stop_reason.into(),
    ]
}

fn cost(report: &Report) -> String {
    report.cost.map_or("none".into(), |cost| in_units(cost, report.scale))
}

fn percent(gap: f64) -> String {
    format!("{:.3} %", 100.0 * gap)
}
