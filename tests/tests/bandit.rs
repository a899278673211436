//! Coupled restless bandits: files, the judge, the bound, exact oracles against enumeration, and the argmax tiers.

use std::collections::BTreeSet;

use heuron_policies::native::Mlp;
use heuron_problems::bandit::dual::Start;
use heuron_problems::bandit::play::mean;
use heuron_problems::bandit::{Coupling, Dual};
use heuron_problems::{Bandit, Format, Generate, Play, Problem, Rounding, Violation, stream};
use heuron_search::bandit::baselines::{Myopic, Null, Sampling, random_set};
use heuron_search::bandit::blocks::Blocks;
use heuron_search::bandit::branch::prove;
use heuron_search::bandit::enumerate::Sets;
use heuron_search::bandit::learned::gate;
use heuron_search::bandit::local::{climb, greedy};
use heuron_search::bandit::oracle::Oracle;
use heuron_search::bandit::planner::{Planner, lookahead};
use heuron_search::bandit::score::Trial;
use heuron_search::bandit::standing::{Orders, Standing};
use heuron_search::bandit::{Argmax, Player, Score, Tier, play};
use rand::Rng;

const RULES: [&str; 5] = ["uniform", "capacity", "schedule", "path", "interventions"];

fn bandit(n: usize, rule: &str, index: u64) -> Bandit {
    Bandit::generate(&Bandit::spec(n, rule).unwrap(), &mut stream(7, "bandit test", index))
}

fn sets(bandit: &Bandit) -> Sets {
    Sets::all(bandit, &mut Oracle::new(bandit), 200_000).unwrap()
}

fn text(bandit: &Bandit) -> String {
    let mut text = Vec::new();
    bandit.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn instances_and_plays_survive_the_round_trip() {
    for rule in RULES {
        let bandit = bandit(12, rule, 0);
        assert_eq!(bandit.coupling.name() == "budget", rule == "uniform");
        assert_eq!(Bandit::read(&text(&bandit), Rounding::Nearest).as_ref(), Ok(&bandit), "{rule}");
        let play = play(&bandit, "random", &mut Sampling::new(&bandit, 1, 3), 5, 2);
        let mut file = Vec::new();
        bandit.write_solution(&play, &mut file).unwrap();
        let file = String::from_utf8(file).unwrap();
        assert!(file.contains("\"bound\"") && file.contains("\"interval\""), "{file}");
        assert_eq!(bandit.read_solution(&file), Ok(play));
    }
}

#[test]
fn bad_files_are_refused_with_place_and_expectation() {
    let good = r#"{"horizon": 3, "arms": [{"reward": [0, 1], "up": [0.1, 0.9]}],
        "constraint": {"kind": "budget", "budget": 1}}"#;
    assert!(Bandit::read(good, Rounding::Nearest).is_ok());
    let cases = [
        ("\"horizon\": 3", "\"horizon\": 0", "horizon"),
        ("[0.1, 0.9]", "[0.1, 1.9]", "arms[0].up"),
        ("[0.1, 0.9]", "[0.1]", "arms[0].up: 2 probabilities"),
        ("[0, 1]", "[0]", "arms[0].reward"),
        ("[0, 1]", "[0, 1e9]", "arms[0].reward"),
        ("\"budget\": 1}", "\"budget\": -1}", "line 2"),
        ("\"budget\": 1}", "\"budget\": 9223372036854775808}", "constraint.budget"),
        ("\"horizon\": 3", "\"horizon\": 1001", "horizon"),
        (
            "\"budget\", \"budget\": 1",
            "\"schedule\", \"slots\": 3, \"budget\": 1, \"arms\": [[0, 7]], \"workers\": []",
            "slots from 0 to 2",
        ),
        ("\"budget\", \"budget\": 1", "\"capacity\", \"costs\": [1, 2], \"workers\": []", "constraint.costs"),
        (
            "\"budget\", \"budget\": 1",
            "\"path\", \"depot\": 0, \"budget\": 1, \"length\": 2, \"edges\": [[0, 0]]",
            "0-0",
        ),
        (
            "\"budget\", \"budget\": 1",
            "\"path\", \"depot\": 0, \"budget\": 1, \"length\": 4294967295, \"edges\": []",
            "constraint.length",
        ),
        ("\"budget\", \"budget\": 1", "\"interventions\", \"count\": 4", "constraint.count"),
        ("\"up\"", "\"actions\": [3], \"up\"", "arms[0].actions"),
        ("\"horizon\"", "\"colour\": 1, \"horizon\"", "colour"),
    ];
    for (from, to, expected) in cases {
        assert!(good.contains(from), "{from}");
        let error = Bandit::read(&good.replacen(from, to, 1), Rounding::Nearest).unwrap_err().to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn judge_names_the_step_of_a_broken_rule() {
    let bandit = bandit(8, "uniform", 0);
    let honest = play(&bandit, "myopic", &mut Myopic::new(&bandit, false), 1, 2);
    assert!(bandit.evaluate(&honest).is_ok());
    let broken = |change: &dyn Fn(&mut Play)| {
        let mut play = honest.clone();
        change(&mut play);
        bandit.evaluate(&play).unwrap_err()
    };
    let error = broken(&|play| play.episodes[1][4] = vec![0, 1, 2, 3, 4]);
    assert!(matches!(error, Violation::Forbidden { episode: 1, step: 4, .. }), "{error}");
    let error = broken(&|play| play.episodes[0][2] = vec![8]);
    assert_eq!(error, Violation::UnknownAction { action: 8, episode: 0, step: 2 });
    let error = broken(&|play| play.episodes[0][2] = vec![3, 3]);
    assert_eq!(error, Violation::RepeatedAction { action: 3, episode: 0, step: 2 });
    let error = broken(&|play| drop(play.episodes[1].pop()));
    assert_eq!(error, Violation::WrongSteps { episode: 1, expected: 20, found: 19 });
    assert_eq!(broken(&|play| play.episodes.clear()), Violation::NoEpisode);
}

/// Expected total reward of the best policy, by dynamic programming over all states.
fn optimum(
    bandit: &Bandit,
    sets: &Sets,
    state: &[u8],
    left: usize,
    known: &mut std::collections::BTreeMap<(usize, Vec<u8>), f64>,
) -> f64 {
    if left == 0 {
        return 0.0;
    }
    if let Some(&value) = known.get(&(left, state.to_vec())) {
        return value;
    }
    let mut best = f64::NEG_INFINITY;
    for set in sets.iter() {
        let taken = bandit.flags(set);
        let counts = bandit.counts(&taken);
        let mut value = bandit.reward(state, &taken);
        for ups in 0..1_u32 << bandit.arms.len() {
            let (mut chance, mut next) = (1.0, state.to_vec());
            for (index, arm) in bandit.arms.iter().enumerate() {
                let is_up = ups >> index & 1 == 1;
                let up = arm.up[counts[index]];
                chance *= if is_up { up } else { 1.0 - up };
                next[index] = arm.ends(state[index])[usize::from(is_up)];
            }
            if chance > 0.0 {
                value += chance * optimum(bandit, sets, &next, left - 1, known);
            }
        }
        best = best.max(value);
    }
    known.insert((left, state.to_vec()), best);
    best
}

#[test]
fn dual_bound_lies_above_the_optimum_and_near_it() {
    for (rule, n) in
        [("uniform", 4), ("capacity", 4), ("schedule", 4), ("path", 4), ("interventions,actions=4,budget=2", 4)]
    {
        let mut bandit = bandit(n, rule, 1);
        bandit.horizon = 4;
        let sets = sets(&bandit);
        for start in [[0, 0, 0, 0], [1, 2, 0, 3]] {
            let optimum = optimum(&bandit, &sets, &start, 4, &mut Default::default());
            let dual = Dual::solve(&bandit, &Start::state(&bandit, &start), 4, 300);
            let bound = dual.bound(0, &start);
            assert!(bound >= optimum - 1e-9, "{rule}: {bound} {optimum}");
            assert!(bound <= 1.6 * optimum + 0.5, "{rule}: {bound} {optimum}");
        }
    }
}

#[test]
fn estimate_with_the_control_variate_agrees_with_the_plain_one_and_never_passes_the_bound() {
    for rule in RULES {
        let bandit = bandit(12, rule, 2);
        let played = play(&bandit, "planner", &mut Planner::new(&bandit, 0), 1, 400);
        let judged = bandit.judge(&played).unwrap();
        let (raw, reward) = (mean(&judged.raw), mean(&judged.rewards));
        let error = heuron_problems::bandit::play::half_width(&judged.raw);
        assert!((raw - reward).abs() < 2.0 * error, "{rule}: {raw} {reward} {error}");
        assert!(judged.rewards.iter().zip(&judged.bounds).all(|(reward, bound)| reward <= bound));
        assert!(heuron_problems::bandit::play::half_width(&judged.rewards) < error, "{rule}");
    }
}

#[test]
fn oracle_agrees_with_enumeration() {
    for rule in RULES {
        for index in 0..3 {
            let bandit = bandit(14, rule, index);
            let (sets, mut oracle) = (sets(&bandit), Oracle::new(&bandit));
            let mut rng = stream(3, "oracle test", index);
            for _ in 0..40 {
                let values: Vec<f64> = (0..bandit.actions).map(|_| rng.random::<f64>() - 0.2).collect();
                let total = |set: &[u32]| -> f64 { set.iter().map(|&action| values[action as usize]).sum() };
                let best = sets.iter().map(total).fold(f64::NEG_INFINITY, f64::max);
                let found = oracle.best(&values);
                assert!(bandit.coupling.check(&found).is_ok());
                assert!((total(&found) - best).abs() < 1e-9, "{rule} {index}: {} {best}", total(&found));
            }
            assert_eq!(oracle.unproven, 0);
        }
    }
}

#[test]
fn enumeration_holds_all_allowed_sets_once() {
    for rule in RULES {
        let bandit = bandit(10, rule, 4);
        let listed: BTreeSet<Vec<u32>> = sets(&bandit).iter().map(<[u32]>::to_vec).collect();
        assert_eq!(listed.len(), sets(&bandit).len());
        for set in 0..1_u32 << bandit.actions {
            let list: Vec<u32> = (0..bandit.actions as u32).filter(|action| set >> action & 1 == 1).collect();
            assert_eq!(listed.contains(&list), bandit.coupling.check(&list).is_ok(), "{rule} {list:?}");
        }
    }
}

#[test]
fn changes_of_a_trial_agree_with_scores_from_scratch() {
    for rule in RULES {
        let bandit = bandit(12, rule, 5);
        let reach = bandit.reach();
        let state: Vec<u8> = (0..12).map(|arm| arm % 4).collect();
        let network = Mlp::random(&[bandit.actions + 12, 8, 6], 5);
        let levels: Vec<f64> = state.iter().map(|&level| f64::from(level)).collect();
        let dual = Dual::solve(&bandit, &Start::law(&bandit), 20, 20);
        let arms = lookahead(&bandit, &dual, 3, &state);
        let score = Score { bandit: &bandit, reach: &reach, arms, gate: Some(gate(&bandit, &network, &levels)) };
        let mut inputs = vec![0.0; bandit.actions];
        inputs.extend(&levels);
        (inputs[1], inputs[3]) = (1.0, 1.0);
        let plain = Score { gate: None, ..score.clone() };
        assert!((score.value(&[1, 3]) - plain.value(&[1, 3]) - network.value(&inputs)).abs() < 1e-9, "{rule}");
        let mut trial = Trial::new(&score, &[0, 1]);
        for (join, leave) in [(Some(2), Some(0)), (Some(4), None), (None, Some(1)), (Some(0), Some(4))] {
            let promised = trial.changed(join, leave);
            trial.change(join, leave);
            assert!((promised - trial.value()).abs() < 1e-9);
            assert!((trial.value() - score.value(&trial.list())).abs() < 1e-9, "{rule}");
        }
        assert_eq!(trial.list(), [0, 2]);
    }
}

#[test]
fn branch_and_bound_proves_what_enumeration_finds_and_local_search_stays_below() {
    let (mut proofs, mut equal) = (0, 0);
    for rule in RULES {
        let bandit = bandit(16, rule, 6);
        let (sets, reach) = (sets(&bandit), bandit.reach());
        let mut oracle = Oracle::new(&bandit);
        let mut rng = stream(4, "branch test", 0);
        for network in 0..4 {
            let network = Mlp::random(&[bandit.actions + 16, 12, 12], network);
            let state: Vec<f64> = (0..16).map(|_| f64::from(rng.random_range(0..4_u8))).collect();
            let score = Score::of_gate(&bandit, &reach, gate(&bandit, &network, &state));
            let best = score.value(&sets.best(&score));
            let start = greedy(&score, &mut oracle);
            let (value, list) = climb(&score, &mut oracle, &start);
            assert!(value <= best + 1e-9 && bandit.coupling.check(&list).is_ok());
            equal += u32::from(value > best - 1e-9);
            let proof = prove(&score, &mut oracle, (value, list), 1_000_000);
            assert!(proof.is_proven, "{rule}");
            assert!((proof.value - best).abs() < 1e-9, "{rule}: {} {best}", proof.value);
            assert!(bandit.coupling.check(&proof.list).is_ok());
            proofs += 1;
        }
    }
    assert!(proofs == 20 && equal >= 12, "{equal} of {proofs}");
}

#[test]
fn bound_for_a_network_beside_values_of_arms_is_proven_too() {
    let bandit = bandit(12, "interventions,actions=10,budget=4", 7);
    let (sets, reach) = (sets(&bandit), bandit.reach());
    let network = Mlp::random(&[22, 8, 8], 9);
    let dual = Dual::solve(&bandit, &Start::law(&bandit), 20, 50);
    let state = vec![1_u8; 12];
    let arms = lookahead(&bandit, &dual, 5, &state);
    let score = Score { bandit: &bandit, reach: &reach, arms, gate: Some(gate(&bandit, &network, &[1.0; 12])) };
    let best = score.value(&sets.best(&score));
    let mut oracle = Oracle::new(&bandit);
    let any = vec![0, 1, 2, 3];
    let proof = prove(&score, &mut oracle, (score.value(&any), any), 1_000_000);
    assert!(proof.is_proven && (proof.value - best).abs() < 1e-9);
    let mut argmax = Argmax::new(&bandit, Tier::Branch(1_000_000));
    assert!((score.value(&argmax.best(&score, &[])) - best).abs() < 1e-9);
    assert_eq!(argmax.unproven, 0);
}

#[test]
fn path_rejects_the_farthest_stations_that_the_published_program_lets_pass() {
    let bandit = bandit(20, "path", 8);
    let Coupling::Path(path) = &bandit.coupling else { panic!("a path") };
    let mut far: Vec<u32> = (0..20).collect();
    far.sort_by_key(|&station| std::cmp::Reverse(path.distance(path.depot(), station)));
    far.truncate(5);
    far.sort_unstable();
    assert!(far.len() <= path.budget());
    let reason = bandit.coupling.check(&far).unwrap_err();
    assert!(reason.contains("10 edges"), "{reason}");
    let play = Play { policy: "far".into(), seed: 1, episodes: vec![vec![far; 20]] };
    assert!(matches!(bandit.evaluate(&play), Err(Violation::Forbidden { episode: 0, step: 0, .. })));
}

#[test]
fn random_sets_are_allowed_and_nothing_can_be_added() {
    for rule in RULES {
        let bandit = bandit(12, rule, 9);
        let (mut oracle, mut rng) = (Oracle::new(&bandit), stream(5, "random test", 0));
        for _ in 0..50 {
            let list = random_set(&bandit, &mut oracle, &mut rng);
            assert!(bandit.coupling.check(&list).is_ok(), "{rule} {list:?}");
            for action in (0..bandit.actions as u32).filter(|action| !list.contains(action)) {
                assert!(!bandit.coupling.fits(&[list.clone(), vec![action]].concat()), "{rule} {list:?} {action}");
            }
        }
    }
}

#[test]
fn planners_beat_the_myopic_policy_and_plays_repeat() {
    for rule in RULES {
        let bandit = bandit(16, rule, 10);
        let cost = |player: &mut dyn Player| bandit.evaluate(&play(&bandit, "any", player, 1, 20)).unwrap();
        let myopic = cost(&mut Myopic::new(&bandit, false));
        let index = cost(&mut Planner::new(&bandit, 0));
        assert!(index < myopic, "{rule}: {index} {myopic}");
        assert!(cost(&mut Planner::new(&bandit, 10)) < myopic, "{rule}");
        assert!(cost(&mut Standing::new(&bandit)) < myopic, "{rule}");
        assert!(cost(&mut Null(&bandit)) > index, "{rule}");
        assert_eq!(index, cost(&mut Planner::new(&bandit, 0)));
        let mut player = Sampling::new(&bandit, 5, 2);
        assert_eq!(cost(&mut player), cost(&mut player));
    }
}

#[test]
fn blocks_of_actions_agree_with_enumeration_where_local_search_does_not() {
    let mut missed = 0;
    for rule in ["interventions,actions=14,budget=6", "interventions,actions=9,budget=9", "interventions"] {
        let bandit = bandit(24, rule, 12);
        let (sets, reach, blocks) = (sets(&bandit), bandit.reach(), Blocks::new(&bandit).unwrap());
        let (mut oracle, mut rng) = (Oracle::new(&bandit), stream(8, "blocks test", 0));
        let orders = Orders::new(&bandit);
        for left in [1, 2, 8, 20] {
            let state: Vec<u8> = (0..24).map(|_| rng.random_range(0..4)).collect();
            let score = Score { bandit: &bandit, reach: &reach, arms: orders.always(&state, left), gate: None };
            let (found, best) = (blocks.best(&score), score.value(&sets.best(&score)));
            assert!(bandit.coupling.check(&found).is_ok(), "{rule} {found:?}");
            assert!((score.value(&found) - best).abs() < 1e-9, "{rule} {left}: {} {best}", score.value(&found));
            missed += u32::from(score.value(&climb(&score, &mut oracle, sets.iter().next().unwrap()).1) < best - 1e-6);
        }
    }
    // Sets that take three actions together: exchanges of one do not find them.
    assert!(missed > 0);
    assert_eq!(Blocks::new(&bandit(12, "path", 12)), None);
}

#[test]
fn standing_orders_are_worth_what_taking_them_again_and_again_earns() {
    for rule in ["uniform", "interventions"] {
        let bandit = bandit(12, rule, 13);
        let state = bandit.scenario(3, 0).start;
        let mut planner = Standing::new(&bandit);
        let always = planner.always(0, &state);
        let set = planner.order(always.clone());
        let counts = bandit.counts(&bandit.flags(&set));
        let promised: f64 = always.iter().zip(&counts).map(|(worth, &count)| worth[count]).sum();
        let episode = |number| {
            let (scenario, mut state) = (bandit.luck(4, "standing test", number, bandit.start), state.clone());
            let step = |step| bandit.advance(&mut state, step, &bandit.flags(&set), &scenario);
            (0..bandit.horizon).map(step).sum::<f64>()
        };
        let earned = mean(&(0..4_000).map(episode).collect::<Vec<f64>>());
        assert!((earned / promised - 1.0).abs() < 0.01, "{rule}: {earned} {promised}");
    }
}

/// A published instance, from numpy's draws.
fn published(name: &str) -> Bandit {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("bandits/{name}.json"));
    Bandit::read(&std::fs::read_to_string(path).unwrap(), Rounding::Nearest).unwrap()
}

#[test]
fn published_instances_have_as_many_allowed_sets_as_counted_elsewhere() {
    let counts = [
        ("schedule-20", 20_528),
        ("schedule-21", 1_247),
        ("schedule-22", 5_889),
        ("capacity-20", 256),
        ("capacity-21", 29_906),
        ("capacity-22", 58_083),
        ("interventions-20", 252),
        // By walks over (station, visited stations) in Python.
        ("tube-20", 6_248),
    ];
    for (name, count) in counts {
        assert_eq!(sets(&published(name)).len(), count, "{name}");
    }
}

#[test]
fn the_farthest_stations_of_the_tube_are_refused_though_the_published_program_lets_them_pass() {
    for (name, count, visited) in [("tube-20", 5, 3), ("tube-40", 10, 9)] {
        let bandit = published(name);
        let Coupling::Path(path) = &bandit.coupling else { panic!("a path") };
        let mut far: Vec<u32> = (0..bandit.actions as u32).collect();
        far.sort_by_key(|&station| (std::cmp::Reverse(path.distance(path.depot(), station)), station));
        far.truncate(count);
        far.sort_unstable();
        // What the published program comes to: the budget.
        assert!(far.len() <= path.budget() && !bandit.coupling.fits(&far), "{name}");
        let subset = |set: u32| (0..count).filter(|place| set >> place & 1 == 1).map(|place| far[place]).collect();
        let visits: Vec<Vec<u32>> = (0..1 << count).map(subset).filter(|set: &Vec<u32>| path.fits(set)).collect();
        // By walks in Python.
        assert_eq!(visits.iter().map(Vec::len).max(), Some(visited), "{name}");
    }
}

#[test]
fn policies_earn_on_published_instances_what_was_measured_elsewhere() {
    // By a replica in Python, with another luck: myopic and index policy; of interventions the best set to take always.
    for (name, myopic, planned) in [
        ("schedule-22", 11.81, 19.33),
        ("capacity-22", 16.06, 24.76),
        ("schedule-21", 11.19, 14.28),
        ("interventions-20", 6.04, 6.69),
        ("interventions-21", 5.41, 5.68),
        ("interventions-22", 7.89, 8.20),
    ] {
        let bandit = published(name);
        let reward =
            |player: &mut dyn Player| mean(&bandit.judge(&play(&bandit, "any", player, 1, 50)).unwrap().rewards);
        let found = reward(&mut Myopic::new(&bandit, false));
        assert!((found - myopic).abs() < 0.06 * myopic, "{name}: {found} {myopic}");
        let found = reward(&mut Planner::new(&bandit, 0));
        assert!(found > 0.97 * planned, "{name}: {found} {planned}");
    }
}
