//! Learning on coupled restless bandits: repeatable, resumable, better than chance, and never in the planner's way.

use heuron_policies::sequoia::{Config, Residual, Target};
use heuron_problems::{Bandit, Generate, Problem, stream};
use heuron_search::bandit::baselines::Sampling;
use heuron_search::bandit::corrected::{Corrected, ResidualConfig, Training, fitting, residual};
use heuron_search::bandit::learned::{Model, Sequoia, sequoia, take_course};
use heuron_search::bandit::planner::Planner;
use heuron_search::bandit::standing::Standing;
use heuron_search::bandit::{Player, Tier, play};

fn bandit(n: usize, rule: &str, index: u64) -> Bandit {
    Bandit::generate(&Bandit::spec(n, rule).unwrap(), &mut stream(9, "bandit learning", index))
}

fn cost(bandit: &Bandit, player: &mut dyn Player) -> i64 {
    bandit.evaluate(&play(bandit, "any", player, 102, 40)).unwrap()
}

fn small() -> Config {
    Config { states: 60, epochs: 6, episodes: 30, batch: 32, seeds: 500, ..Config::repaired() }
}

#[test]
fn q_learning_repeats_for_a_seed_and_beats_the_random_policy() {
    let bandit = bandit(8, "schedule", 0);
    let learned = sequoia(&bandit, &small()).unwrap();
    assert_eq!(learned, sequoia(&bandit, &small()).unwrap());
    assert_ne!(learned, sequoia(&bandit, &Config { seed: 7, ..small() }).unwrap());
    let random = cost(&bandit, &mut Sampling::new(&bandit, 1, 1));
    let exact = cost(&bandit, &mut Sequoia::new(&bandit, learned.clone(), Tier::Enumerate(10_000)));
    assert!(exact < random, "{exact} {random}");
    // Proofs do not change what is played but where two sets score the same.
    let proven = cost(&bandit, &mut Sequoia::new(&bandit, learned, Tier::Branch(100_000)));
    assert_eq!(exact, proven);
}

#[test]
fn settings_that_cannot_be_are_named() {
    assert_eq!(Config::faithful().check(), Ok(()));
    assert_eq!(Config::repaired().check(), Ok(()));
    let refused = |config: Config, name: &str| assert_eq!(config.check().unwrap_err().field, name);
    refused(Config { hidden: vec![], ..small() }, "sequoia.hidden");
    refused(Config { batch: 0, ..small() }, "sequoia.batch");
    refused(Config { target: Target::Hard(0), ..small() }, "sequoia.target.hard");
    refused(Config { rate: f64::NAN, ..small() }, "sequoia.rate");
    refused(Config { gamma: 1.5, ..small() }, "sequoia.gamma");
    refused(Config { memory: 400, ..small() }, "sequoia.seeds");
    refused(Config { every: 0, ..small() }, "sequoia.every");
    refused(Config { validation: 0, restart: 5, ..small() }, "sequoia.restart");
}

#[test]
fn q_learning_goes_on_from_a_checkpoint_as_it_would_have() {
    let bandit = bandit(8, "path", 1);
    let config = Config { target: Target::Hard(150), sees_time: true, validation: 5, restart: 8, ..small() };
    let whole = sequoia(&bandit, &config).unwrap();
    let first = take_course(&bandit, &config, None, &mut |course| course.episode == 11).unwrap();
    let read = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
    assert_eq!(first, read);
    let rest = take_course(&bandit, &config, Some(read), &mut |_| false).unwrap();
    assert_eq!((rest.episode, rest.answer()), (30, &whole));
    // A course of another instance is refused.
    assert!(take_course(&self::bandit(9, "path", 1), &config, Some(rest), &mut |_| false).is_err());
}

#[test]
fn q_learning_keeps_the_best_network_of_those_compared() {
    let bandit = bandit(8, "schedule", 0);
    // Steps so long that nothing is learned.
    let wild = Config { pretrain_rate: 1e-3, rate: 10.0, validation: 20, restart: 0, ..small() };
    let pretrained = sequoia(&bandit, &Config { episodes: 0, ..wild.clone() }).unwrap();
    assert_eq!(sequoia(&bandit, &wild).unwrap(), pretrained);
    assert_ne!(sequoia(&bandit, &Config { validation: 0, ..wild.clone() }).unwrap(), pretrained);
    // Of several pre-trained networks too, and never a worse one for having had more of them.
    let least = |episodes| {
        let config = Config { episodes, restart: 1, ..wild.clone() };
        take_course(&bandit, &config, None, &mut |_| false).unwrap().least().unwrap()
    };
    let all: Vec<f64> = (1..6).map(least).collect();
    assert!(all.windows(2).all(|pair| pair[1] <= pair[0]) && all[4] < all[0], "{all:?}");
}

fn search() -> ResidualConfig {
    ResidualConfig { samples: 6, episodes: 4, every: 2, validation: 20, ..ResidualConfig::default() }
}

#[test]
fn residual_that_corrects_nothing_is_the_planner_and_a_trained_one_is_no_worse() {
    let lessons: Vec<Bandit> = (0..3).map(|index| bandit(10, "path", index)).collect();
    let trained = residual(&lessons, &search(), 6);
    assert_eq!(trained, residual(&lessons, &search(), 6));
    let other = bandit(14, "path", 5);
    let planner = cost(&other, &mut Standing::new(&other));
    assert!(planner < cost(&other, &mut Planner::new(&other, 0)));
    assert_eq!(cost(&other, &mut Corrected::new(&other, &trained.scaled(0.0))), planner);
    assert_eq!(cost(&other, &mut Corrected::new(&other, &Residual::mixture(0.0))), planner);
    // On an instance of another size that it has not seen, and whose simulation decides how much of it is used: within
    // the error of the simulation.
    let fitted = fitting(&other, &trained, 5, 60);
    let corrected = cost(&other, &mut Corrected::new(&other, &fitted));
    assert!(corrected as f64 <= 0.999 * planner as f64, "{corrected} {planner}");
    // One that does harm is not used.
    let harmful = Residual::mixture(-20.0);
    assert!(cost(&other, &mut Corrected::new(&other, &harmful)) > planner);
    assert_eq!(fitting(&other, &harmful, 5, 60), harmful.scaled(0.0));
}

#[test]
fn policy_search_goes_on_from_a_checkpoint_as_it_would_have() {
    let lessons: Vec<Bandit> = (0..3).map(|index| bandit(9, "interventions", index)).collect();
    let mut whole = Training::new(&lessons, &search());
    whole.run(&lessons, &search(), 6, &mut |_| false);
    let mut first = Training::new(&lessons, &search());
    first.run(&lessons, &search(), 6, &mut |training| training.generation == 3);
    let mut read: Training = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
    read.run(&lessons, &search(), 6, &mut |_| false);
    assert_eq!((read.generation, &read.best), (6, &whole.best));
    assert!(whole.least <= whole.planner);
}

#[test]
fn models_survive_the_round_trip_and_are_checked() {
    let bandit = bandit(6, "uniform", 0);
    let model = Model::Residual(Residual::mixture(0.3));
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<Model>(&text).unwrap(), model);
    assert_eq!(model.check(&bandit), Ok(()));
    let Model::Residual(mut residual) = model else { panic!("a residual") };
    residual.action.layers[0].bias[0] = f64::INFINITY;
    assert!(Model::Residual(residual).check(&bandit).is_err());
}
