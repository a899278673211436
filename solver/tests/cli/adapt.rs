//! Latent vectors, populations and tables through the real binary.

use heuron_policies::{Architecture, Task, Weights};

use crate::sandbox::Sandbox;

/// A sandbox with an untrained model that latent vectors steer, one of three agents, and one that is neither.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let plain = Architecture::new(Task::Tsp, 16, 2, 1, 16);
    for (name, architecture) in [
        ("latent.safetensors", Architecture { latent: Some(16), ..plain.clone() }),
        ("agents.safetensors", Architecture { agents: Some(3), ..plain.clone() }),
        ("plain.safetensors", plain),
    ] {
        sandbox.write(name, Weights::random(architecture, 1).unwrap().to_bytes().unwrap());
    }
    sandbox
}

#[test]
fn evaluation_counts_attempts() {
    let sandbox = sandbox();
    let cases = [("plain", "active"), ("latent", "latent"), ("latent", "uniform"), ("agents", "population")];
    for (model, decode) in cases {
        let line = format!("evaluate tsp --model {model}.safetensors --n 10 --count 3 --decode {decode} --attempts 20");
        sandbox.succeed(&format!("{line} --threads 2 --report r.json"));
        let lines = sandbox.json("r.json");
        assert_eq!(lines[0]["attempts"], 20);
        assert_eq!(lines[0]["trajectories"], 3 * 20 * 10, "{decode}");
        assert!(lines[0]["mean_gap"].as_f64().unwrap() >= 0.0);
        sandbox.succeed(&format!("{line} --threads 1 --report s.json"));
        assert_eq!(lines[1..], sandbox.json("s.json")[1..], "{decode}");
    }
}

#[test]
fn models_without_vectors_or_agents_are_refused_with_the_way_to_get_one() {
    let sandbox = sandbox();
    for (decode, algorithm) in [("latent", "compass"), ("population", "poppy")] {
        let line = format!("evaluate tsp --model plain.safetensors --n 10 --count 2 --decode {decode}");
        let error = sandbox.fail(&line, 2);
        assert!(error.contains(&format!("--algorithm {algorithm}")), "{error}");
        sandbox.succeed("generate tsp --n 12 --output a.tsp");
        let error = sandbox.fail(&format!("solve a.tsp --method {decode} --model plain.safetensors"), 2);
        assert!(error.contains(&format!("--algorithm {algorithm}")), "{error}");
    }
}

#[test]
fn solver_adapts_to_the_instance() {
    let sandbox = sandbox();
    sandbox.succeed("generate tsp --n 12 --output a.tsp");
    for (method, model) in [("active", "plain"), ("latent", "latent"), ("population", "agents")] {
        let line = format!("solve a.tsp --method {method} --iterations 150 --threads 1");
        sandbox.succeed(&format!("{line} --model {model}.safetensors --output a.tour --report r.json"));
        assert_eq!(sandbox.json("r.json")[0]["method"], method);
        sandbox.succeed("check a.tsp a.tour");
        sandbox.succeed(&format!("{line} --no-model --output b.tour"));
        sandbox.succeed("check a.tsp b.tour");
    }
}

#[test]
fn tables_are_listed_and_unknown_ones_refused_with_the_list() {
    let sandbox = sandbox();
    let list = sandbox.succeed("table");
    for name in ["pomo", "rlor", "preference", "poppy", "compass"] {
        assert!(list.contains(name), "{list}");
    }
    let error = sandbox.fail("table pom --output .", 2);
    assert!(error.contains("pomo") && error.contains("remedy"), "{error}");
    sandbox.fail("table pomo", 2);
}

#[test]
fn mutated_instances_come_by_set_and_by_distribution() {
    let sandbox = sandbox();
    sandbox.succeed("generate tsp --set mutated-tsp-3 --count 2 --output set/");
    sandbox.succeed("generate cvrp --n 20 --distribution mutated,operator=grid,power=80 --output b.vrp");
    sandbox.succeed("solve b.vrp --iterations 50 --output b.sol");
    sandbox.succeed("check b.vrp b.sol");
    let error = sandbox.fail("generate tsp --n 20 --distribution mutated,operator=crash", 2);
    assert!(error.contains("explosion"), "{error}");
}
