//! Dispatch models against their definition in double precision.

use heuron_problems::jssp::Operation;
use heuron_problems::{Ffsp, Generate, Jssp, Stream, stream};
use rand::Rng;

use super::reference::Reference;
use super::*;
use crate::architecture::{Architecture, Task};
use crate::features::shop::Shop;
use crate::model::Model;
use crate::native::kernels::Level;
use crate::native::{Gradient, Pull, StepWeights, Trajectory};
use crate::rollout::Decode;
use crate::weights::Weights;

const SAMPLE: Decode = Decode::Sample { temperature: 1.0 };

fn uniform(n: usize, machines: usize, seed: u64) -> Jssp {
    let spec = Jssp::spec(n, &format!("uniform,machines={machines}")).unwrap();
    Jssp::generate(&spec, &mut stream(seed, "test shop", n as u64))
}

/// Jobs of unequal length, one of them empty, a machine met twice, an operation of length 0.
fn irregular() -> Jssp {
    let job = |operations: &[(u32, i64)]| {
        operations.iter().map(|&(machine, duration)| Operation { machine, duration }).collect::<Vec<_>>()
    };
    let jobs = vec![
        job(&[(0, 3), (1, 5), (0, 2), (2, 4)]),
        job(&[(2, 0), (0, 6)]),
        job(&[]),
        job(&[(1, 7), (2, 3), (0, 0)]),
        job(&[(0, 2), (0, 4), (1, 1)]),
    ];
    Jssp::new("irregular", 4, jobs)
}

fn flow(n: usize, seed: u64) -> Ffsp {
    Ffsp::generate(&Ffsp::spec(n, "uniform").unwrap(), &mut stream(seed, "test shop", n as u64))
}

/// Stages of one, three and two machines.
fn uneven() -> Ffsp {
    let mut rng = stream(3, "test shop", 0);
    let machines = vec![1, 3, 2];
    let times = machines
        .iter()
        .map(|&machines| (0..5).map(|_| (0..machines).map(|_| rng.random_range(0..9)).collect()).collect());
    Ffsp { name: "uneven".into(), times: times.collect(), machines, jobs: 5 }
}

fn weights<P: Shop>(layers: usize, seed: u64) -> Weights {
    // Widths that do not fill their blocks.
    Weights::random(Architecture::new(P::TASK, 20, 1, layers, 18), seed).unwrap()
}

/// With mixed-score attention of two heads.
fn mixed(layers: usize, encoders: usize, seed: u64) -> Weights {
    let plain = Architecture::new(Task::Ffsp, 20, 2, layers, 18);
    let mut weights = Weights::random(Architecture { mixed_score: Some(encoders), ..plain }, seed).unwrap();
    let names = weights.architecture.tensors().into_iter().map(|(name, _)| name);
    // Sharp attention, so that what decides it has slopes to speak of.
    let decides = |name: &str| [".query.", ".key.", ".mixer."].iter().any(|part| name.contains(part));
    let tensors = names.zip(&mut weights.tensors).filter(|(name, _)| decides(name));
    tensors.for_each(|(_, tensor)| tensor.iter_mut().for_each(|x| *x *= 3.0));
    weights
}

/// That follow latent vectors.
fn steered<P: Shop>(layers: usize, seed: u64) -> Weights {
    let architecture = Architecture { latent: Some(3), ..weights::<P>(layers, seed).architecture };
    let mut weights = Weights::random(architecture, seed).unwrap();
    let mut draws = stream(seed, "test latents", 0);
    let names = weights.architecture.tensors().into_iter().map(|(name, _)| name);
    let latent = names.zip(&mut weights.tensors).filter(|(name, _)| name.contains("latent"));
    latent.for_each(|(_, tensor)| tensor.iter_mut().for_each(|x| *x = draws.random::<f32>() - 0.5));
    weights
}

/// Vectors for a model that follows any.
fn latents(weights: &Weights) -> Vec<Vec<f32>> {
    let vectors = [vec![1.0, -0.5, 0.25], vec![0.0; 3], vec![-2.0, 1.5, 3.0]];
    if weights.architecture.latent.is_some() { vectors.into() } else { Vec::new() }
}

/// The vector of a lane.
fn latent(latents: &[Vec<f32>], lane: usize, lanes: usize) -> Vec<f64> {
    latents.get(lane * latents.len() / lanes).into_iter().flatten().map(|&x| f64::from(x)).collect()
}

fn encoded<P: Shop>(model: &DispatchModel, problem: &P, latents: &[Vec<f32>]) -> Encoded {
    let mut encoded = Encoded::default();
    // Buffers that hold something else must not matter.
    model.encode(problem, &mut encoded).unwrap();
    model.condition(&mut encoded, &[vec![9.0; 3]]);
    model.encode(problem, &mut encoded).unwrap();
    if !latents.is_empty() {
        model.condition(&mut encoded, latents);
    }
    encoded
}

fn streams(count: u64) -> Vec<Stream> {
    (0..count).map(|lane| stream(9, "test lanes", lane)).collect()
}

fn sampled<P: Shop>(model: &DispatchModel, problem: &P, encoded: &Encoded, count: usize) -> Vec<Trajectory> {
    let (starts, mut streams) = (vec![None; count], streams(count as u64));
    model.decode(problem, encoded, &starts, &mut streams, SAMPLE, &mut Scratch::default())
}

/// Log-probabilities of the rollout, of the replay and of the definition.
fn agrees_with_the_reference<P: Shop>(problem: &P, weights: &Weights) {
    let (reference, latents) = (Reference::new(weights, problem), latents(weights));
    for level in Level::all() {
        let model = DispatchModel::at_level(weights, level).unwrap();
        let encoded = encoded(&model, problem, &latents);
        let found = sampled(&model, problem, &encoded, 30);
        let traces: Vec<Vec<u32>> = found.iter().map(|trajectory| trajectory.actions.clone()).collect();
        let replay = model.replay(problem, &encoded, &traces, 0);
        for (index, trajectory) in found.iter().enumerate() {
            let steps = reference.steps(problem, &trajectory.actions, &latent(&latents, index, found.len()));
            for (at, step) in steps.iter().enumerate() {
                assert!((f64::from(replay.log_probs[index][at]) - step.log_prob).abs() < 1e-4);
                assert!((f64::from(replay.entropies[index][at]) - step.entropy).abs() < 1e-4);
            }
            let sum: f32 = replay.log_probs[index].iter().sum();
            assert!((sum - trajectory.log_prob).abs() < 1e-4);
        }
    }
}

#[test]
fn schedules_are_judged_as_the_definition_says() {
    for layers in [1, 3] {
        for weights in [weights::<Jssp>(layers, 5), steered::<Jssp>(layers, 5)] {
            [uniform(6, 4, 1), uniform(3, 7, 2), irregular()]
                .iter()
                .for_each(|p| agrees_with_the_reference(p, &weights));
        }
        for weights in
            [weights::<Ffsp>(layers, 5), steered::<Ffsp>(layers, 5), mixed(layers, 3, 5), mixed(layers, 2, 5)]
        {
            // More jobs than a block has floats.
            [flow(6, 1), flow(19, 1), uneven()].iter().for_each(|p| agrees_with_the_reference(p, &weights));
        }
    }
}

/// Of every tensor, up to `entries` entries.
fn gradient_is_that_of_the_reference<P: Shop>(problem: &P, weights: &Weights, entries: usize) {
    let (model, latents) = (DispatchModel::new(weights).unwrap(), latents(weights));
    let encoded = encoded(&model, problem, &latents);
    let traces: Vec<Vec<u32>> = sampled(&model, problem, &encoded, 8).into_iter().map(|t| t.actions).collect();
    let mut draws = stream(6, "test pulls", 0);
    let log_prob: Vec<Vec<f32>> =
        traces.iter().map(|trace| trace.iter().map(|_| draws.random::<f32>() - 0.5).collect()).collect();
    let entropy = 0.3;
    let pull = Pull { log_prob: StepWeights::Step(&log_prob), value: None, entropy };
    let mut gradient = Gradient::new(model.architecture());
    model.backward(problem, &encoded, &traces, 0, &pull, &mut gradient);
    let loss = |reference: &Reference| {
        let of = |lane: usize| latent(&latents, lane, traces.len());
        let judged = traces.iter().enumerate().map(|(lane, trace)| reference.steps(problem, trace, &of(lane)));
        let weigh = |(steps, weights): (Vec<reference::Judgement>, &Vec<f32>)| {
            steps
                .iter()
                .zip(weights)
                .map(|(s, &w)| f64::from(w) * s.log_prob + f64::from(entropy) * s.entropy)
                .sum::<f64>()
        };
        judged.zip(&log_prob).map(weigh).sum()
    };
    let found = gradient.tensors();
    for (slot, (name, shape)) in weights.architecture.tensors().iter().enumerate() {
        let count = shape.iter().product::<usize>();
        assert_eq!(found[slot].len(), count, "{name}");
        // A stride that meets all rows and columns.
        let largest = found[slot].iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        for at in (0..count).step_by(1 + count / entries) {
            let expected = Reference::slope(weights, (slot, at), problem, &loss);
            let (value, bound) = (f64::from(found[slot][at]), 1e-5 + 1e-3 * f64::from(largest));
            assert!((value - expected).abs() < bound, "{name} {at}: {value} {expected}, {bound}");
        }
        assert!(largest > 1e-4, "{name} learns nothing: {largest}");
    }
}

#[test]
fn gradient_is_the_derivative_of_the_definition() {
    for weights in [weights::<Jssp>(2, 4), steered::<Jssp>(2, 4)] {
        let check = |problem| gradient_is_that_of_the_reference(problem, &weights, 23);
        [uniform(6, 4, 1), irregular()].iter().for_each(check);
    }
    gradient_is_that_of_the_reference(&uneven(), &weights::<Ffsp>(2, 4), 23);
    // A stage of one machine teaches an encoder of its own nothing: a softmax of one score, a norm of one row.
    gradient_is_that_of_the_reference(&uneven(), &mixed(2, 1, 4), 17);
    gradient_is_that_of_the_reference(&flow(17, 3), &mixed(1, 3, 4), 5);
}

/// The solution that a trajectory builds.
fn built<P: Shop>(problem: &P, actions: &[u32]) -> P::Solution {
    let mut board = problem.board();
    actions.iter().for_each(|&action| problem.advance(&mut board, action));
    problem.finish(P::state(&board))
}

fn lanes_stand_alone<P: Shop>(problem: &P, weights: &Weights, length: usize) {
    let model = DispatchModel::new(weights).unwrap();
    let encoded = encoded(&model, problem, &[]);
    for (lane, trajectory) in sampled(&model, problem, &encoded, 40).iter().enumerate() {
        assert_eq!(trajectory.actions.len(), length);
        assert!(trajectory.cost.is_ok());
        assert_eq!(problem.evaluate(&built(problem, &trajectory.actions)), trajectory.cost);
        let mut own = vec![stream(9, "test lanes", lane as u64)];
        let alone = model.decode(problem, &encoded, &[None], &mut own, SAMPLE, &mut Scratch::default());
        assert_eq!((&alone[0].actions, alone[0].log_prob), (&trajectory.actions, trajectory.log_prob));
    }
}

#[test]
fn schedules_are_feasible_and_lanes_do_not_depend_on_their_company() {
    let jssp = weights::<Jssp>(2, 6);
    [uniform(8, 5, 3), irregular()].iter().for_each(|shop| lanes_stand_alone(shop, &jssp, shop.operations()));
    for ffsp in [weights::<Ffsp>(2, 6), mixed(2, 3, 6)] {
        [flow(7, 2), uneven()].iter().for_each(|shop| lanes_stand_alone(shop, &ffsp, shop.jobs * shop.stages()));
    }
}

/// Everything that a model sees on the way of a construction.
fn seen<P: Shop>(problem: &P, actions: &[u32]) -> Vec<f32> {
    let (floor, mut board, mut choices) = (problem.floor(), problem.board(), crate::features::shop::Choices::default());
    let mut seen = floor.nodes.clone();
    for &action in actions {
        problem.choices(&floor, &board, &mut choices);
        seen.extend(&choices.features);
        problem.advance(&mut board, action);
    }
    assert!(seen.iter().all(|x| x.is_finite() && x.abs() < 10.0));
    seen
}

#[test]
fn what_a_model_sees_does_not_depend_on_the_unit_of_time() {
    let same = |a: Vec<f32>, b: Vec<f32>| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(&b).for_each(|(a, b)| assert!((a - b).abs() < 1e-4));
    };
    let (jssp, mut slow) = (uniform(6, 4, 5), uniform(6, 4, 5));
    slow.jobs.iter_mut().flatten().for_each(|operation| operation.duration *= 1000);
    let model = DispatchModel::new(&weights::<Jssp>(1, 1)).unwrap();
    let actions = &sampled(&model, &jssp, &encoded(&model, &jssp, &[]), 1)[0].actions;
    same(seen(&jssp, actions), seen(&slow, actions));
    let (ffsp, mut slow) = (flow(6, 5), flow(6, 5));
    slow.times.iter_mut().flatten().flatten().for_each(|time| *time *= 1000);
    let model = DispatchModel::new(&weights::<Ffsp>(1, 1)).unwrap();
    let actions = &sampled(&model, &ffsp, &encoded(&model, &ffsp, &[]), 1)[0].actions;
    same(seen(&ffsp, actions), seen(&slow, actions));
}

#[test]
fn schedules_are_active() {
    // No operation can start earlier in a gap of its machine while all others stay.
    let problem = uniform(7, 5, 4);
    let model = DispatchModel::new(&weights::<Jssp>(1, 7)).unwrap();
    let encoded = encoded(&model, &problem, &[]);
    for trajectory in sampled(&model, &problem, &encoded, 20) {
        let schedule = built(&problem, &trajectory.actions);
        let starts = problem.start_times(&schedule).unwrap();
        for machine in problem.orders(&schedule).unwrap() {
            let span = |&(job, place): &(u32, u32)| {
                let start = starts[job as usize][place as usize];
                (start, start + problem.jobs[job as usize][place as usize].duration)
            };
            for (at, &(job, place)) in machine.iter().enumerate() {
                let ready = (place as usize).checked_sub(1).map_or(0, |p| span(&(job, p as u32)).1);
                let duration = problem.jobs[job as usize][place as usize].duration;
                let mut free = 0;
                for other in &machine[..at] {
                    assert!(span(other).0 < free.max(ready) + duration, "job {job} fits before {other:?}");
                    free = span(other).1;
                }
            }
        }
    }
}

#[test]
fn actions_that_were_no_choices_are_impossible_and_the_rest_is_judged_still() {
    let problem = uniform(6, 4, 1);
    let model = DispatchModel::new(&weights::<Jssp>(1, 8)).unwrap();
    let encoded = encoded(&model, &problem, &[]);
    // Job by job is not active.
    let trace: Vec<u32> = (0..6).flat_map(|job| [job; 4]).collect();
    let replay = model.replay(&problem, &encoded, &[trace], 0);
    assert!(replay.log_probs[0].contains(&f32::NEG_INFINITY) && replay.log_probs[0].iter().any(|p| p.is_finite()));
}

/// Every agent of a population is the model with its decoder, and learns in its own tensors.
#[test]
fn agents_are_models_with_decoders_of_their_own() {
    let problem = uniform(5, 4, 31);
    let plain = weights::<Jssp>(2, 33);
    let population = Weights::random(Architecture { agents: Some(3), ..plain.architecture.clone() }, 34).unwrap();
    let whole = DispatchModel::new(&population).unwrap();
    let mut shared = encoded(&whole, &problem, &[]);
    for agent in [2, 0, 1] {
        let name_of = |name: &str| match name.strip_prefix("decoder.") {
            Some(part) if agent > 0 => format!("agents.{agent}.{part}"),
            _ => name.to_string(),
        };
        let mut alone = plain.clone();
        let names: Vec<String> = plain.architecture.tensors().into_iter().map(|(name, _)| name).collect();
        for (name, tensor) in names.iter().zip(&mut alone.tensors) {
            tensor.copy_from_slice(population.tensor(&name_of(name)).unwrap());
        }
        let single = DispatchModel::new(&alone).unwrap();
        let own = encoded(&single, &problem, &[]);
        let model = whole.agent(agent);
        model.take_over(&mut shared);
        let traces = [(&single, &own), (model, &shared)].map(|(model, encoded)| {
            sampled(model, &problem, encoded, 6).into_iter().map(|trajectory| trajectory.actions).collect::<Vec<_>>()
        });
        assert_eq!(traces[0], traces[1]);
        let [traces, _] = traces;
        let weights = [0.5, -1.0, 0.25, 2.0, 0.0, -0.5];
        let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.1 };
        let mut gradients = [&alone, &population].map(|weights| Gradient::new(&weights.architecture));
        single.backward(&problem, &own, &traces, 0, &pull, &mut gradients[0]);
        model.backward(&problem, &shared, &traces, 0, &pull, &mut gradients[1]);
        let [expected, gradient] = gradients.map(|gradient| gradient.tensors());
        for ((name, _), tensor) in population.architecture.tensors().iter().zip(gradient) {
            match names.iter().position(|other| name_of(other) == *name) {
                Some(place) => assert_eq!(tensor, expected[place], "{name}"),
                None => assert!(tensor.iter().all(|&x| x == 0.0), "{name} belongs to another agent"),
            }
        }
    }
}

#[test]
fn vectors_change_nothing_before_training_and_encoding_forgets_them() {
    let (problem, plain) = (uniform(6, 5, 7), weights::<Jssp>(1, 3));
    let untrained = Weights::random(Architecture { latent: Some(3), ..plain.architecture.clone() }, 3).unwrap();
    let trained = steered::<Jssp>(1, 3);
    let vectors = latents(&trained);
    let actions = |weights: &Weights, latents: &[Vec<f32>]| {
        let model = DispatchModel::new(weights).unwrap();
        let encoded = encoded(&model, &problem, latents);
        sampled(&model, &problem, &encoded, 3).into_iter().map(|found| found.actions).collect::<Vec<_>>()
    };
    assert_eq!(actions(&untrained, &vectors), actions(&plain, &[]));
    assert_eq!(actions(&plain, &vectors), actions(&plain, &[]), "a model without vectors");
    let (with, without) = (actions(&trained, &vectors), actions(&trained, &[]));
    assert!(with[0] != without[0] && with[1] == without[1] && with[2] != without[2]);
}
