//! Programs with networks in them: certificates against enumeration, by microlp or with `--features highs` by HiGHS.

use heuron_policies::native::Mlp;
use heuron_policies::sequoia::Config;
use heuron_problems::bandit::Row;
use heuron_problems::{Bandit, Generate, stream};
use heuron_search::bandit::Score;
use heuron_search::bandit::certify::Certifier;
use heuron_search::bandit::enumerate::Sets;
use heuron_search::bandit::learned::{gate, sequoia};
use heuron_search::bandit::oracle::Oracle;
use heuron_search::mip::{MipError, Program, Settings};
use rand::Rng;

fn state(arms: usize, index: u64) -> Vec<f64> {
    let mut rng = stream(101, "mip test", index);
    (0..arms).map(|_| f64::from(rng.random_range(0..4_u8))).collect()
}

#[test]
fn certificates_for_20_arms_agree_with_enumeration_in_all_states() {
    for rule in ["uniform", "schedule", "capacity", "path", "interventions"] {
        let bandit = Bandit::generate(&Bandit::spec(20, rule).unwrap(), &mut stream(101, "generate", 0));
        let (mut oracle, mut certifier, reach) = (Oracle::new(&bandit), Certifier::new(&bandit), bandit.reach());
        let sets = Sets::all(&bandit, &mut oracle, 100_000).unwrap();
        let repaired = Config { validation: 0, restart: 0, ..Config::repaired() };
        let config = Config { states: 60, epochs: 4, episodes: 20, batch: 32, seeds: 0, ..repaired };
        let trained = sequoia(&bandit, &config).unwrap().network;
        for (name, network) in [("trained", trained), ("random", Mlp::random(&[bandit.actions + 20, 10, 6], 1))] {
            for index in 0..6 {
                let score = Score::of_gate(&bandit, &reach, gate(&bandit, &network, &state(20, index)));
                let best = score.value(&sets.best(&score));
                // The worst start that is at hand.
                let known = sets.iter().min_by(|a, b| score.value(a).total_cmp(&score.value(b))).unwrap();
                let certified = certifier.certify(&score, &mut oracle, known, &Settings::default()).unwrap();
                assert!((certified.value - best).abs() < 1e-6, "{rule}, {name} {index}: {} {best}", certified.value);
            }
        }
    }
}

#[test]
fn start_and_bounds_by_linear_programs_do_not_change_the_answer() {
    let mut binaries = [0; 2];
    for seed in 0..4 {
        let network = Mlp::random(&[14, 9, 7], seed);
        let costs = (0..14).map(|input| (input, f64::from(1 + input % 4))).collect();
        let rows = vec![Row::cardinality(0..14, 5), Row { terms: costs, least: 4.0, limit: 9.0 }];
        let program =
            Program { values: (0..14).map(|input| 0.01 * f64::from(input)).collect(), network: Some(network), rows };
        let solve =
            |tighten, start| program.maximise(&[0, 3], &Settings { tighten, start, seconds: None }, |_| None).unwrap();
        let plain = solve(usize::MAX, false);
        let value = |set: u32| {
            let list: Vec<u32> = (0..14).filter(|input| set >> input & 1 == 1).collect();
            program.rows.iter().all(|row| row.holds(&list)).then(|| program.value(&list))
        };
        let best = (0..1 << 14).filter_map(value).fold(f64::NEG_INFINITY, f64::max);
        assert!((plain.value - best).abs() < 1e-6, "{seed}: {} {best}", plain.value);
        for (tighten, start) in [(usize::MAX, true), (0, false), (0, true)] {
            let other = solve(tighten, start);
            assert!((other.value - best).abs() < 1e-6, "{seed}, {tighten}, {start}: {} {best}", other.value);
            assert!(other.binaries <= plain.binaries);
            binaries[1] += other.binaries;
        }
        binaries[0] += 3 * plain.binaries;
    }
    assert!(binaries[1] < binaries[0], "{binaries:?}");
}

#[test]
fn what_cannot_be_proven_is_an_error() {
    let settings = Settings::default();
    let network = Mlp::random(&[40, 24, 24], 1);
    let rows = vec![Row::cardinality(0..40, 12)];
    let program = Program { values: vec![0.0; 40], network: Some(network), rows };
    let solve = |known: &[u32], settings| program.maximise(known, &settings, |_| None);
    for known in [vec![1, 0], vec![40], (0..13).collect()] {
        assert!(matches!(solve(&known, settings), Err(MipError::Invalid(_))), "{known:?}");
    }
    let hurried = solve(&[0], Settings { seconds: Some(1e-3), ..settings });
    assert!(matches!(hurried, Err(MipError::Time(_))), "{hurried:?}");

    let small = Program { values: vec![1.0, 2.0], network: None, rows: vec![Row::cardinality(0..2, 1)] };
    let all_pass = small.maximise(&[], &settings, |_| None).unwrap();
    assert_eq!((all_pass.list, all_pass.value), (vec![1], 2.0));
    let idle = small.maximise(&[], &settings, |_| Some(Row::cardinality(0..2, 1)));
    assert!(matches!(idle, Err(MipError::Invalid(_))), "{idle:?}");
    let narrow = Program { values: vec![0.0; 3], network: Some(Mlp::random(&[2, 2], 1)), rows: Vec::new() };
    assert!(matches!(narrow.maximise(&[], &settings, |_| None), Err(MipError::Invalid(_))));
}
