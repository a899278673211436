//! The tiers that find the best set under a Q-network of 32 x 32 units.
//!
//! `cargo test --release --package heuron-tests --features highs --test bandit_argmax -- --ignored --nocapture` prints
//! CPU times per step of all tiers with 20 and 100 arms; without `--features highs` the programs are microlp's.

use std::time::Duration;

use cpu_time::ProcessTime;
use heuron_policies::native::Mlp;
use heuron_policies::sequoia::{Config, Target};
use heuron_problems::{Bandit, Generate, stream};
use heuron_search::bandit::branch::prove;
use heuron_search::bandit::certify::Certifier;
use heuron_search::bandit::enumerate::Sets;
use heuron_search::bandit::learned::{gate, sequoia};
use heuron_search::bandit::local::{best_climb, greedy};
use heuron_search::bandit::oracle::Oracle;
use heuron_search::bandit::{Gate, Score};
use heuron_search::mip::{MipError, SOLVER, Settings};
use rand::Rng;

const RULES: [&str; 4] = ["schedule", "capacity", "path", "interventions"];

/// States per instance and network.
const STATES: u64 = 8;

/// Nodes after which branch and bound gives up.
const NODES: usize = 300_000;

/// Wall time after which a program's solver gives up with 20 and with more arms, in seconds: far above what is asked
/// for.
const SECONDS: [f64; 2] = [30.0, 5.0];

/// An instance with trained and random networks in random states.
fn cases(arms: usize, rule: &str) -> (Bandit, [(&'static str, Vec<Gate>); 2]) {
    let bandit = Bandit::generate(&Bandit::spec(arms, rule).unwrap(), &mut stream(101, "generate", 0));
    // Short: training takes minutes with 100 arms.
    let episodes = if arms > 20 { 4 } else { 40 };
    let repaired = Config { validation: 0, restart: 0, ..Config::repaired() };
    let pretraining = Config { states: 100, epochs: 6, epoch_decay: 0.85, pretrain_rate: 1e-3, ..repaired };
    let (target, explore) = (Target::Hard(400), [0.5, 0.05, 1_000.0]);
    let config =
        Config { episodes, episode_decay: 0.98, batch: 32, gamma: 0.99, target, explore, seeds: 0, ..pretraining };
    let trained = sequoia(&bandit, &config).unwrap().network;
    let random = Mlp::random(&[bandit.actions + arms, 32, 32], 1);
    let state = |index| {
        let mut rng = stream(101, "argmax test", index);
        (0..arms).map(|_| f64::from(rng.random_range(0..4_u8))).collect::<Vec<f64>>()
    };
    let gates = |network: &Mlp| (0..STATES).map(|index| gate(&bandit, network, &state(index))).collect();
    let cases = [("trained", gates(&trained)), ("random", gates(&random))];
    (bandit, cases)
}

/// Runs `work` and adds its CPU time.
fn timed<T>(time: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = ProcessTime::now();
    let result = work();
    *time += began.elapsed();
    result
}

#[test]
fn tiers_agree_with_enumeration_under_trained_and_random_networks() {
    for rule in RULES {
        let (bandit, cases) = cases(20, rule);
        let (mut oracle, reach) = (Oracle::new(&bandit), bandit.reach());
        let sets = Sets::all(&bandit, &mut oracle, 100_000).unwrap();
        for (name, gates) in cases {
            let mut equal = 0;
            for gate in gates {
                let score = Score::of_gate(&bandit, &reach, gate);
                let best = score.value(&sets.best(&score));
                let (value, list) = local(&score, &mut oracle);
                assert!(value <= best + 1e-9);
                equal += u64::from(value > best - 1e-9);
                let proof = prove(&score, &mut oracle, (value, list), NODES);
                assert!(proof.is_proven, "{rule}, {name}: no proof in {NODES} nodes");
                assert!((proof.value - best).abs() < 1e-9, "{rule}, {name}: {} {best}", proof.value);
            }
            assert!(2 * equal >= STATES, "{rule}, {name}: local search finds {equal} of {STATES}");
        }
    }
}

/// One climb from the greedy set.
fn local(score: &Score<'_>, oracle: &mut Oracle<'_>) -> (f64, Vec<u32>) {
    let start = greedy(score, oracle);
    best_climb(score, oracle, [start.as_slice()]).unwrap()
}

#[test]
#[ignore = "prints a table, in minutes"]
fn the_table_of_tiers() {
    println!(
        "| arms, rule, network | sets | enumeration | local search | best in | branch and bound | proven in \
         | {SOLVER} | most | proven in | binaries | cuts |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for arms in [20, 100] {
        for rule in RULES {
            let (bandit, cases) = cases(arms, rule);
            for (name, gates) in cases {
                println!("| {arms}, {rule}, {name} | {} |", measured(&bandit, gates));
            }
        }
    }
}

/// A line of the table. The certificate and branch and bound start from the set that local search finds.
fn measured(bandit: &Bandit, gates: Vec<Gate>) -> String {
    let (mut oracle, mut certifier, reach) = (Oracle::new(bandit), Certifier::new(bandit), bandit.reach());
    let sets = (bandit.arms.len() <= 20).then(|| Sets::all(bandit, &mut oracle, 100_000)).flatten();
    let seconds = SECONDS[usize::from(bandit.arms.len() > 20)];
    let settings = Settings { seconds: Some(seconds), ..Settings::default() };
    let mut times = [Duration::ZERO; 4];
    let (mut slowest, mut equal, mut proven, mut certified) = (Duration::ZERO, 0, 0, 0);
    let (mut binaries, mut cuts) = (0, 0);
    for gate in gates {
        let score = Score::of_gate(bandit, &reach, gate);
        let all = sets.as_ref().map(|sets| timed(&mut times[0], || score.value(&sets.best(&score))));
        let (value, list) = timed(&mut times[1], || local(&score, &mut oracle));
        // Nodes cost more with more actions.
        let nodes = 10 * NODES / bandit.actions;
        let proof = timed(&mut times[2], || prove(&score, &mut oracle, (value, list.clone()), nodes));
        let before = times[3];
        let program = timed(&mut times[3], || certifier.certify(&score, &mut oracle, &list, &settings));
        slowest = slowest.max(times[3] - before);
        proven += u64::from(proof.is_proven);
        let best = match program {
            Ok(best) => {
                (certified, binaries, cuts) = (certified + 1, binaries + best.binaries, cuts + best.cuts);
                best.value
            }
            Err(MipError::Time(_)) => f64::NEG_INFINITY,
            Err(error) => panic!("{error}"),
        };
        let best = best.max(proof.value).max(all.unwrap_or(f64::NEG_INFINITY));
        equal += u64::from(value > best - 1e-6);
        assert!(!proof.is_proven || proof.value > best - 1e-6, "{} {best}", proof.value);
        assert!(all.is_none_or(|all| all > best - 1e-6), "{all:?} {best}");
    }
    let [all, local, proof, program] = times.map(|time| 1e3 * time.as_secs_f64() / STATES as f64);
    let (count, all) = sets.map_or(("".into(), "".into()), |sets| (sets.len().to_string(), format!("{all:.2} ms")));
    let of = |count: u64| format!("{count} of {STATES}");
    let mean = |sum: usize| if certified > 0 { format!("{:.1}", sum as f64 / certified as f64) } else { "".into() };
    format!(
        "{count} | {all} | {local:.2} ms | {} | {proof:.2} ms | {} | {program:.1} ms | {:.1} ms | {} | {} | {}",
        of(equal),
        of(proven),
        1e3 * slowest.as_secs_f64(),
        of(certified),
        mean(binaries),
        mean(cuts),
    )
}
