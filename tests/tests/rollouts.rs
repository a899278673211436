//! Rollouts and the search over them.

use heuron_policies::rules::{Dispatch, NearestNeighbour, Random, Ratio, Savings};
use heuron_policies::{Decode, Policy, Start, rollout};
use heuron_problems::knapsack::Item;
use heuron_problems::{Construct, Cost, Cvrp, Format, Generate, Jssp, Knapsack, Rounding, Schedule, Tsp, stream};
use heuron_search::{Budget, Rule, Sample, Setup, StopReason};
use heuron_tests::run;

const SAMPLE: Decode = Decode::Sample { temperature: 0.5 };

fn draw<P: Generate>(n: usize, distribution: &str, index: u64) -> P {
    P::generate(&P::spec(n, distribution).unwrap(), &mut stream(1, "rollouts", index))
}

/// Two lanes for each of `instances`, with openings 1 and 2.
fn starts(instances: std::ops::Range<usize>, name: u64) -> Vec<Start> {
    let lane = |instance, opening| Start {
        instance,
        opening: Some(opening),
        stream: stream(name + instance as u64, "lane", opening.into()),
    };
    instances.flat_map(|instance| [lane(instance, 1), lane(instance, 2)]).collect()
}

fn costs<P: Construct, A: Policy<P>>(policy: &A, batch: &[P], starts: Vec<Start>, decode: Decode) -> Vec<Cost> {
    let mut memory = policy.encode(batch);
    let outcomes = rollout(policy, &mut memory, batch, starts, decode, || false).unwrap();
    outcomes.into_iter().map(|outcome| outcome.cost.expect("rollouts are feasible")).collect()
}

fn setup(iterations: u64, seed: u64, islands: usize, threads: usize) -> Setup {
    Setup { seed, threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

fn nearest(samples: u64) -> Sample<Rule<NearestNeighbour>> {
    Sample { source: Rule { policy: NearestNeighbour, temperature: 0.2 }, samples, share: 1.0 }
}

#[test]
fn a_lane_does_not_depend_on_the_lanes_beside_it() {
    let batch: Vec<Cvrp> = (0..2).map(|i| draw(30, "x", i)).collect();
    let together = costs(&Savings, &batch, starts(0..2, 5), SAMPLE);
    let first = costs(&Savings, &batch[..1], starts(0..1, 5), SAMPLE);
    let second = costs(&Savings, &batch[1..], starts(0..1, 6), SAMPLE);
    assert_eq!(together, [first, second].concat());
}

#[test]
fn nearest_neighbour_goes_to_the_nearest() {
    let tsp: Tsp = draw(40, "uniform", 0);
    let mut memory = NearestNeighbour.encode(std::slice::from_ref(&tsp));
    let outcomes =
        rollout(&NearestNeighbour, &mut memory, std::slice::from_ref(&tsp), starts(0..1, 1), Decode::Greedy, || false);
    let nodes = &outcomes.unwrap()[0].solution.nodes;
    assert_eq!(nodes[0], 1);
    for (at, pair) in nodes.windows(2).enumerate() {
        let distance = |to: u32| tsp.distances.get(pair[0] as usize, to as usize);
        assert!(nodes[at + 1..].iter().all(|&other| distance(pair[1]) <= distance(other)));
    }
}

#[test]
fn routes_of_rules_are_closed_only_when_nobody_fits() {
    let cvrp: Cvrp = draw(60, "x", 3);
    let batch = std::slice::from_ref(&cvrp);
    let nearest =
        rollout(&NearestNeighbour, &mut NearestNeighbour.encode(batch), batch, starts(0..1, 1), SAMPLE, || false);
    let savings = rollout(&Savings, &mut Savings.encode(batch), batch, starts(0..1, 1), SAMPLE, || false);
    for outcome in nearest.unwrap().into_iter().chain(savings.unwrap()) {
        let routes = &outcome.solution.routes;
        for (index, route) in routes.iter().enumerate() {
            let room = cvrp.capacity - cvrp.load(route);
            assert!(routes[index + 1..].iter().flatten().all(|&later| cvrp.demands[later as usize] > room));
        }
    }
}

#[test]
fn rules_beat_chance() {
    let tsp: [Tsp; 1] = [draw(200, "clustered", 0)];
    let by_chance = costs(&Random, &tsp, starts(0..1, 1), SAMPLE);
    assert!(2 * costs(&NearestNeighbour, &tsp, starts(0..1, 1), Decode::Greedy)[0] < by_chance[0]);
    let cvrp: [Cvrp; 1] = [draw(200, "uniform", 0)];
    let by_chance = costs(&Random, &cvrp, starts(0..1, 1), SAMPLE);
    assert!(2 * costs(&NearestNeighbour, &cvrp, starts(0..1, 1), Decode::Greedy)[0] < by_chance[0]);
    assert!(2 * costs(&Savings, &cvrp, starts(0..1, 1), Decode::Greedy)[0] < by_chance[0]);
    let knapsack: [Knapsack; 1] = [draw(200, "uniform", 0)];
    let by_chance = costs(&Random, &knapsack, starts(0..1, 1), SAMPLE);
    assert!(costs(&Ratio, &knapsack, starts(0..1, 1), Decode::Greedy)[0] < 2 * by_chance[0]);
}

/// Profits per weight: 2, 3, without end, 0, 1.
#[test]
fn ratio_packs_the_most_profitable_per_weight_that_fits() {
    let items = [(4, 2), (9, 3), (1, 0), (0, 1), (2, 2)].map(|(profit, weight)| Item { profit, weight });
    let batch = [Knapsack::new("five", items.to_vec(), 6)];
    let start = Start { instance: 0, opening: None, stream: stream(1, "unused", 0) };
    let outcomes = rollout(&Ratio, &mut Ratio.encode(&batch), &batch, vec![start], Decode::Greedy, || false).unwrap();
    assert_eq!((&outcomes[0].solution.items[..], &outcomes[0].cost), (&[0, 1, 2, 3][..], &Ok(-14)));
}

#[test]
fn a_rollout_stops_when_told() {
    let batch: [Tsp; 1] = [draw(20, "uniform", 0)];
    assert!(rollout(&Random, &mut (), &batch, starts(0..1, 1), SAMPLE, || true).is_none());
}

#[test]
fn the_answer_depends_on_seed_and_iterations_only() {
    let cvrp: Cvrp = draw(50, "x", 1);
    let sample = |seed, islands, threads| {
        let search = Sample { source: Rule { policy: Savings, temperature: 0.3 }, samples: u64::MAX, share: 1.0 };
        run(&cvrp, setup(333, seed, islands, threads), None, search)
    };
    let end = sample(1, 4, 1);
    assert_eq!(end, sample(1, 4, 2));
    assert_eq!(end, sample(1, 1, 1));
    assert_eq!((end.iterations, end.reason), (333, Some(StopReason::Iterations)));
    assert_ne!(end.cost(), sample(2, 4, 1).cost());
}

#[test]
fn more_trajectories_are_never_worse_and_start_with_every_opening() {
    let tsp: Tsp = draw(60, "uniform", 1);
    let all = |opening| Start { instance: 0, opening: Some(opening), stream: stream(0, "unused", 0) };
    let greedy = costs(&NearestNeighbour, std::slice::from_ref(&tsp), (0..60).map(all).collect(), Decode::Greedy);
    let only_greedy = run(&tsp, setup(1_000, 1, 4, 2), None, nearest(0));
    assert_eq!((Some(&only_greedy.cost()), only_greedy.iterations), (greedy.iter().min(), 60));
    let sampled = run(&tsp, setup(2_000, 1, 4, 2), None, nearest(u64::MAX));
    assert!(sampled.cost() < only_greedy.cost());
}

/// Three jobs that all begin on machine 0. Job 2 has the shortest operation, job 0 the most work, job 1 the most
/// operations; flow due date over work left is 3/9, 4/7 and 1/4.
#[test]
fn each_dispatching_rule_has_its_first_choice() {
    let text = r#"{"duration_matrix": [[3, 6], [4, 1, 2], [1, 3]], "machines_matrix": [[0, 1], [0, 1, 1], [0, 1]]}"#;
    let jssp = Jssp::read(text, Rounding::Nearest).unwrap();
    let first = |rule: Dispatch| {
        let batch = std::slice::from_ref(&jssp);
        let start = Start { instance: 0, opening: None, stream: stream(1, "lane", 0) };
        let outcomes = rollout(&rule, &mut rule.encode(batch), batch, vec![start], Decode::Greedy, || false).unwrap();
        assert!(outcomes[0].cost.is_ok());
        let Schedule::Sequences(sequences) = &outcomes[0].solution else { panic!("a construction gives sequences") };
        sequences[0][0]
    };
    assert_eq!([Dispatch::Spt, Dispatch::Mwkr, Dispatch::Mopnr, Dispatch::FddMwkr].map(first), [2, 0, 1, 2]);
}

#[test]
fn dispatching_beats_random_construction() {
    let batch: Vec<Jssp> = (0..5).map(|i| draw(12, "uniform", i)).collect();
    let mean = |costs: Vec<Cost>| costs.iter().sum::<Cost>();
    let random = mean(costs(&heuron_policies::rules::Random, &batch, starts(0..5, 1), SAMPLE));
    for rule in [Dispatch::Spt, Dispatch::Mwkr, Dispatch::Mopnr, Dispatch::FddMwkr] {
        assert!(mean(costs(&rule, &batch, starts(0..5, 1), Decode::Greedy)) < random, "{rule:?}");
    }
}
