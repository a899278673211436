//! JSON files: instances, and plays as reports of a policy.
//!
//! ```json
//! {"problem": "bandit", "name": "pair", "horizon": 20, "start": 0.2,
//!  "arms": [{"reward": [0.2, 0.15, 0.1, 5], "up": [0.1, 0.8]}, {"reward": [0.1, 0.15, 0.2, 1], "up": [0.1, 0.9]}],
//!  "constraint": {"kind": "budget", "budget": 1}}
//! ```
//!
//! `up` is the probability of going up by the number of the arm's actions that are taken. Action i reaches arm i unless
//! arms list their `actions`, and then `actions` says how many there are.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::capacity::Capacity;
use super::path::Path;
use super::play::{half_width, mean};
use super::schedule::Schedule;
use super::{Arm, Bandit, Coupling, MOST_ARM_STEPS, Play};
use crate::config::ConfigError;
use crate::format::{Format, ParseError, Rounding};
use crate::text;

/// Limits of what is read. Larger values are typing errors.
const MOST_ARMS: usize = 10_000;
const MOST_STATIONS: usize = 2_000;
const MOST_COPIES: usize = 64;
const MOST_LEVELS: usize = 64;
const MOST_STEPS: usize = 1_000;
const MOST_LENGTH: usize = 1_000_000;
const MOST_REWARD: f64 = 1e6;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    problem: Option<String>,
    #[serde(default)]
    name: String,
    horizon: usize,
    /// Probability of starting at level 1.
    #[serde(default)]
    start: f64,
    /// Number of actions where arms list theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actions: Option<usize>,
    arms: Vec<FileArm>,
    constraint: Constraint,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FileArm {
    reward: Vec<f64>,
    up: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<u32>>,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Constraint {
    Budget { budget: usize },
    Interventions { count: usize },
    Capacity { costs: Vec<u32>, workers: Vec<u32> },
    Schedule { slots: usize, budget: usize, arms: Vec<Vec<usize>>, workers: Vec<Vec<usize>> },
    Path { depot: u32, budget: usize, length: u32, edges: Vec<[u32; 2]> },
}

/// A play: `policy`, `seed`, `episodes`; what else is written is for the reader's eyes and is computed again.
#[derive(Deserialize)]
struct PlayFile {
    policy: String,
    seed: u64,
    episodes: Vec<Vec<Vec<u32>>>,
}

impl Format for Bandit {
    fn read(text: &str, _: Rounding) -> Result<Self, ParseError> {
        let file: File = text::json(text, "a JSON bandit instance with arms, horizon and constraint")?;
        if let Some(problem) = file.problem.as_ref().filter(|problem| *problem != "bandit") {
            return Err(ParseError::whole("problem: bandit", problem.clone()));
        }
        bounded("horizon: a number", file.horizon, 1, MOST_STEPS)?;
        probability("start", file.start)?;
        bounded("arms: a number of arms", file.arms.len(), 1, MOST_ARMS)?;
        bounded("arms x horizon: a number", file.arms.len() * file.horizon, 1, MOST_ARM_STEPS)?;
        let actions = file.actions.unwrap_or(file.arms.len());
        bounded("actions: a number", actions, 1, MOST_ARMS)?;
        let arms = file.arms.into_iter().enumerate();
        let arms = arms.map(|(index, arm)| read_arm(index, arm, actions)).collect::<Result<Vec<Arm>, _>>()?;
        let coupling = read_constraint(file.constraint, actions)?;
        Ok(Self { name: file.name, arms, actions, coupling, horizon: file.horizon, start: file.start })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let is_own = self.arms.iter().enumerate().all(|(index, arm)| arm.actions[..] == [index as u32]);
        let arm = |arm: &Arm| FileArm {
            reward: arm.reward.clone(),
            up: arm.up.clone(),
            actions: (!is_own).then(|| arm.actions.clone()),
        };
        let constraint = match &self.coupling {
            Coupling::Budget(budget) => Constraint::Budget { budget: *budget },
            Coupling::Exactly(count) => Constraint::Interventions { count: *count },
            Coupling::Capacity(capacity) => {
                Constraint::Capacity { costs: capacity.costs().to_vec(), workers: capacity.workers().to_vec() }
            }
            Coupling::Schedule(schedule) => Constraint::Schedule {
                slots: schedule.slots(),
                budget: schedule.budget(),
                arms: schedule.arms(),
                workers: schedule.workers(),
            },
            Coupling::Path(path) => Constraint::Path {
                depot: path.depot(),
                budget: path.budget(),
                length: path.length(),
                edges: path.edges().to_vec(),
            },
        };
        let file = File {
            problem: Some("bandit".into()),
            name: self.name.clone(),
            horizon: self.horizon,
            start: self.start,
            actions: (!is_own || self.actions != self.arms.len()).then_some(self.actions),
            arms: self.arms.iter().map(arm).collect(),
            constraint,
        };
        writeln!(out, "{}", lines(&serde_json::to_value(&file)?))
    }

    fn read_solution(&self, text: &str) -> Result<Play, ParseError> {
        let file: PlayFile = text::json(text, "a JSON play with policy, seed and episodes")?;
        Ok(Play { policy: file.policy, seed: file.seed, episodes: file.episodes })
    }

    fn write_solution(&self, play: &Play, out: &mut dyn Write) -> io::Result<()> {
        let mut report = Map::new();
        report.insert("policy".into(), play.policy.clone().into());
        report.insert("seed".into(), play.seed.into());
        report.insert("horizon".into(), self.horizon.into());
        // Of a play that breaks a rule there are no figures.
        if let Ok(judgement) = self.judge(play) {
            let (reward, half) = (mean(&judgement.rewards), half_width(&judgement.rewards));
            report.insert("reward".into(), reward.into());
            report.insert("interval".into(), vec![reward - half, reward + half].into());
            report.insert("reward_as_sampled".into(), mean(&judgement.raw).into());
            report.insert("bound".into(), mean(&judgement.bounds).into());
        }
        report.insert("episodes".into(), serde_json::to_value(&play.episodes)?);
        writeln!(out, "{}", lines(&Value::Object(report)))
    }
}

/// Whether `text` is JSON with arms.
pub fn resembles(text: &str) -> bool {
    text::is_json(text) && text.contains("\"arms\"")
}

/// JSON with a line per entry of the object and per entry of its lists of objects and lists.
fn lines(value: &Value) -> String {
    let Value::Object(object) = value else { return value.to_string() };
    let entry = |(key, value): (&String, &Value)| match value {
        Value::Array(list) if list.iter().any(|item| item.is_object() || item.is_array()) => {
            let items: Vec<String> = list.iter().map(|item| format!("  {item}")).collect();
            format!("{key:?}: [\n{}\n]", items.join(",\n"))
        }
        _ => format!("{key:?}: {value}"),
    };
    format!("{{\n{}\n}}", object.iter().map(entry).collect::<Vec<_>>().join(",\n"))
}

fn bounded(what: &str, found: usize, least: usize, most: usize) -> Result<(), ParseError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(ParseError::whole(format!("{what} from {least} to {most}"), found.to_string()))
}

fn probability(what: &str, found: f64) -> Result<(), ParseError> {
    if (0.0..=1.0).contains(&found) {
        return Ok(());
    }
    Err(ParseError::whole(format!("{what}: a probability from 0 to 1"), found.to_string()))
}

fn read_arm(index: usize, arm: FileArm, actions: usize) -> Result<Arm, ParseError> {
    let at = |field: &str| format!("arms[{index}].{field}");
    bounded(&format!("{}: a number of levels", at("reward")), arm.reward.len(), 2, MOST_LEVELS)?;
    if let Some(reward) = arm.reward.iter().find(|reward| reward.abs() > MOST_REWARD) {
        return Err(ParseError::whole(format!("{}: rewards within {MOST_REWARD}", at("reward")), reward.to_string()));
    }
    let own = arm.actions.unwrap_or_else(|| vec![index as u32]);
    bounded(&format!("{}: a number of actions", at("actions")), own.len(), 0, MOST_COPIES)?;
    if own.windows(2).any(|pair| pair[0] >= pair[1]) || own.last().is_some_and(|&last| last as usize >= actions) {
        let expected = format!("{}: ascending numbers below {actions}", at("actions"));
        return Err(ParseError::whole(expected, format!("{own:?}")));
    }
    if arm.up.len() != own.len() + 1 {
        let expected = format!("{}: {} probabilities, for 0 to {} actions", at("up"), own.len() + 1, own.len());
        return Err(ParseError::whole(expected, arm.up.len().to_string()));
    }
    arm.up.iter().try_for_each(|&up| probability(&at("up"), up))?;
    Ok(Arm { reward: arm.reward, actions: own, up: arm.up })
}

fn read_constraint(constraint: Constraint, actions: usize) -> Result<Coupling, ParseError> {
    let one_each = |field: &str, found: usize| {
        let expected = format!("constraint.{field}: one entry for each of the {actions} actions");
        if found == actions { Ok(()) } else { Err(ParseError::whole(expected, found.to_string())) }
    };
    let refused = |error: ConfigError| ParseError::whole(format!("{}: {}", error.field, error.expected), error.found);
    let budgeted = |budget| bounded("constraint.budget: a number", budget, 0, MOST_ARMS);
    Ok(match constraint {
        Constraint::Budget { budget } => {
            budgeted(budget)?;
            Coupling::Budget(budget)
        }
        Constraint::Interventions { count } => {
            bounded("constraint.count: a number", count, 0, actions)?;
            Coupling::Exactly(count)
        }
        Constraint::Capacity { costs, workers } => {
            one_each("costs", costs.len())?;
            Coupling::Capacity(Capacity::new(costs, workers).map_err(refused)?)
        }
        Constraint::Schedule { slots, budget, arms, workers } => {
            budgeted(budget)?;
            one_each("arms", arms.len())?;
            Coupling::Schedule(Schedule::new(slots, budget, &arms, &workers).map_err(refused)?)
        }
        Constraint::Path { depot, budget, length, edges } => {
            bounded("constraint: a number of stations", actions, 1, MOST_STATIONS)?;
            bounded("constraint.length: a number of edges", length as usize, 0, MOST_LENGTH)?;
            Coupling::Path(Path::new(actions, edges, depot, budget, length).map_err(refused)?)
        }
    })
}
