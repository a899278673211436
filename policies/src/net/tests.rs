//! The native kernels against the reference: step by step, gradient by gradient, for several shapes.

use burn::tensor::{Device, Tensor};
use heuron_problems::{Construct, Cvrp, Generate, Stream, Tsp, stream};
use rand::Rng;

use super::*;
use crate::architecture::Task;
use crate::device;
use crate::model::Model;
use crate::native::{AttentionModel, Encoded, Gradient, Pull, Replay, Scratch, StepWeights};
use crate::rollout::Decode;
use crate::train::loss::Group;
use crate::train::preference::{Link, Pairs, Preference};
use crate::weights::Weights;

/// A model, an instance, and what the native path made of them.
struct Case<P> {
    problem: P,
    weights: Weights,
    model: AttentionModel,
    encoded: Encoded,
    traces: Vec<Vec<u32>>,
    latents: Vec<Vec<f32>>,
    costs: Vec<i64>,
    replay: Replay,
}

/// First actions are forced, as in training.
const FORCED: usize = 1;

fn case<P: Learnable + Generate>(n: usize, width: usize, heads: usize, options: bool, starts: usize) -> Case<P> {
    judged(n, [width, heads], options, options, starts)
}

/// With a latent vector per lane if `latent` says so.
fn judged<P: Learnable + Generate>(
    n: usize,
    [width, heads]: [usize; 2],
    options: bool,
    latent: bool,
    starts: usize,
) -> Case<P> {
    let architecture = Architecture {
        distance_bias: options,
        feature_layer: options && n != 37,
        local: (options && n != 5).then_some(7),
        value: options,
        clip: if options { 50.0 } else { 10.0 },
        latent: latent.then_some(4),
        ..Architecture::new(P::TASK, width, heads, 2, 3 * width + 5)
    };
    let mut weights = Weights::random(architecture, 3).unwrap();
    // Distance biases and latent vectors' weights begin at 0, norms at the identity: that would hide mistakes.
    for (index, ((name, _), tensor)) in weights.architecture.tensors().iter().zip(&mut weights.tensors).enumerate() {
        let mut rng = stream(4, "shift", index as u64);
        let begins_at_0 = name.ends_with("distance") || name == "local.out.weight" || name.contains("latent");
        if begins_at_0 || name.contains("norm") {
            tensor.iter_mut().for_each(|x| *x += 0.3 * rng.random::<f32>());
        }
    }
    let problem = P::generate(&P::spec(n, "uniform").unwrap(), &mut stream(101, "net", n as u64));
    let model = AttentionModel::new(&weights).unwrap();
    let mut encoded = Encoded::default();
    model.encode(&problem, &mut encoded).unwrap();
    let starts: Vec<Option<u32>> = problem.openings().into_iter().take(starts).map(Some).collect();
    let vector = |lane: usize| (0..4).map(|at| ((lane * 7 + at * 3) % 11) as f32 / 5.0 - 1.0).collect();
    let latents: Vec<Vec<f32>> = if latent { (0..starts.len()).map(vector).collect() } else { Vec::new() };
    model.condition(&mut encoded, &latents);
    let mut streams: Vec<Stream> = (0..starts.len() as u64).map(|i| stream(5, "choices", i)).collect();
    let sampling = Decode::Sample { temperature: 1.0 };
    let found = model.decode(&problem, &encoded, &starts, &mut streams, sampling, &mut Scratch::default());
    let (traces, costs): (Vec<_>, Vec<_>) = found.into_iter().map(|t| (t.actions, t.cost.unwrap())).unzip();
    let replay = model.replay(&problem, &encoded, &traces, FORCED);
    Case { problem, weights, model, encoded, traces, latents, costs, replay }
}

/// All judgements in one.
fn judge<P: Learnable>(case: &Case<P>, net: &AttentionNet, device: &Device) -> Judgement {
    let mut parts = Vec::new();
    let traces = [case.traces.clone()];
    let latents: Vec<_> = if case.latents.is_empty() { Vec::new() } else { vec![case.latents.clone()] };
    net.log_probs(&[&case.problem], &traces, &latents, FORCED, device, |part| parts.push(part)).unwrap();
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap();
    parts.fold(first, |all, part| Judgement {
        log_probs: Tensor::cat(vec![all.log_probs, part.log_probs], 0),
        entropies: Tensor::cat(vec![all.entropies, part.entropies], 0),
        values: all.values.zip(part.values).map(|(a, b)| Tensor::cat(vec![a, b], 0)),
        places: [all.places, part.places].concat(),
    })
}

fn assert_close(ours: &[f32], theirs: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what} at {at}: {a} {b}");
    }
}

fn assert_steps_agree<P: Learnable>(case: &Case<P>) {
    let device = device::cpu();
    let net = AttentionNet::import(&case.weights, &device).unwrap();
    let judgement = judge(case, &net, &device);
    let choices: usize = case.traces.iter().map(|trace| trace.len() - FORCED).sum();
    assert_eq!(judgement.places.len(), choices);
    assert!(judgement.places.windows(2).all(|pair| pair[0] < pair[1]));
    let flat = |table: &[Vec<f32>]| table.concat();
    assert_close(&flat(&case.replay.log_probs), &parameters::values(judgement.log_probs), 1e-4, "log-probability");
    assert_close(&flat(&case.replay.entropies), &parameters::values(judgement.entropies), 1e-4, "entropy");
    if let Some(values) = judgement.values {
        assert_close(&flat(&case.replay.values), &parameters::values(values), 1e-4, "value");
    }
    assert_eq!(net.export(case.weights.architecture.clone()).tensors, case.weights.tensors);
}

#[test]
fn every_step_has_the_probability_that_the_reference_says() {
    for (n, options) in [(5, true), (20, false), (37, true)] {
        assert_steps_agree(&case::<Tsp>(n, 32, 4, options, n));
        assert_steps_agree(&case::<Cvrp>(n, 32, 4, options, n));
    }
    // Heads of 5 and 17 numbers fit no register.
    assert_steps_agree(&case::<Tsp>(13, 10, 2, true, 13));
    assert_steps_agree(&case::<Cvrp>(13, 34, 2, true, 13));
    assert_steps_agree(&case::<Tsp>(200, 64, 4, true, 6));
    assert_steps_agree(&case::<Cvrp>(200, 64, 4, true, 6));
}

/// Numbers from -1 to 1 for every choice.
fn pulls(traces: &[Vec<u32>], name: &str) -> Vec<Vec<f32>> {
    let row = |(i, trace): (usize, &Vec<u32>)| {
        let mut rng = stream(6, name, i as u64);
        trace.iter().skip(FORCED).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect()
    };
    traces.iter().enumerate().map(row).collect()
}

/// The difference in parts of the reference, for every tensor whose gradient is not a sum that cancels.
fn assert_gradients_agree(architecture: &Architecture, ours: &[Vec<f32>], theirs: &[Vec<f32>]) {
    let norm = |values: &[f32]| values.iter().map(|x| x * x).sum::<f32>().sqrt();
    let largest = theirs.iter().map(|tensor| norm(tensor)).fold(0.0, f32::max);
    for ((name, _), (a, b)) in architecture.tensors().iter().zip(ours.iter().zip(theirs)) {
        assert_eq!(a.len(), b.len(), "{name}");
        let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        // Constants vanish under the norm over the nodes: of the embedding's bias the rest of a sum that cancels is
        // left.
        let share = if name == "embed.bias" { 0.2 } else { 0.05 };
        let (size, bound) = (norm(&difference), 1e-4 * norm(b).max(share * largest));
        assert!(size <= bound, "{name}: {size} of {}, the largest is {largest}", norm(b));
    }
}

fn assert_pulls_agree<P: Learnable>(case: &Case<P>) {
    let architecture = &case.weights.architecture;
    let (by_log, by_value) = (pulls(&case.traces, "log"), pulls(&case.traces, "value"));
    let (value, entropy) = if architecture.value { (Some(by_value.as_slice()), 0.3) } else { (None, 0.0) };
    let mut gradient = Gradient::new(architecture);
    let pull = Pull { log_prob: StepWeights::Step(&by_log), value, entropy };
    case.model.backward(&case.problem, &case.encoded, &case.traces, FORCED, &pull, &mut gradient);

    let device = device::cpu().autodiff();
    let net = AttentionNet::import(&case.weights, &device).unwrap();
    let judgement = judge(case, &net, &device);
    let weights = |table: &[Vec<f32>]| {
        let values = table.concat();
        parameters::tensor(values.clone(), [values.len()], &device)
    };
    let mut loss = (judgement.log_probs * weights(&by_log)).sum() + judgement.entropies.sum() * entropy;
    if let Some(values) = judgement.values {
        loss = loss + (values * weights(&by_value)).sum();
    }
    let gradients = loss.backward();
    let theirs: Gradients = net.parameters().iter().map(|parameter| parameter.gradient(&gradients)).collect();
    assert_gradients_agree(architecture, &gradient.tensors(), &theirs);
}

#[test]
fn native_gradients_are_those_of_autodiff() {
    for (n, options) in [(5, true), (20, false), (37, true)] {
        assert_pulls_agree(&case::<Tsp>(n, 32, 4, options, n));
        assert_pulls_agree(&case::<Cvrp>(n, 32, 4, options, n));
    }
    assert_pulls_agree(&case::<Tsp>(13, 10, 2, true, 13));
    assert_pulls_agree(&case::<Cvrp>(13, 34, 2, true, 13));
    assert_pulls_agree(&case::<Tsp>(200, 64, 4, true, 3));
    assert_pulls_agree(&case::<Cvrp>(200, 64, 4, true, 3));
}

/// Cases with one model. Latent vectors are for the processor only.
fn several<P: Learnable + Generate>(options: bool) -> Vec<Case<P>> {
    [3, 7, 5].map(|starts| judged::<P>(19, [32, 4], options, false, starts)).into()
}

fn asked<'a>(log: &'a [Vec<f32>], value: &'a [Vec<f32>], options: bool) -> Pull<'a> {
    let (value, entropy) = if options { (Some(value), 0.3) } else { (None, 0.0) };
    Pull { log_prob: StepWeights::Step(log), value, entropy }
}

fn assert_device_agrees<P: Learnable + Generate>(device: &Device, options: bool) {
    let cases = several::<P>(options);
    let model = DeviceModel::new(&cases[0].weights, device).unwrap();
    let problems: Vec<&P> = cases.iter().map(|case| &case.problem).collect();
    let traces: Vec<Vec<Vec<u32>>> = cases.iter().map(|case| case.traces.clone()).collect();
    let replays = model.replay(&problems, &traces, FORCED).unwrap();
    let tables: Vec<[Vec<Vec<f32>>; 2]> =
        cases.iter().map(|case| ["log", "value"].map(|name| pulls(&case.traces, name))).collect();
    let asked: Vec<Pull<'_>> = tables.iter().map(|[log, value]| asked(log, value, options)).collect();
    let mut gradient = Gradient::new(model.architecture());
    for ((case, theirs), pull) in cases.iter().zip(&replays).zip(&asked) {
        let ours = &case.replay;
        assert_close(&ours.log_probs.concat(), &theirs.log_probs.concat(), 1e-4, "log-probability");
        assert_close(&ours.entropies.concat(), &theirs.entropies.concat(), 1e-4, "entropy");
        assert_close(&ours.values.concat(), &theirs.values.concat(), 1e-4, "value");
        case.model.backward(&case.problem, &case.encoded, &case.traces, FORCED, pull, &mut gradient);
    }
    let theirs = model.backward(&problems, &traces, FORCED, &asked).unwrap();
    assert_gradients_agree(model.architecture(), &gradient.tensors(), &theirs);
}

#[test]
fn device_judges_and_learns_of_many_instances_at_once_as_the_processor_does_one_by_one() {
    assert_device_agrees::<Tsp>(&device::cpu(), false);
    assert_device_agrees::<Tsp>(&device::cpu(), true);
    assert_device_agrees::<Cvrp>(&device::cpu(), true);
}

#[test]
fn rollouts_on_a_device_construct_greedily_what_the_processor_does() {
    assert_rollouts_agree(&device::cpu());
}

fn assert_rollouts_agree(device: &Device) {
    let cases = several::<Cvrp>(true);
    let model = DeviceModel::new(&cases[0].weights, device).unwrap();
    let problems: Vec<Cvrp> = cases.iter().map(|case| case.problem.clone()).collect();
    let start = |opening| crate::Start { instance: 0, opening, stream: stream(1, "unused", 0) };
    let starts = |instance: usize, count: usize| {
        let openings = problems[instance].openings().into_iter().take(count).map(Some);
        openings.map(move |opening| crate::Start { instance, ..start(opening) }).collect::<Vec<_>>()
    };
    let counts = [4, 19, 7];
    let all: Vec<crate::Start> = counts.iter().enumerate().flat_map(|(i, &count)| starts(i, count)).collect();
    let mut memory = crate::Policy::encode(&model, &problems);
    let outcomes = crate::rollout(&model, &mut memory, &problems, all, Decode::Greedy, || false).unwrap();
    let mut outcomes = outcomes.into_iter();
    for (instance, case) in cases.iter().enumerate() {
        let openings: Vec<Option<u32>> = starts(instance, counts[instance]).iter().map(|s| s.opening).collect();
        let scratch = &mut Scratch::default();
        let native = case.model.decode(&case.problem, &case.encoded, &openings, &mut [], Decode::Greedy, scratch);
        for (ours, theirs) in native.iter().zip(&mut outcomes) {
            assert_eq!((&ours.actions, &ours.cost), (&theirs.actions, &theirs.cost));
        }
    }
    assert!(outcomes.next().is_none());
}

#[test]
#[cfg(feature = "gpu")]
fn graphics_card_agrees_with_the_processor() {
    let Ok(device) = device::open(device::Kind::Gpu) else {
        println!("skipped: this machine has none");
        return;
    };
    assert_rollouts_agree(&device);
    assert_device_agrees::<Tsp>(&device, true);
}

#[test]
fn instances_that_a_model_on_a_device_does_not_fit_are_scored_alike() {
    let weights = Weights::random(Architecture::new(Task::Tsp, 16, 2, 1, 16), 1).unwrap();
    let model = DeviceModel::new(&weights, &device::cpu()).unwrap();
    let batch = ["matrix", "uniform"].map(|name| Tsp::generate(&Tsp::spec(6, name).unwrap(), &mut stream(1, name, 0)));
    let start = |instance| crate::Start { instance, opening: None, stream: stream(1, "unused", 0) };
    let mut memory = crate::Policy::encode(&model, &batch);
    let outcomes = crate::rollout(&model, &mut memory, &batch, vec![start(0), start(1)], Decode::Greedy, || false);
    let outcomes = outcomes.unwrap();
    assert_eq!(outcomes[0].actions, [0, 1, 2, 3, 4, 5]);
    assert_ne!(outcomes[1].actions, [0, 1, 2, 3, 4, 5]);
}

/// The loss of preference optimisation as the paper writes it, on the summed log-probabilities.
fn plain_loss(settings: &Preference, costs: &[i64], sums: &[Tensor<1>]) -> Tensor<1> {
    let mut terms = Vec::new();
    for (i, j) in (0..costs.len()).flat_map(|i| (0..costs.len()).map(move |j| (i, j))) {
        if costs[i] < costs[j] {
            let x = (sums[i].clone() - sums[j].clone()) * settings.alpha;
            terms.push(match settings.link {
                Link::BradleyTerry => burn::tensor::activation::log_sigmoid(x).neg(),
                Link::Exponential => x.neg(),
            });
        }
    }
    Tensor::cat(terms, 0).mean()
}

#[test]
fn closed_form_of_preference_optimisation_is_the_gradient_of_the_plain_loss() {
    let case = case::<Tsp>(11, 16, 2, false, 11);
    let device = device::cpu().autodiff();
    for link in [Link::BradleyTerry, Link::Exponential] {
        let settings = Preference { link, pairs: Pairs::All, alpha: 0.7, per_choice: false };
        let group = Group {
            costs: case.costs.clone(),
            log_probs: case.replay.log_probs.iter().map(|steps| steps.iter().sum()).collect(),
            choices: case.traces.iter().map(|trace| trace.len() - FORCED).collect(),
        };
        let weighed = settings.weigh(&group, &mut stream(1, "pairs", 0));
        let mut gradient = Gradient::new(&case.weights.architecture);
        let pull = Pull { log_prob: StepWeights::Trajectory(&weighed.weights), value: None, entropy: 0.0 };
        case.model.backward(&case.problem, &case.encoded, &case.traces, FORCED, &pull, &mut gradient);

        let net = AttentionNet::import(&case.weights, &device).unwrap();
        let log_probs = judge(&case, &net, &device).log_probs;
        let steps = case.traces[0].len() - FORCED;
        let sum = |i: usize| log_probs.clone().narrow(0, i * steps, steps).sum();
        let sums: Vec<Tensor<1>> = (0..case.traces.len()).map(sum).collect();
        let loss = plain_loss(&settings, &case.costs, &sums);
        let value = parameters::values(loss.clone())[0];
        assert!((f64::from(value) - weighed.loss).abs() < 1e-4, "{value} {}", weighed.loss);
        let gradients = loss.backward();
        let theirs: Gradients = net.parameters().iter().map(|parameter| parameter.gradient(&gradients)).collect();
        assert_gradients_agree(&case.weights.architecture, &gradient.tensors(), &theirs);
    }
}

#[test]
fn models_of_another_task_have_other_parameters() {
    let weights = Weights::random(Architecture::new(Task::Knapsack, 8, 2, 1, 8), 1).unwrap();
    let net = AttentionNet::import(&weights, &device::cpu()).unwrap();
    assert_eq!(net.parameters().len(), weights.tensors.len());
}
