//! Rewards of the policies on random instances: `cargo run --release --example bandits -- [ARMS] [INSTANCES]
//! [RULE,...]`.
use std::time::Instant;

use heuron_policies::sequoia::Config;
use heuron_problems::bandit::play::mean;
use heuron_problems::{Bandit, Generate, stream};
use heuron_search::bandit::baselines::{Myopic, Null, Sampling};
use heuron_search::bandit::learned::{Corrected, ResidualConfig, Sequoia, residual, sequoia};
use heuron_search::bandit::planner::Planner;
use heuron_search::bandit::{Player, Tier, play};

fn main() {
    let mut args = std::env::args().skip(1);
    let n: usize = args.next().map_or(20, |n| n.parse().unwrap());
    let count: u64 = args.next().map_or(2, |n| n.parse().unwrap());
    let rules = args.next().unwrap_or("uniform,schedule,capacity,path,interventions".into());
    let which =
        args.next().unwrap_or("null,random,sampling,myopic,iterative,index,planner,residual,sequoia,faithful".into());
    for rule in rules.split(',') {
        let spec = Bandit::spec(n, &rule.replace(':', ",")).unwrap();
        let bandits: Vec<Bandit> =
            (0..count).map(|index| Bandit::generate(&spec, &mut stream(101, "generate", index))).collect();
        for name in which.split(',') {
            let (mut rewards, mut bounds, mut raw, mut time, mut learning) = (vec![], vec![], vec![], 0.0, 0.0);
            for bandit in &bandits {
                let began = Instant::now();
                let mut player: Box<dyn Player> = match name {
                    "null" => Box::new(Null(bandit)),
                    "random" => Box::new(Sampling::new(bandit, 1, 1)),
                    "sampling" => Box::new(Sampling::new(bandit, 100, 1)),
                    "myopic" => Box::new(Myopic::new(bandit, false)),
                    "iterative" => Box::new(Myopic::new(bandit, true)),
                    "index" => Box::new(Planner::new(bandit, 0)),
                    "planner" => Box::new(Planner::new(bandit, 20)),
                    "residual" => {
                        let config = ResidualConfig::default();
                        Box::new(Corrected::new(bandit, &residual(std::slice::from_ref(bandit), &config)))
                    }
                    "sequoia" => {
                        Box::new(Sequoia::new(bandit, sequoia(bandit, &Config::repaired()).unwrap(), Tier::Local))
                    }
                    _ => Box::new(Sequoia::new(bandit, sequoia(bandit, &Config::faithful()).unwrap(), Tier::Local)),
                };
                learning += began.elapsed().as_secs_f64();
                let began = Instant::now();
                let play = play(bandit, name, player.as_mut(), 1, 50);
                time += began.elapsed().as_secs_f64();
                let judged = bandit.judge(&play).unwrap();
                rewards.push(mean(&judged.rewards));
                raw.push(mean(&judged.raw));
                bounds.push(mean(&judged.bounds));
            }
            println!(
                "{rule:14} {name:10} {:7.3} raw {:7.3} bound {:7.3} step {:.3} ms, before {:.2} s  {:.2?}",
                mean(&rewards),
                mean(&raw),
                mean(&bounds),
                1e3 * time / (1000 * count) as f64,
                learning / count as f64,
                rewards,
            );
        }
    }
}
