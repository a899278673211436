//! Whole runs in miniature: what they depend on, and that they learn.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use heuron_problems::{Cost, Cvrp, Ffsp, Jssp, Knapsack, Problem, Tsp};

use super::config::{Improvement, Network, Stage, Validation};
use super::problem::build;
use super::*;
use crate::architecture::Task;
use crate::weights::Weights;

fn config(algorithm: Algorithm) -> Config {
    Config {
        algorithm,
        network: Network { width: 16, heads: 2, layers: 1, feed_forward: 32, ..Network::default() },
        sizes: vec![9, 7],
        curriculum: vec![Stage { until: 0.3, sizes: vec![6] }],
        batch: 12,
        learning_rate: 5e-3,
        validation: Validation { count: 6, ..Validation::default() },
        ..Config::default()
    }
}

/// A cost to compare with: of the actions in the order of their numbers.
fn naive<P: Train>(problem: &P) -> Option<Cost> {
    let (mut state, mut mask, mut trace) = (problem.start(), vec![false; problem.width()], Vec::new());
    loop {
        problem.allowed(&state, &mut mask);
        // The depot comes last: routes are filled up.
        let allowed = (1..mask.len()).chain([0]).find(|&action| mask[action]);
        let Some(action) = allowed else { break };
        problem.step(&mut state, action as u32);
        trace.push(action as u32);
    }
    problem.evaluate(&build(problem, &trace)).ok()
}

struct Session<'a> {
    config: Config,
    steps: u64,
    threads: usize,
    folder: &'a Path,
    resume: bool,
    /// Steps after which the run is interrupted.
    limit: u64,
}

fn run<P: Train>(session: Session<'_>) -> Result<Summary, TrainError> {
    let Session { config, steps, threads, folder, resume, limit } = session;
    let budget = Budget { steps: Some(steps), time: None };
    let job = Job { config, budget, threads, folder: folder.into(), resume, initial: None };
    let done = Cell::new(0);
    let hooks = Hooks::<P> {
        reference: &naive::<P>,
        improve: &|_, solution| solution.clone(),
        listen: &mut |_| done.set(done.get() + 1),
        is_over: &|| done.get() >= limit,
    };
    train(&job, hooks)
}

fn whole<P: Train>(config: &Config, steps: u64, threads: usize, folder: &Path) -> Summary {
    run::<P>(Session { config: config.clone(), steps, threads, folder, resume: false, limit: u64::MAX }).unwrap()
}

/// The files whose content must not depend on how a run came about.
fn products(folder: &Path) -> [Vec<u8>; 2] {
    [Files::MODEL, Files::LAST].map(|name| fs::read(folder.join(name)).unwrap())
}

#[test]
fn weights_depend_on_neither_threads_nor_interruptions() {
    for algorithm in [Algorithm::Reinforce, Algorithm::Ppo, Algorithm::Preference] {
        let config = config(algorithm);
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [one, three, broken] = folders.each_ref().map(|folder| folder.path());
        whole::<Cvrp>(&config, 23, 1, one);
        whole::<Cvrp>(&config, 23, 3, three);
        for limit in [0, 5, 1, 7, u64::MAX] {
            let session =
                Session { config: config.clone(), steps: 23, threads: 2, folder: broken, resume: true, limit };
            let summary = run::<Cvrp>(session).unwrap();
            assert_eq!(summary.complete, limit == u64::MAX);
        }
        assert_eq!(products(one), products(three), "{algorithm:?}");
        assert_eq!(products(one), products(broken), "{algorithm:?}");
        let rows = rows(broken).unwrap();
        assert_eq!(rows.iter().map(|row| row.step).collect::<Vec<_>>(), (1..=23).collect::<Vec<_>>());
    }
}

#[test]
fn dispatch_models_depend_on_neither_threads_nor_interruptions() {
    for algorithm in [Algorithm::Reinforce, Algorithm::Preference] {
        let config = Config { sizes: vec![5, 4], starts: Some(6), ..config(algorithm) };
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [one, three, broken] = folders.each_ref().map(|folder| folder.path());
        whole::<Jssp>(&config, 9, 1, one);
        whole::<Jssp>(&config, 9, 3, three);
        for limit in [4, 1, u64::MAX] {
            let session = Session { config: config.clone(), steps: 9, threads: 2, folder: broken, resume: true, limit };
            run::<Jssp>(session).unwrap();
        }
        assert_eq!(products(one), products(three), "{algorithm:?}");
        assert_eq!(products(one), products(broken), "{algorithm:?}");
    }
}

#[test]
fn dispatch_models_have_no_value_estimate() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Algorithm::Ppo);
    let session = Session { config, steps: 1, threads: 1, folder: folder.path(), resume: false, limit: u64::MAX };
    assert!(matches!(run::<Jssp>(session), Err(TrainError::Weights(_))));
}

#[test]
fn lost_steps_are_repeated_exactly() {
    let config = config(Algorithm::Preference);
    let [whole_one, broken] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    whole::<Tsp>(&config, 20, 1, whole_one.path());
    let session =
        |resume, limit| Session { config: config.clone(), steps: 20, threads: 1, folder: broken.path(), resume, limit };
    run::<Tsp>(session(false, 4)).unwrap();
    let kept = fs::read(broken.path().join(Files::CHECKPOINT)).unwrap();
    run::<Tsp>(session(true, 9)).unwrap();
    // As after a crash: the files are those of later, the checkpoint is that of before.
    fs::write(broken.path().join(Files::CHECKPOINT), kept).unwrap();
    run::<Tsp>(session(true, u64::MAX)).unwrap();
    assert_eq!(products(whole_one.path()), products(broken.path()));
}

fn assert_learns<P: Train>(config: Config, steps: u64, share: f64) {
    let [before, after] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let config = Config { sizes: vec![if P::TASK == Task::Jssp { 6 } else { 10 }], curriculum: Vec::new(), ..config };
    let Summary { gap: Some(untrained), .. } = whole::<P>(&config, 0, 2, before.path()) else {
        panic!("a run ends with a validation")
    };
    let Summary { gap: Some(trained), .. } = whole::<P>(&config, steps, 2, after.path()) else {
        panic!("a run ends with a validation")
    };
    // Gaps are far below 0: the reference is naive.
    let won = untrained - trained;
    assert!(won > share, "{:?}: from {untrained} to {trained}", config.algorithm);
}

/// One opening per instance, so that there is something to learn in a few seconds.
fn single(algorithm: Algorithm) -> Config {
    let validation = Validation { count: 40, starts: Some(1), ..Validation::default() };
    Config { validation, ..config(algorithm) }
}

#[test]
fn every_algorithm_learns() {
    assert_learns::<Tsp>(single(Algorithm::Reinforce), 60, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Preference), 60, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Ppo), 12, 0.1);
    assert_learns::<Cvrp>(single(Algorithm::Preference), 60, 0.05);
    assert_learns::<Knapsack>(Config { starts: Some(8), ..single(Algorithm::Preference) }, 60, 0.02);
    for algorithm in [Algorithm::Reinforce, Algorithm::Preference] {
        assert_learns::<Jssp>(Config { starts: Some(8), ..single(algorithm) }, 60, 0.01);
        assert_learns::<Ffsp>(Config { starts: Some(8), ..single(algorithm) }, 60, 0.0);
    }
}

#[test]
fn replay_of_a_few_and_labels_of_a_teacher_work_together() {
    let folder = tempfile::tempdir().unwrap();
    let improvement = Improvement { from: 0.5, share: 0.3 };
    let config = Config { improvement, informative: Some(3), starts: Some(5), ..config(Algorithm::Preference) };
    let job = Job {
        config,
        budget: Budget { steps: Some(6), time: None },
        threads: 2,
        folder: folder.path().into(),
        resume: false,
        initial: None,
    };
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let hooks = Hooks::<Tsp> {
        reference: &naive::<Tsp>,
        // An exchange of neighbours, kept if it helps.
        improve: &|tsp, tour| {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut other = tour.clone();
            other.nodes.swap(2, 3);
            if tsp.evaluate(&other).ok() < tsp.evaluate(tour).ok() { other } else { tour.clone() }
        },
        listen: &mut |_| {},
        is_over: &|| false,
    };
    train(&job, hooks).unwrap();
    // Three steps of 12 instances, 2 of 5 trajectories each.
    assert_eq!(asked.into_inner(), 72);
}

#[test]
fn another_configuration_is_not_resumed_and_another_network_is_no_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let (first, mut second) = (config(Algorithm::Reinforce), config(Algorithm::Reinforce));
    whole::<Tsp>(&first, 2, 1, folder.path());
    second.batch = 5;
    let session =
        Session { config: second.clone(), steps: 4, threads: 1, folder: folder.path(), resume: true, limit: u64::MAX };
    assert!(matches!(run::<Tsp>(session), Err(TrainError::OtherRun { .. })));
    let weights = Weights::read(&folder.path().join(Files::MODEL)).unwrap();
    let begin = |algorithm, width| {
        let mut config = config(algorithm);
        config.network.width = width;
        let budget = Budget { steps: Some(1), time: None };
        let folder = tempfile::tempdir().unwrap();
        let initial = Some(weights.clone());
        let job = Job { config, budget, threads: 1, folder: folder.path().into(), resume: false, initial };
        let improve = &|_: &Tsp, solution: &<Tsp as Problem>::Solution| solution.clone();
        train(&job, Hooks { reference: &naive::<Tsp>, improve, listen: &mut |_| {}, is_over: &|| false })
    };
    assert!(matches!(begin(Algorithm::Reinforce, 32), Err(TrainError::Mismatch)));
    // A value head is added where the algorithm needs one.
    assert!(begin(Algorithm::Ppo, 16).is_ok());
}

#[test]
fn instances_without_coordinates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { distribution: "matrix".into(), ..config(Algorithm::Preference) };
    let session = Session { config, steps: 1, threads: 1, folder: folder.path(), resume: false, limit: u64::MAX };
    assert!(matches!(run::<Tsp>(session), Err(TrainError::Misfit(_))));
}
