//! The kernels against the definition of the network: a plain forward pass in double precision, and its numeric
//! gradient.

use heuron_problems::{Cvrp, Generate, Knapsack, Stream, Tsp, stream};
use rand::Rng;

use super::kernels::Level;
use super::reference::Reference;
use super::*;
use crate::architecture::{Architecture, Task};
use crate::features::Learnable;
use crate::model::Model;
use crate::policy::Policy;
use crate::rollout::{Decode, Start, rollout};
use crate::weights::Weights;

/// Random weights in which nothing is at its neutral value.
pub(super) fn weights(architecture: &Architecture, seed: u64) -> Weights {
    let mut weights = Weights::random(architecture.clone(), seed).unwrap();
    for (index, ((name, _), values)) in architecture.tensors().iter().zip(&mut weights.tensors).enumerate() {
        let mut stream = stream(seed, "test weights", index as u64);
        if ["scale", "shift", "distance", "local.out.weight"].iter().any(|end| name.ends_with(end)) {
            values.iter_mut().for_each(|value| *value += stream.random::<f32>() - 0.3);
        }
    }
    weights
}

pub(super) fn architectures(task: Task) -> Vec<Architecture> {
    // Heads of 16, of less, and of more than one block; sizes that are no multiple of a vector.
    let plain = Architecture::new(task, 32, 2, 2, 24);
    let narrow = Architecture { clip: 50.0, ..Architecture::new(task, 12, 3, 1, 20) };
    let distance_bias = task != Task::Knapsack;
    let full = Architecture { distance_bias, value: true, ..Architecture::new(task, 36, 2, 1, 17) };
    let (feature_layer, local) = (true, distance_bias.then_some(3));
    let refined = Architecture { feature_layer, value: true, ..Architecture::new(task, 20, 2, 1, 19) };
    let everything = Architecture { feature_layer, local, distance_bias, ..Architecture::new(task, 16, 1, 1, 33) };
    let mut list = vec![plain, narrow, full, refined, everything];
    list.extend(distance_bias.then(|| Architecture { local: Some(20), ..list[1].clone() }));
    list
}

fn tsp(n: usize, seed: u64) -> Tsp {
    Tsp::generate(&Tsp::spec(n, "uniform").unwrap(), &mut stream(seed, "test tsp", 0))
}

fn cvrp(n: usize, seed: u64) -> Cvrp {
    let mut cvrp = Cvrp::generate(&Cvrp::spec(n, "uniform").unwrap(), &mut stream(seed, "test cvrp", 0));
    // A few customers per route, so that the depot matters.
    cvrp.capacity = 15;
    cvrp
}

fn knapsack(n: usize, seed: u64) -> Knapsack {
    let mut knapsack = Knapsack::generate(&Knapsack::spec(n, "uniform").unwrap(), &mut stream(seed, "test items", 0));
    // Room for a third of the items.
    knapsack.capacity = knapsack.items.iter().map(|item| item.weight).sum::<i64>() / 3;
    knapsack
}

fn streams(count: usize) -> Vec<Stream> {
    (0..count).map(|lane| stream(5, "test rollout", lane as u64)).collect()
}

/// Sampled trajectories from every opening, and one that is not forced.
pub(super) fn sampled<P: Learnable>(model: &AttentionModel, problem: &P, encoded: &Encoded) -> Vec<Trajectory> {
    let mut starts: Vec<Option<u32>> = problem.openings().into_iter().map(Some).collect();
    starts.push(None);
    let (mut streams, sample) = (streams(starts.len()), Decode::Sample { temperature: 1.0 });
    model.decode(problem, encoded, &starts, &mut streams, sample, &mut Scratch::default())
}

fn encoded<P: Learnable>(model: &AttentionModel, problem: &P) -> Encoded {
    let mut encoded = Encoded::default();
    model.encode(problem, &mut encoded).unwrap();
    encoded
}

pub(super) fn close(a: f32, b: f64, tolerance: f64) -> bool {
    (f64::from(a) - b).abs() <= tolerance * (1.0 + b.abs())
}

fn agrees_with_the_reference<P: Learnable>(problem: &P) {
    for (architecture, level) in
        architectures(P::TASK).iter().flat_map(|a| Level::all().into_iter().map(move |l| (a, l)))
    {
        let weights = weights(architecture, 3);
        let model = AttentionModel::at_level(&weights, level).unwrap();
        let encoded = encoded(&model, problem);
        let reference = Reference::new(&weights, problem);
        let traces: Vec<Vec<u32>> = sampled(&model, problem, &encoded).into_iter().map(|t| t.actions).collect();
        for forced in [0, 1] {
            let replay = model.replay(problem, &encoded, &traces, forced);
            assert_eq!(replay.values.len(), if architecture.value { traces.len() } else { 0 });
            for (index, trace) in traces.iter().enumerate() {
                let steps = reference.steps(problem, trace, forced);
                assert_eq!(steps.len(), replay.log_probs[index].len());
                for (at, step) in steps.iter().enumerate() {
                    assert!(close(replay.log_probs[index][at], step.log_prob, 2e-4), "{level:?} {at} {step:?}");
                    assert!(close(replay.entropies[index][at], step.entropy, 2e-4));
                    assert!(!architecture.value || close(replay.values[index][at], step.value, 1e-4));
                }
            }
        }
    }
}

#[test]
fn tours_are_judged_as_the_definition_says() {
    [1, 2, 5, 17, 20].into_iter().for_each(|n| agrees_with_the_reference(&tsp(n, n as u64)));
}

#[test]
fn routes_are_judged_as_the_definition_says() {
    [1, 4, 16, 19].into_iter().for_each(|n| agrees_with_the_reference(&cvrp(n, n as u64)));
}

#[test]
fn packings_are_judged_as_the_definition_says() {
    [2, 16, 21].into_iter().for_each(|n| agrees_with_the_reference(&knapsack(n, n as u64)));
}

/// A loss that uses everything: log-probabilities with a weight per step, values, entropies.
fn gradient_is_that_of_the_reference<P: Learnable>(problem: &P) {
    for architecture in architectures(P::TASK) {
        let weights = weights(&architecture, 4);
        let model = AttentionModel::new(&weights).unwrap();
        let encoded = encoded(&model, problem);
        let mut traces: Vec<Vec<u32>> = sampled(&model, problem, &encoded).into_iter().map(|t| t.actions).collect();
        // More decisions than are worked on at once.
        traces.truncate(5);
        let mut stream = stream(6, "test pulls", 0);
        let mut draw = || -> Vec<Vec<f32>> {
            traces.iter().map(|trace| trace.iter().map(|_| stream.random::<f32>() - 0.5).collect()).collect()
        };
        let (log_prob, value, entropy) = (draw(), draw(), 0.3);
        let (steps, values) = (StepWeights::Step(&log_prob), architecture.value.then_some(value.as_slice()));
        let pull = Pull { log_prob: steps, value: values, entropy };
        let mut gradient = Gradient::new(&architecture);
        model.backward(problem, &encoded, &traces, 0, &pull, &mut gradient);
        let loss = |weights: &Reference| {
            let mut loss = 0.0;
            for (index, trace) in traces.iter().enumerate() {
                for (at, step) in weights.steps(problem, trace, 0).iter().enumerate() {
                    loss += f64::from(log_prob[index][at]) * step.log_prob + f64::from(entropy) * step.entropy;
                    loss += if architecture.value { f64::from(value[index][at]) * step.value } else { 0.0 };
                }
            }
            loss
        };
        let found = gradient.tensors();
        let norm = found.iter().flatten().map(|x| x.abs()).fold(0.0, f32::max);
        assert!(norm > 0.01);
        for (slot, (name, shape)) in architecture.tensors().iter().enumerate() {
            let count = shape.iter().product::<usize>();
            assert_eq!(found[slot].len(), count);
            // Of large tensors, a few entries; a stride that meets all rows and columns.
            for at in (0..count).step_by(1 + count / 17) {
                let expected = Reference::slope(&weights, slot, at, problem, loss);
                let error = (f64::from(found[slot][at]) - expected).abs();
                assert!(error < 2e-4 * f64::from(norm).max(1.0), "{name} {at}: {} {expected}", found[slot][at]);
            }
        }
    }
}

#[test]
fn gradients_of_tours_are_right_for_every_option() {
    [2, 7, 17].into_iter().for_each(|n| gradient_is_that_of_the_reference(&tsp(n, 7)));
}

#[test]
fn gradients_of_routes_are_right_for_every_option() {
    [3, 16].into_iter().for_each(|n| gradient_is_that_of_the_reference(&cvrp(n, 8)));
}

#[test]
fn gradients_of_packings_are_right_for_every_option() {
    [5, 17].into_iter().for_each(|n| gradient_is_that_of_the_reference(&knapsack(n, 9)));
}

fn rollouts_know_their_probability<P: Learnable>(problem: &P) {
    for architecture in architectures(P::TASK) {
        let model = AttentionModel::new(&weights(&architecture, 5)).unwrap();
        let encoded = encoded(&model, problem);
        let trajectories = sampled(&model, problem, &encoded);
        let (last, forced) = trajectories.split_last().unwrap();
        for (trajectories, forced) in [(forced, 1), (std::slice::from_ref(last), 0)] {
            let traces: Vec<Vec<u32>> = trajectories.iter().map(|t| t.actions.clone()).collect();
            let replay = model.replay(problem, &encoded, &traces, forced);
            for (trajectory, log_probs) in trajectories.iter().zip(&replay.log_probs) {
                let sum: f32 = log_probs.iter().sum();
                assert!((trajectory.log_prob - sum).abs() < 1e-4 * (1.0 + sum.abs()), "{} {sum}", trajectory.log_prob);
                assert!(trajectory.cost.is_ok() && sum < 0.0);
            }
        }
    }
}

#[test]
fn log_probabilities_of_rollouts_are_those_of_their_replay() {
    rollouts_know_their_probability(&tsp(33, 1));
    rollouts_know_their_probability(&cvrp(40, 1));
    rollouts_know_their_probability(&knapsack(40, 1));
}

fn both_rollouts_agree<P: Learnable + Clone>(problems: &[P]) {
    for architecture in architectures(P::TASK) {
        let model = AttentionModel::new(&weights(&architecture, 6)).unwrap();
        let opening = |(instance, problem): (usize, &P)| {
            let start = move |opening| Start { instance, opening: Some(opening), stream: stream(1, "unused", 0) };
            problem.openings().into_iter().map(start).collect::<Vec<_>>()
        };
        let starts: Vec<Start> = problems.iter().enumerate().flat_map(opening).collect();
        let mut memory = Policy::encode(&model, problems);
        let slow = rollout(&model, &mut memory, problems, starts, Decode::Greedy, || false).unwrap();
        let mut slow = slow.iter();
        for problem in problems {
            let starts: Vec<Option<u32>> = problem.openings().into_iter().map(Some).collect();
            let encoded = encoded(&model, problem);
            let fast = model.decode(problem, &encoded, &starts, &mut [], Decode::Greedy, &mut Scratch::default());
            for (fast, slow) in fast.iter().zip(&mut slow) {
                assert_eq!(problem.build(&fast.actions), slow.solution);
                assert_eq!(fast.cost, slow.cost);
            }
        }
        assert!(slow.next().is_none());
    }
}

#[test]
fn the_policy_and_the_fast_rollout_construct_the_same_solutions() {
    both_rollouts_agree(&[tsp(21, 1), tsp(21, 2), tsp(21, 3)]);
    both_rollouts_agree(&[cvrp(21, 1), cvrp(21, 2), cvrp(21, 3)]);
    both_rollouts_agree(&[knapsack(21, 1), knapsack(21, 2), knapsack(21, 3)]);
}

fn light_encodings_agree<P: Learnable>(problem: &P) {
    for architecture in architectures(P::TASK) {
        let model = AttentionModel::new(&weights(&architecture, 6)).unwrap();
        let whole = encoded(&model, problem);
        let traces: Vec<Vec<u32>> = sampled(&model, problem, &whole).into_iter().map(|t| t.actions).collect();
        let expected = model.replay(problem, &whole, &traces, 1);
        for tabulate in [true, false] {
            let mut light = Encoded::default();
            assert!(model.encode_lightly(problem, &mut light, tabulate, &|| false).unwrap());
            let found = model.replay(problem, &light, &traces, 1);
            let pairs = found.log_probs.iter().flatten().zip(expected.log_probs.iter().flatten());
            pairs.for_each(|(&a, &b)| assert!(close(a, f64::from(b), 1e-4), "{tabulate} {a} {b}"));
            assert!(!model.encode_lightly(problem, &mut light, tabulate, &|| true).unwrap());
        }
    }
}

#[test]
fn encodings_for_decoding_alone_say_the_same_with_and_without_tables() {
    // More rows than are worked on at once.
    light_encodings_agree(&tsp(70, 1));
    light_encodings_agree(&cvrp(33, 1));
    light_encodings_agree(&knapsack(66, 1));
}

#[test]
fn extreme_scores_leave_probabilities_finite() {
    // Queries and keys so large that products of tabulated exponentials underflow.
    for (task, factor) in [(Task::Tsp, 30.0), (Task::Cvrp, 30.0), (Task::Tsp, 1e4), (Task::Cvrp, 1e4)] {
        let architecture = Architecture { clip: 50.0, ..Architecture::new(task, 16, 2, 1, 16) };
        let mut weights = weights(&architecture, 7);
        for ((name, _), values) in architecture.tensors().iter().zip(&mut weights.tensors) {
            if name.starts_with("decoder") {
                values.iter_mut().for_each(|value| *value *= factor);
            }
        }
        let model = AttentionModel::new(&weights).unwrap();
        let check = |traces: Vec<Trajectory>| assert!(traces.iter().all(|t| t.log_prob.is_finite() && t.cost.is_ok()));
        match task {
            Task::Tsp => check(sampled(&model, &tsp(30, 1), &encoded(&model, &tsp(30, 1)))),
            _ => check(sampled(&model, &cvrp(30, 1), &encoded(&model, &cvrp(30, 1)))),
        }
    }
    let architecture = Architecture::new(Task::Tsp, 16, 2, 1, 16);
    let mut weights = weights(&architecture, 7);
    for ((name, _), values) in architecture.tensors().iter().zip(&mut weights.tensors) {
        let factor = if name.starts_with("decoder") { 12.0 } else { 1.0 };
        values.iter_mut().for_each(|value| *value *= factor);
    }
    let (model, problem) = (AttentionModel::new(&weights).unwrap(), tsp(17, 3));
    let encoded = encoded(&model, &problem);
    let trace = sampled(&model, &problem, &encoded).swap_remove(0).actions;
    let steps = Reference::new(&weights, &problem).steps(&problem, &trace, 1);
    let replay = model.replay(&problem, &encoded, &[trace], 1);
    let pairs = steps.iter().zip(&replay.log_probs[0]);
    pairs.for_each(|(step, &log_prob)| assert!(close(log_prob, step.log_prob, 2e-2), "{log_prob} {step:?}"));
}

#[test]
fn buffers_do_not_remember_the_instance_before() {
    let architecture = &architectures(Task::Cvrp)[2];
    let model = AttentionModel::new(&weights(architecture, 8)).unwrap();
    let mut reused = encoded(&model, &cvrp(40, 1));
    let small = cvrp(5, 2);
    model.encode(&small, &mut reused).unwrap();
    let fresh = encoded(&model, &small);
    let traces: Vec<Vec<u32>> = sampled(&model, &small, &fresh).into_iter().map(|t| t.actions).collect();
    assert_eq!(model.replay(&small, &reused, &traces, 1), model.replay(&small, &fresh, &traces, 1));
    let weights = vec![0.5; traces.len()];
    let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
    let (mut used, mut new) = (Gradient::new(architecture), Gradient::new(architecture));
    let large = cvrp(40, 1);
    let trace = vec![sampled(&model, &large, &encoded(&model, &large)).swap_remove(0).actions];
    model.backward(&large, &encoded(&model, &large), &trace, 1, &pull, &mut used);
    used.zero();
    model.backward(&small, &reused, &traces, 1, &pull, &mut used);
    model.backward(&small, &fresh, &traces, 1, &pull, &mut new);
    assert_eq!(used.tensors(), new.tensors());
    used.add(&new);
    let twice = |values: &[f32]| values.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
    assert_eq!(used.tensors(), new.tensors().iter().map(|values| twice(values)).collect::<Vec<_>>());
}

#[test]
fn a_model_refuses_what_it_was_not_made_for() {
    let model = AttentionModel::new(&weights(&Architecture::new(Task::Tsp, 16, 1, 1, 16), 1)).unwrap();
    let misfit = Misfit::Task { expected: Task::Tsp, found: Task::Cvrp };
    assert_eq!(model.fits(&cvrp(5, 1)), Err(misfit));
    let matrix = Tsp::generate(&Tsp::spec(5, "matrix").unwrap(), &mut stream(1, "test tsp", 0));
    assert_eq!(model.fits(&matrix), Err(Misfit::NoCoordinates));
    let start = Start { instance: 0, opening: None, stream: stream(1, "unused", 0) };
    let batch = [matrix];
    let mut memory = Policy::encode(&model, &batch);
    let outcome = rollout(&model, &mut memory, &batch, vec![start], Decode::Greedy, || false).unwrap();
    assert_eq!(outcome[0].solution.nodes, [0, 1, 2, 3, 4]);
}
