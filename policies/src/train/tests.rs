//! Whole runs in miniature: what they depend on, and that they learn.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use heuron_problems::{Cost, Cvrp, Ffsp, Jssp, Knapsack, Problem, Tsp};

use super::compass::Compass;
use super::config::{Improvement, Network, Stage, Validation};
use super::poppy::Poppy;
use super::reinforce::{Baseline, Reinforce};
use super::*;
use crate::architecture::{ArchitectureError, Task};
use crate::device::{DeviceError, Kind};
use crate::weights::Weights;

fn config(algorithm: Algorithm) -> Config {
    Config {
        algorithm,
        network: Network { width: 16, heads: 2, layers: 1, feed_forward: 32, ..Network::default() },
        sizes: vec![9, 7],
        curriculum: vec![Stage { until: 0.3, sizes: vec![6] }],
        batch: 12,
        learning_rate: 5e-3,
        compass: Compass { latents: 4, length: 3, ..Compass::default() },
        poppy: Poppy { agents: 3, ..Poppy::default() },
        validation: Validation { count: 6, ..Validation::default() },
        ..Config::default()
    }
}

/// A cost to compare with: of the actions in the order of their numbers.
fn naive<P: Train>(problem: &P) -> Option<Cost> {
    let (mut state, mut mask) = (problem.start(), vec![false; problem.width()]);
    loop {
        problem.allowed(&state, &mut mask);
        // The depot comes last: routes are filled up.
        let allowed = (1..mask.len()).chain([0]).find(|&action| mask[action]);
        let Some(action) = allowed else { break };
        problem.step(&mut state, action as u32);
    }
    problem.evaluate(&problem.finish(&state)).ok()
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
    let job = Job { config, budget, threads, device: Kind::Cpu, folder: folder.into(), resume, initial: None };
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
    let all = [Algorithm::Reinforce, Algorithm::Ppo, Algorithm::Preference, Algorithm::Poppy, Algorithm::Compass];
    // With three challenges.
    let rolled = rolled(config(Algorithm::Reinforce), 7);
    for config in all.map(config).into_iter().chain([rolled]) {
        let algorithm = config.algorithm;
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [one, three, broken] = folders.each_ref().map(|folder| folder.path());
        whole::<Cvrp>(&config, 23, 1, one);
        whole::<Cvrp>(&config, 23, 3, three);
        for limit in [0, 5, 1, 7, u64::MAX] {
            let session =
                Session { config: config.clone(), steps: 23, threads: 2, folder: broken, resume: limit > 0, limit };
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
    for algorithm in [Algorithm::Reinforce, Algorithm::Preference, Algorithm::Poppy, Algorithm::Compass] {
        // Without openings it is the default number of samples that learn from each other.
        let starts = (algorithm != Algorithm::Compass).then_some(6);
        let config = Config { sizes: vec![5, 4], starts, ..config(algorithm) };
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [one, three, broken] = folders.each_ref().map(|folder| folder.path());
        whole::<Jssp>(&config, 9, 1, one);
        whole::<Jssp>(&config, 9, 3, three);
        for limit in [4, 1, u64::MAX] {
            let resume = limit != 4;
            let session = Session { config: config.clone(), steps: 9, threads: 2, folder: broken, resume, limit };
            run::<Jssp>(session).unwrap();
        }
        assert_eq!(products(one), products(three), "{algorithm:?}");
        assert_eq!(products(one), products(broken), "{algorithm:?}");
        assert!(rows(one).unwrap().iter().any(|row| row.loss != 0.0), "{algorithm:?} learns nothing");
    }
}

#[test]
fn dispatch_models_have_no_values() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Algorithm::Ppo);
    let session = Session { config, steps: 1, threads: 1, folder: folder.path(), resume: false, limit: u64::MAX };
    let error = run::<Jssp>(session).unwrap_err();
    assert!(matches!(&error, TrainError::Architecture(ArchitectureError::NoOption { .. })), "{error}");
}

#[test]
fn dispatch_models_run_on_the_processor_only() {
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget { steps: Some(1), time: None };
    let (config, folder) = (config(Algorithm::Reinforce), folder.path().into());
    let job = Job { config, budget, threads: 1, device: Kind::Gpu, folder, resume: false, initial: None };
    let error = train(
        &job,
        Hooks::<Ffsp> {
            reference: &naive,
            improve: &|_, solution| solution.clone(),
            listen: &mut |_| {},
            is_over: &|| false,
        },
    );
    let refused = DeviceError::Processor { kind: Kind::Gpu, task: Task::Ffsp };
    assert!(matches!(error, Err(TrainError::Device(found)) if found == refused));
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

/// The same with a rollout as baseline and one trajectory per instance.
fn rolled(config: Config, every: u64) -> Config {
    let reinforce = Reinforce { baseline: Baseline::Rollout, every, instances: 64 };
    Config { reinforce, starts: Some(1), ..config }
}

#[test]
fn every_algorithm_learns() {
    assert_learns::<Tsp>(Config { batch: 64, ..rolled(single(Algorithm::Reinforce), 10) }, 60, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Reinforce), 60, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Preference), 60, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Ppo), 12, 0.1);
    assert_learns::<Tsp>(single(Algorithm::Poppy), 60, 0.02);
    assert_learns::<Tsp>(single(Algorithm::Compass), 60, 0.02);
    assert_learns::<Cvrp>(single(Algorithm::Preference), 60, 0.05);
    assert_learns::<Knapsack>(Config { starts: Some(8), ..single(Algorithm::Preference) }, 60, 0.02);
    assert_learns::<Jssp>(Config { starts: Some(8), ..single(Algorithm::Poppy) }, 60, 0.0);
    for algorithm in [Algorithm::Reinforce, Algorithm::Preference] {
        assert_learns::<Jssp>(Config { starts: Some(8), ..single(algorithm) }, 60, 0.01);
        assert_learns::<Ffsp>(Config { starts: Some(8), ..single(algorithm) }, 60, 0.0);
    }
}

#[test]
fn replay_of_a_few_and_labels_of_a_teacher_work_together() {
    let folder = tempfile::tempdir().unwrap();
    let improvement = Improvement { from: 0.5, share: Some(0.3) };
    let config = Config { improvement, informative: Some(3), starts: Some(5), ..config(Algorithm::Preference) };
    let job = Job {
        config,
        budget: Budget { steps: Some(6), time: None },
        threads: 2,
        device: Kind::Cpu,
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

/// A model, and what a run of an algorithm that begins with it makes of it before its first step.
fn adapted(algorithm: Algorithm) -> (Weights, Weights) {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [first, second] = folders.each_ref().map(|folder| folder.path());
    whole::<Tsp>(&config(Algorithm::Reinforce), 3, 1, first);
    let base = Weights::read(&first.join(Files::LAST)).unwrap();
    let job = Job {
        config: config(algorithm),
        budget: Budget { steps: Some(1), time: None },
        threads: 1,
        device: Kind::Cpu,
        folder: second.into(),
        resume: false,
        initial: Some(base.clone()),
    };
    let improve = &|_: &Tsp, solution: &<Tsp as Problem>::Solution| solution.clone();
    train(&job, Hooks { reference: &naive::<Tsp>, improve, listen: &mut |_| {}, is_over: &|| true }).unwrap();
    (base, Weights::read(&second.join(Files::LAST)).unwrap())
}

#[test]
fn agents_begin_as_copies_of_the_model_and_latent_vectors_without_effect() {
    let (base, population) = adapted(Algorithm::Poppy);
    assert_eq!(population.architecture.agents, Some(3));
    for (name, _) in population.architecture.tensors() {
        let origin = match name.strip_prefix("agents.") {
            Some(part) => format!("decoder.{}", part.split_once('.').unwrap().1),
            None => name.clone(),
        };
        assert_eq!(population.tensor(&name), base.tensor(&origin), "{name}");
    }
    let (base, steered) = adapted(Algorithm::Compass);
    for (name, _) in steered.architecture.tensors() {
        match base.tensor(&name) {
            Some(values) => assert_eq!(steered.tensor(&name).unwrap(), values, "{name}"),
            None => assert!(name.contains("latent") && steered.tensor(&name).unwrap().iter().all(|&x| x == 0.0)),
        }
    }
}

#[test]
fn log_says_who_wins() {
    let folder = tempfile::tempdir().unwrap();
    whole::<Tsp>(&config(Algorithm::Poppy), 8, 1, folder.path());
    let rows = rows(folder.path()).unwrap();
    let last = rows.last().unwrap();
    assert_eq!(last.wins.len(), 3);
    assert!((last.wins.iter().sum::<f64>() - 1.0).abs() < 0.01, "{:?}", last.wins);
    assert!(last.decided.is_some_and(|part| (0.0..=1.0).contains(&part) && part > 0.0));
}

#[test]
fn last_row_of_the_log_is_that_of_the_last_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(Algorithm::Reinforce);
    (config.log_every, config.validation.every) = (Some(1), Some(3));
    whole::<Tsp>(&config, 5, 1, folder.path());
    let rows = rows(folder.path()).unwrap();
    assert_eq!(rows.iter().map(|row| row.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(rows.iter().map(|row| row.gap.is_some()).collect::<Vec<_>>(), [false, false, true, false, true]);
    assert!(rows.iter().all(|row| row.cost > 0.0));
}

#[test]
fn run_of_no_steps_takes_none_and_has_the_model_that_it_begins_with() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Algorithm::Reinforce);
    let summary = whole::<Tsp>(&config, 0, 1, folder.path());
    assert_eq!((summary.position.step, summary.complete), (0, true));
    assert_eq!(rows(folder.path()).unwrap(), []);
    let weights = Weights::read(&folder.path().join(Files::MODEL)).unwrap();
    assert_eq!(weights.tensors, Weights::random(fit::architecture::<Tsp>(&config), config.seed).unwrap().tensors);
}

#[test]
fn run_that_was_never_begun_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Algorithm::Reinforce);
    let session = Session { config, steps: 4, threads: 1, folder: folder.path(), resume: true, limit: u64::MAX };
    assert!(matches!(run::<Tsp>(session), Err(TrainError::NoCheckpoint { .. })));
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
        let folder = folder.path().into();
        let job = Job { config, budget, threads: 1, device: Kind::Cpu, folder, resume: false, initial };
        let improve = &|_: &Tsp, solution: &<Tsp as Problem>::Solution| solution.clone();
        train(&job, Hooks { reference: &naive::<Tsp>, improve, listen: &mut |_| {}, is_over: &|| false })
    };
    assert!(matches!(begin(Algorithm::Reinforce, 32), Err(TrainError::Mismatch)));
    // A value head, latent vectors and agents are added where the algorithm needs them.
    assert!(begin(Algorithm::Poppy, 16).is_ok() && begin(Algorithm::Compass, 16).is_ok());
    assert!(begin(Algorithm::Ppo, 16).is_ok());
}

#[test]
fn instances_without_coordinates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { distribution: "matrix".into(), ..config(Algorithm::Preference) };
    let session = Session { config, steps: 1, threads: 1, folder: folder.path(), resume: false, limit: u64::MAX };
    assert!(matches!(run::<Tsp>(session), Err(TrainError::Misfit(_))));
}

/// Losses of the first steps of a run, by the native kernels or by burn on a device, and the gap afterwards.
fn losses<P: Train>(config: &Config, steps: u64, device: Option<&burn::tensor::Device>) -> (Vec<f64>, f64) {
    let folder = tempfile::tempdir().unwrap();
    let weights = Weights::random(fit::architecture::<P>(config), config.seed).unwrap();
    let mut engine = engine::Engine::new(config, weights, &Default::default(), 1, device).unwrap();
    let file = folder.path().join("references.json");
    let validation = validate::Validation::new(config, 1, &naive::<P>, &file).unwrap();
    let (sizes, rate) = (config.sizes.as_slice(), config.learning_rate);
    let mut losses = Vec::new();
    for number in 0..steps {
        let at = step::Step { config, number, sizes, rate };
        let tally = if config.algorithm == Algorithm::Ppo {
            actor_critic::Passes { at, unit: validation.unit() }.run::<P>(&mut engine)
        } else {
            policy_gradient::Taught::<P> { at, rival: None, improve: None }.run(&mut engine)
        };
        losses.push(tally.unwrap().unwrap_or_else(|_| panic!("diverged")).loss);
    }
    (losses, validation.gap(&mut engine, Some(1)))
}

/// Burn on `device` wins as much as the native kernels: their draws differ, so do the trajectories; what is learnt of
/// them does not.
fn assert_device_learns(device: &burn::tensor::Device, algorithm: Algorithm, steps: u64) {
    let config = Config { curriculum: Vec::new(), sizes: vec![10], ..single(algorithm) };
    let (_, untrained) = losses::<Tsp>(&config, 0, None);
    let [(native, on_cpu), (burn, on_device)] =
        [None, Some(device)].map(|device| losses::<Tsp>(&config, steps, device));
    let won = [untrained - on_cpu, untrained - on_device];
    assert!(won[0] > 0.1 && won[1] > 0.1, "{algorithm:?}: {won:?}");
    assert!(native.iter().chain(&burn).all(|loss| loss.is_finite()));
}

#[test]
fn device_learns_what_the_processor_learns() {
    let device = crate::device::cpu();
    assert_device_learns(&device, Algorithm::Preference, 40);
    assert_device_learns(&device, Algorithm::Reinforce, 40);
    assert_device_learns(&device, Algorithm::Ppo, 10);
}

#[test]
#[cfg(feature = "gpu")]
fn graphics_card_learns_what_the_processor_learns() {
    match crate::device::open(Kind::Gpu) {
        Ok(device) => assert_device_learns(&device, Algorithm::Preference, 40),
        Err(error) => println!("skipped: {error}"),
    }
}
