//! The log of a run: one row of CSV per mark, readable by any spreadsheet and by [`read`].

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::train::checkpoint::write_whole;
use crate::train::error::TrainError;

/// What happened since the row before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Steps done.
    pub step: u64,
    /// Instances seen.
    pub instances: u64,
    /// Mean loss.
    pub loss: f64,
    /// Mean cost of the sampled trajectories.
    pub cost: f64,
    /// Mean validation gap; none where there was no validation.
    pub gap: Option<f64>,
    /// Mean entropy per choice, estimated by minus the mean log-probability.
    pub entropy: f64,
    /// Instances per second.
    pub speed: f64,
    /// Learning rate.
    pub rate: f64,
    /// Seconds since the beginning, over all sessions.
    pub elapsed_s: f64,
    /// Part of the starts at which one agent or latent vector was strictly the best; none where there is only one.
    pub decided: Option<f64>,
    /// Part of those that every agent won; empty where there are no agents. 1 and zeros: the population has collapsed.
    pub wins: Vec<f64>,
}

const HEADER: &str = "step,instances,loss,mean_cost,validation_gap,entropy,instances_per_s,learning_rate,elapsed_s,\
decided,wins";

/// More than this part of the wins is a collapse.
const COLLAPSED: f64 = 0.9;

impl Row {
    /// The agent that wins nearly alone, and its part of the wins, if there is one.
    pub fn collapse(&self) -> Option<(usize, f64)> {
        let alone = self.wins.iter().copied().enumerate().find(|(_, part)| *part > COLLAPSED);
        alone.filter(|_| self.wins.len() > 1)
    }

    fn line(&self) -> String {
        let gap = self.gap.map_or(String::new(), |gap| format!("{gap:.6}"));
        let decided = self.decided.map_or(String::new(), |decided| format!("{decided:.4}"));
        let wins: Vec<String> = self.wins.iter().map(|wins| format!("{wins:.3}")).collect();
        let wins = wins.join(" ");
        format!(
            "{},{},{:.6e},{:.1},{gap},{:.5},{:.1},{:.4e},{:.1},{decided},{wins}\n",
            self.step, self.instances, self.loss, self.cost, self.entropy, self.speed, self.rate, self.elapsed_s
        )
    }

    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |i: usize| fields.get(i)?.parse::<f64>().ok();
        let optional = |i: usize| match *fields.get(i)? {
            "" => Some(None),
            number => Some(Some(number.parse().ok()?)),
        };
        let gap = optional(4)?;
        Some(Self {
            step: fields.first()?.parse().ok()?,
            instances: fields.get(1)?.parse().ok()?,
            loss: number(2)?,
            cost: number(3)?,
            gap,
            entropy: number(5)?,
            speed: number(6)?,
            rate: number(7)?,
            elapsed_s: number(8)?,
            decided: optional(9)?,
            wins: fields.get(10)?.split_whitespace().map(|wins| wins.parse().ok()).collect::<Option<_>>()?,
        })
    }
}

/// Adds a row; the file begins with a header.
pub fn append(path: &Path, row: &Row) -> Result<(), TrainError> {
    let header = if path.exists() { String::new() } else { format!("{HEADER}\n") };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all((header + &row.line()).as_bytes()));
    written.map_err(|error| TrainError::file(path, "write", error))
}

/// All whole rows. A last row that was cut off by a crash is left out.
pub fn read(path: &Path) -> Result<Vec<Row>, TrainError> {
    let text = fs::read_to_string(path).map_err(|error| TrainError::file(path, "read", error))?;
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let row =
        |line: &str| Row::parse(line).ok_or_else(|| TrainError::damaged(path, format!("no row of a log: {line}")));
    whole.lines().skip(1).map(row).collect()
}

/// Puts the gap into the last row if it is of `step`, and returns that row.
pub fn complete(path: &Path, step: u64, gap: Option<f64>) -> Result<Option<Row>, TrainError> {
    let mut rows = if path.exists() { read(path)? } else { Vec::new() };
    let Some(last) = rows.last_mut().filter(|row| row.step == step) else { return Ok(None) };
    last.gap = gap;
    let last = last.clone();
    rewrite(path, rows.iter())?;
    Ok(Some(last))
}

/// Takes back the rows after `step`: the run goes on from there.
pub fn rewind(path: &Path, step: u64) -> Result<(), TrainError> {
    if !path.exists() {
        return Ok(());
    }
    let rows = read(path)?;
    rewrite(path, rows.iter().filter(|row| row.step <= step))
}

fn rewrite<'a>(path: &Path, rows: impl Iterator<Item = &'a Row>) -> Result<(), TrainError> {
    let rows: String = rows.map(Row::line).collect();
    write_whole(path, format!("{HEADER}\n{rows}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, gap: Option<f64>) -> Row {
        Row { step, instances: 64 * step, loss: 0.25, cost: 123.5, gap, rate: 1e-4, elapsed_s: 2.5, ..Row::default() }
    }

    #[test]
    fn an_agent_that_wins_nearly_alone_is_named() {
        let of = |wins: &[f64]| Row { wins: wins.to_vec(), ..row(1, None) }.collapse();
        assert_eq!(of(&[0.04, 0.95, 0.01]), Some((1, 0.95)));
        assert_eq!((of(&[0.9, 0.1]), of(&[0.4, 0.6]), of(&[]), of(&[1.0])), (None, None, None, None));
    }

    #[test]
    fn log_can_be_read_and_rewound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut rows = [row(1, None), row(2, Some(0.125)), row(3, None)];
        (rows[2].decided, rows[2].wins) = (Some(0.75), vec![0.5, 0.25, 0.25]);
        rows.iter().for_each(|row| append(&path, row).unwrap());
        assert_eq!(read(&path).unwrap(), rows);
        let cut = fs::read_to_string(&path).unwrap() + "4,256,0.2";
        fs::write(&path, cut).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
        rewind(&path, 2).unwrap();
        assert_eq!(read(&path).unwrap(), rows[..2]);
        append(&path, &rows[2]).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
    }
}
