//! The table of SEQUOIA: policies for coupled restless bandits on common random numbers.
//!
//! L. Xu, B. Wilder, E. Khalil and M. Tambe, ICLR 2025. The paper shows normalised rewards as bars, without numbers;
//! its headline is that SEQUOIA earns 24.8 % more than the best of its baselines on average (arXiv 2503.01919, version
//! 2).

use cpu_time::ProcessTime;
use heuron_policies::sequoia::{Config, Learned};
use heuron_problems::bandit::play::mean;
use heuron_problems::{Bandit, Generate, SpecError, stream};
use heuron_search::bandit::baselines::{Myopic, Null, Sampling};
use heuron_search::bandit::corrected::{Corrected, ResidualConfig, fitting, residual};
use heuron_search::bandit::learned::{Sequoia, sequoia};
use heuron_search::bandit::planner::Planner;
use heuron_search::bandit::standing::Standing;
use heuron_search::bandit::{Player, Tier, play};

use super::chosen::Chosen;
use super::{OURS, Paired, Row, Section, Settings, Table};
use crate::error::Error;
use crate::statistics::interval;

/// What the table compares with.
pub(super) const SEQUOIA: &str = "Xu et al., SEQUOIA, 2025: coupled restless bandits";

/// Rules and sizes; the settings of the paper, then larger and harder ones.
const QUICK: &[(usize, &str)] = &[
    (20, "capacity"),
    (20, "schedule"),
    (20, "path"),
    (20, "interventions"),
    (40, "interventions,actions=20,budget=10"),
    (40, "path"),
];

/// Beyond what the quick table has.
const FULL: &[(usize, &str)] = &[(40, "capacity"), (40, "schedule"), (100, "schedule"), (100, "capacity")];

/// Instances that a residual is trained on: none of those that it is measured on.
const LESSONS: u64 = 9;

/// Generations of its training.
const GENERATIONS: u64 = 30;

/// The most arms of these: a residual serves all sizes, and simulation of many arms takes longer.
const LESSON_ARMS: usize = 20;

/// Simulated episodes per instance by which its residual's strength is chosen.
const TRIALS: u64 = 50;

/// Seed of everything that is learned.
const TRAINING_SEED: u64 = 101;

/// Largest number of arms for which Q-networks are learned in the quick table.
const LEARNED: usize = 20;

/// A policy on the instances of a section.
struct Column {
    method: String,
    /// Mean reward per step \[instances\].
    rewards: Vec<f64>,
    /// CPU seconds of the plays, without preparation.
    seconds: f64,
}

/// A section at work.
struct Ground<'a> {
    bandits: &'a [Bandit],
    episodes: u64,
    seed: u64,
    say: &'a (dyn Fn(&str) + Sync),
}

impl Ground<'_> {
    /// Plays a policy on every instance.
    fn measure(
        &self,
        method: &str,
        mut make: impl for<'b> FnMut(usize, &'b Bandit) -> Box<dyn Player + 'b>,
    ) -> Result<Column, Error> {
        let mut column = Column { method: method.into(), rewards: Vec::new(), seconds: 0.0 };
        for (index, bandit) in self.bandits.iter().enumerate() {
            let mut player = make(index, bandit);
            let cpu = ProcessTime::now();
            let play = play(bandit, method, player.as_mut(), self.seed, self.episodes);
            column.seconds += cpu.elapsed().as_secs_f64();
            column.rewards.push(mean(&bandit.judge(&play)?.rewards));
        }
        (self.say)(&format!("{method}: {:.3}", mean(&column.rewards)));
        Ok(column)
    }

    /// No action at all, also where a number of them is required: what other policies are compared with, as published.
    fn null(&self) -> Column {
        let cpu = ProcessTime::now();
        let reward = |bandit: &Bandit| {
            let none = vec![false; bandit.actions];
            let episode = |index| {
                let scenario = bandit.scenario(self.seed, index);
                let mut state = scenario.start.clone();
                let steps = 0..bandit.horizon;
                steps.map(|step| bandit.advance(&mut state, step, &none, &scenario)).sum::<f64>()
            };
            mean(&(0..self.episodes).map(episode).collect::<Vec<f64>>()) / bandit.horizon as f64
        };
        let rewards: Vec<f64> = self.bandits.iter().map(reward).collect();
        (self.say)(&format!("null: {:.3}", mean(&rewards)));
        Column { method: "null".into(), rewards, seconds: cpu.elapsed().as_secs_f64() }
    }

    /// The dual bounds of the same episodes \[instances\].
    fn bounds(&self) -> Result<Vec<f64>, Error> {
        let bound = |bandit: &Bandit| {
            let play = play(bandit, "null", &mut Null(bandit), self.seed, self.episodes);
            Ok(mean(&bandit.judge(&play)?.bounds))
        };
        self.bandits.iter().map(bound).collect()
    }
}

/// The table.
pub(super) fn table(settings: &Settings<'_>, _: &Chosen) -> Result<Table, Error> {
    let (instances, episodes) = settings.size.pick((6, 50), (20, 50));
    let notes = vec![
        "Reward per step, mean over instances, with the control variate of `problems/src/bandit/dual.rs`; all policies \
         play the same instances and episodes. The gap is (bound - reward) / (bound - null): 0 is the dual bound, and \
         taking no action is at 100 %; its interval is over instances. `against` is the difference of gaps to the \
         planner with standing orders on the same instances. Per instance there are 1000 steps: 1 s per instance is 1 \
         ms per step."
            .into(),
        "The residual is trained once per section on other instances of the same law (of 20 arms, where more are not \
         named), its strength chosen on some of them, or in simulated episodes of the instance; SEQUOIA anew for every \
         instance. Published: SEQUOIA earns 24.8 % more than the best of its baselines on average (figures without \
         numbers)."
            .into(),
    ];
    let mut table = Table::new("sequoia", SEQUOIA, notes);
    for &(n, distribution) in QUICK.iter().chain(settings.size.pick(&[][..], FULL)) {
        (settings.say)(&format!("{n} arms, {distribution}"));
        let spec = Bandit::spec(n, distribution).map_err(|source: SpecError| Error::Spec { key: "table", source })?;
        let smaller = if distribution.contains(',') { n } else { n.min(LESSON_ARMS) };
        let lesson = Bandit::spec(smaller, distribution).map_err(|source| Error::Spec { key: "table", source })?;
        let draw = |index| Bandit::generate(&spec, &mut stream(settings.seed, "generate", index));
        let bandits: Vec<Bandit> = (0..instances).map(draw).collect();
        let draw = |index| Bandit::generate(&lesson, &mut stream(TRAINING_SEED, "table sequoia", index));
        let lessons: Vec<Bandit> = (0..LESSONS).map(draw).collect();
        let ground = Ground { bandits: &bandits, episodes, seed: settings.seed, say: settings.say };
        let learns = n <= settings.size.pick(LEARNED, usize::MAX);
        let (columns, times) = columns(&ground, &lessons, learns)?;
        let name = format!("{n} arms, {distribution}, {instances} instances, {episodes} episodes");
        table.notes.push(format!("CPU time of training, {n} arms, {distribution}: {times}."));
        table.add(section(name, &columns, &ground.bounds()?), settings)?;
    }
    Ok(table)
}

/// All policies, and what training took.
fn columns(ground: &Ground<'_>, lessons: &[Bandit], learns: bool) -> Result<(Vec<Column>, String), Error> {
    let seed = ground.seed;
    let mut columns = vec![
        ground.null(),
        ground.measure("random", |_, bandit| Box::new(Sampling::new(bandit, 1, seed)))?,
        ground.measure("sampling 100", |_, bandit| Box::new(Sampling::new(bandit, 100, seed)))?,
        ground.measure("iterative myopic", |_, bandit| Box::new(Myopic::new(bandit, true)))?,
        ground.measure(MYOPIC, |_, bandit| Box::new(Myopic::new(bandit, false)))?,
    ];
    let mut times = String::new();
    for (name, config) in [("SEQUOIA as published", Config::faithful()), ("SEQUOIA repaired", Config::repaired())] {
        if !learns {
            continue;
        }
        let cpu = ProcessTime::now();
        let learn = |bandit| sequoia(bandit, &config);
        let refusal = |source| Error::Value { path: name.into(), source };
        let learned: Vec<Learned> = ground.bandits.iter().map(learn).collect::<Result<_, _>>().map_err(refusal)?;
        let each = cpu.elapsed().as_secs_f64() / ground.bandits.len() as f64;
        times += &format!("{name} {each:.1} s per instance, ");
        if name == "SEQUOIA repaired" {
            columns.push(ground.measure("iterative DQN", |index, bandit| {
                Box::new(Sequoia::iterative(bandit, learned[index].clone()))
            })?);
        }
        columns.push(
            ground
                .measure(name, |index, bandit| Box::new(Sequoia::new(bandit, learned[index].clone(), Tier::Local)))?,
        );
    }
    columns.push(ground.measure("index policy", |_, bandit| Box::new(Planner::new(bandit, 0)))?);
    columns.push(ground.measure("planner, prices found anew", |_, bandit| Box::new(Planner::new(bandit, 20)))?);
    columns.push(ground.measure(PLANNER, |_, bandit| Box::new(Standing::new(bandit)))?);
    let cpu = ProcessTime::now();
    let learned = residual(lessons, &ResidualConfig { seed: TRAINING_SEED, ..ResidualConfig::default() }, GENERATIONS);
    times += &format!("residual {:.1} s for all instances, ", cpu.elapsed().as_secs_f64());
    let name = "planner with residual of other instances";
    columns.push(ground.measure(name, |_, bandit| Box::new(Corrected::new(bandit, &learned)))?);
    let cpu = ProcessTime::now();
    let fit = |bandit| fitting(bandit, &learned, TRAINING_SEED, TRIALS);
    let fitted: Vec<_> = ground.bandits.iter().map(fit).collect();
    times += &format!("its strength {:.1} s per instance", cpu.elapsed().as_secs_f64() / fitted.len() as f64);
    let name = "the same, strength by simulation";
    columns.push(ground.measure(name, |index, bandit| Box::new(Corrected::new(bandit, &fitted[index])))?);
    Ok((columns, times))
}

/// The exact myopic policy.
const MYOPIC: &str = "myopic";

/// The row that others are paired with.
const PLANNER: &str = "planner, standing orders";

fn section(name: String, columns: &[Column], bounds: &[f64]) -> Section {
    let null: &[f64] = columns.first().map_or(&[], |column| &column.rewards);
    let gaps = |column: &Column| -> Vec<f64> {
        let all = column.rewards.iter().zip(bounds).zip(null);
        all.map(|((reward, bound), null)| (bound - reward) / (bound - null)).collect()
    };
    let planner = columns.iter().find(|column| column.method == PLANNER).map(gaps);
    let row = |column: &Column| {
        let own = gaps(column);
        let paired = planner.as_ref().filter(|_| column.method != PLANNER).and_then(|others| {
            let differences: Vec<f64> = own.iter().zip(others).map(|(own, other)| own - other).collect();
            Some(Paired { with: PLANNER.into(), mean: mean(&differences), interval: interval(&differences)? })
        });
        Row {
            source: OURS,
            method: column.method.clone(),
            instances: Some(column.rewards.len()),
            objective: Some(mean(&column.rewards)),
            gap: Some(mean(&own)),
            interval: interval(&own),
            paired,
            time_s: Some(column.seconds),
            trajectories: None,
        }
    };
    Section {
        name,
        objective: "reward",
        reference: "the dual bound, in parts of its distance from taking no action".into(),
        rows: columns.iter().map(row).collect(),
        curves: Vec::new(),
    }
}
