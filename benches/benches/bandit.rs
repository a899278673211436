//! Steps of policies for coupled restless bandits: the argmax tiers on Q-networks, oracles, and duals.

use criterion::{Criterion, criterion_group, criterion_main};
use heuron_policies::native::Mlp;
use heuron_problems::bandit::Dual;
use heuron_problems::bandit::dual::Start;
use heuron_problems::{Bandit, Generate, Stream, stream};
use heuron_search::bandit::baselines::Myopic;
use heuron_search::bandit::learned::gate;
use heuron_search::bandit::oracle::Oracle;
use heuron_search::bandit::planner::{Planner, lookahead};
use heuron_search::bandit::standing::Standing;
use heuron_search::bandit::{Argmax, Player, Score, Tier};
use rand::Rng;

fn bandit(n: usize, rule: &str) -> Option<Bandit> {
    let spec = Bandit::spec(n, rule).ok()?;
    Some(Bandit::generate(&spec, &mut stream(1, "bench bandit", 0)))
}

fn state(bandit: &Bandit, rng: &mut Stream) -> Vec<u8> {
    bandit.arms.iter().map(|_| rng.random_range(0..4)).collect()
}

/// A step with a Q-network of 32 x 32 units at random weights, which are harder than trained ones.
fn argmax(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bandit/argmax");
    group.sample_size(20);
    for (n, rule) in
        [(20, "schedule"), (20, "capacity"), (20, "path"), (100, "schedule,budget=20"), (100, "capacity,budget=20")]
    {
        let Some(bandit) = bandit(n, rule) else { continue };
        let (reach, mut rng) = (bandit.reach(), stream(1, "bench bandit", 1));
        let network = Mlp::random(&[bandit.actions + bandit.arms.len(), 32, 32], 1);
        let mut argmax = Argmax::new(&bandit, Tier::Local);
        group.bench_function(format!("local/{}", bandit.name), |bencher| {
            bencher.iter(|| {
                let levels: Vec<f64> = state(&bandit, &mut rng).into_iter().map(f64::from).collect();
                argmax.best(&Score::of_gate(&bandit, &reach, gate(&bandit, &network, &levels)), &[])
            });
        });
    }
    group.finish();
}

/// The best allowed set for the linear values of the index policy.
fn oracle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bandit/oracle");
    group.sample_size(20);
    for (n, rule) in [(20, "path"), (40, "path"), (40, "schedule"), (100, "schedule"), (100, "capacity")] {
        let Some(bandit) = bandit(n, rule) else { continue };
        let dual = Dual::solve(&bandit, &Start::law(&bandit), bandit.horizon, 50);
        let (mut oracle, mut rng) = (Oracle::new(&bandit), stream(1, "bench bandit", 2));
        group.bench_function(&bandit.name, |bencher| {
            bencher.iter(|| {
                let worth = lookahead(&bandit, &dual, 5, &state(&bandit, &mut rng));
                let values: Vec<f64> = worth.iter().map(|arm| arm[1] - arm[0]).collect();
                oracle.best(&values)
            });
        });
    }
    group.finish();
}

/// A whole step of the planners with new prices and with standing orders, and of the exact myopic policy.
fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bandit/step");
    group.sample_size(20);
    for n in [20, 100] {
        let Some(bandit) = bandit(n, "schedule") else { continue };
        let mut rng = stream(1, "bench bandit", 3);
        let mut planner = Planner::new(&bandit, 20);
        group.bench_function(format!("planner/{n}"), |bencher| {
            bencher.iter(|| planner.act(5, &state(&bandit, &mut rng)));
        });
        let mut standing = Standing::new(&bandit);
        group.bench_function(format!("standing/{n}"), |bencher| {
            bencher.iter(|| standing.act(5, &state(&bandit, &mut rng)));
        });
        let mut myopic = Myopic::new(&bandit, false);
        group
            .bench_function(format!("myopic/{n}"), |bencher| bencher.iter(|| myopic.act(5, &state(&bandit, &mut rng))));
    }
    group.finish();
}

criterion_group!(benches, argmax, oracle, step);
criterion_main!(benches);
