//! The tiers that find the best set under a Q-network of 32 x 32 units, with 20 arms: how often they agree with trying
//! all sets. `cargo test --release --package heuron-tests --test bandit_argmax -- --nocapture` prints CPU times per step.

use cpu_time::ProcessTime;
use heuron_policies::native::Mlp;
use heuron_policies::sequoia::Config;
use heuron_problems::{Bandit, Generate, stream};
use heuron_search::bandit::branch::prove;
use heuron_search::bandit::enumerate::Sets;
use heuron_search::bandit::learned::{gate, sequoia};
use heuron_search::bandit::local::{best_climb, greedy};
use heuron_search::bandit::oracle::Oracle;
use heuron_search::bandit::{Gate, Score};
use rand::Rng;

/// States per instance and network.
const STATES: u64 = 8;

/// Nodes after which branch and bound gives up.
const NODES: usize = 300_000;

#[test]
fn tiers_agree_with_enumeration_under_trained_and_random_networks() {
    for rule in ["schedule", "capacity", "path", "interventions"] {
        let bandit = Bandit::generate(&Bandit::spec(20, rule).unwrap(), &mut stream(101, "generate", 0));
        let config = Config { states: 100, epochs: 6, episodes: 40, ..Config::repaired() };
        let trained = sequoia(&bandit, &config).unwrap().network;
        let random = Mlp::random(&[bandit.actions + 20, 32, 32], 1);
        for (name, network) in [("trained", trained), ("random", random)] {
            let state = |index| {
                let mut rng = stream(101, "argmax test", index);
                (0..20).map(|_| f64::from(rng.random_range(0..4_u8))).collect::<Vec<f64>>()
            };
            let gates: Vec<Gate> = (0..STATES).map(|index| gate(&bandit, &network, &state(index))).collect();
            agree(&bandit, rule, name, gates);
        }
    }
}

fn agree(bandit: &Bandit, rule: &str, name: &str, gates: Vec<Gate>) {
    let (mut oracle, reach) = (Oracle::new(bandit), bandit.reach());
    let sets = Sets::all(bandit, &mut oracle, 100_000).unwrap();
    let (mut seconds, mut equal, mut nodes) = ([0.0; 3], 0, 0);
    for gate in gates {
        let score = Score::of_gate(bandit, &reach, gate);
        let cpu = ProcessTime::now();
        let best = score.value(&sets.best(&score));
        seconds[0] += cpu.elapsed().as_secs_f64();
        let cpu = ProcessTime::now();
        let start = greedy(&score, &mut oracle);
        let (value, list) = best_climb(&score, &mut oracle, [start.as_slice()]).unwrap();
        seconds[1] += cpu.elapsed().as_secs_f64();
        assert!(value <= best + 1e-9);
        equal += u64::from(value > best - 1e-9);
        let cpu = ProcessTime::now();
        let proof = prove(&score, &mut oracle, (value, list), NODES);
        seconds[2] += cpu.elapsed().as_secs_f64();
        assert!(proof.is_proven, "{rule}, {name}: no proof in {NODES} nodes");
        assert!((proof.value - best).abs() < 1e-9, "{rule}, {name}: {} {best}", proof.value);
        nodes += proof.nodes as u64;
    }
    let [all, local, proof] = seconds.map(|seconds| 1e3 * seconds / STATES as f64);
    println!(
        "{rule}, {name}: {} sets in {all:.2} ms; local search {local:.3} ms, best in {equal} of {STATES}; branch and bound \
         {proof:.2} ms, {} nodes, best and proven in all",
        sets.len(),
        nodes / STATES,
    );
    assert!(2 * equal >= STATES, "{rule}, {name}: local search finds {equal} of {STATES}");
}
