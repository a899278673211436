//! Bandits through the real binary: generated, played by every kind of policy, judged, learned from.

use crate::sandbox::{Sandbox, error_text};

#[test]
fn a_bandit_is_generated_detected_played_and_judged() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate bandit --n 12 --distribution path --seed 3 --output path.bandit");
    let mut rewards = Vec::new();
    for method in ["null", "myopic", "planner", "auto"] {
        let line = format!(
            "solve path.bandit --method {method} --iterations 200 --output play.json --report play.report --quiet"
        );
        sandbox.succeed(&line);
        let report: serde_json::Value = serde_json::from_str(&sandbox.read("play.report")).unwrap();
        assert_eq!((&report["problem"], &report["iterations"]), (&"bandit".into(), &200.into()));
        let (cost, bound) = (report["cost"].as_i64().unwrap(), report["bound"].as_i64().unwrap());
        assert!(bound <= cost && cost < 0, "{bound} {cost}");
        assert!(sandbox.succeed("check path.bandit play.json").starts_with("feasible, cost -"));
        let play: serde_json::Value = serde_json::from_str(&sandbox.read("play.json")).unwrap();
        assert_eq!(play["episodes"].as_array().unwrap().len(), 10);
        assert!((play["reward"].as_f64().unwrap() * 1e6 + cost as f64).abs() <= 1.0);
        rewards.push(-cost);
    }
    assert!(rewards[0] < rewards[1] && rewards[1] < rewards[2], "{rewards:?}");
}

#[test]
fn a_play_that_breaks_the_rule_is_named_by_its_step() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pair.json",
        r#"{"horizon": 2, "arms": [{"reward": [0, 1], "up": [0.1, 0.9]}, {"reward": [0, 2], "up": [0.1, 0.9]}],
            "constraint": {"kind": "budget", "budget": 1}}"#,
    );
    sandbox.write("play.json", r#"{"policy": "mine", "seed": 1, "episodes": [[[1], [0, 1]]]}"#);
    let output = sandbox.run("check pair.json play.json");
    assert_eq!(output.status.code(), Some(1));
    assert!(error_text(&output).contains("step 1 of episode 0: at most 1 actions"), "{}", error_text(&output));
    sandbox.write(
        "bad.json",
        "{\"horizon\": 2,\n\"arms\": [{\"reward\": [0, 1], \"up\": [0.1]}],\n\
         \"constraint\": {\"kind\": \"budget\", \"budget\": 1}}",
    );
    assert!(sandbox.fail("solve bad.json", 2).contains("arms[0].up: 2 probabilities"));
}

#[test]
fn models_are_trained_and_play() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate bandit --n 8 --distribution schedule --seed 3 --output s.bandit");
    sandbox.write("small.toml", "count = 3\n[residual]\nsamples = 4\nepisodes = 2\nevery = 2\nvalidation = 10\n");
    sandbox.succeed("train bandit --n 8 --steps 4 --config small.toml --output residual --quiet");
    sandbox.succeed("train bandit --algorithm sequoia --instance s.bandit --steps 3 --output q --quiet");
    for model in ["residual", "q"] {
        sandbox.succeed(&format!(
            "solve s.bandit --model {model}/model.json --iterations 40 --output {model}.json --quiet"
        ));
        assert!(sandbox.succeed(&format!("check s.bandit {model}.json")).starts_with("feasible, cost -"));
    }
    sandbox.succeed("generate bandit --n 9 --distribution schedule --seed 3 --output t.bandit");
    sandbox.succeed("solve t.bandit --model residual/model.json --iterations 20 --output t.json --quiet");
    assert!(sandbox.fail("solve t.bandit --model q/model.json", 2).contains("the instance needs 18 inputs"));
    assert!(sandbox.fail("train bandit --algorithm sequoia --steps 3 --output r", 2).contains("one instance"));
    assert!(sandbox.fail("train bandit --algorithm ppo --steps 3 --output r", 2).contains("ppo"));
    for flag in ["--threads 2", "--device gpu", "--model q/model.json"] {
        let message = sandbox.fail(&format!("train bandit --steps 3 --output r {flag}"), 2);
        assert!(message.contains("the problem bandit") && message.contains(flag.split(' ').next().unwrap_or(flag)));
    }
}

#[test]
fn training_is_resumed_ends_with_the_time_and_is_evaluated() {
    let sandbox = Sandbox::new();
    sandbox.succeed("generate bandit --n 8 --distribution path --seed 3 --output p.bandit");
    sandbox.write(
        "small.toml",
        "distribution = \"path\"\ncount = 2\n[residual]\nsamples = 4\nepisodes = 2\nevery = 2\nvalidation = 10\n",
    );
    let residual = "train bandit --n 8 --config small.toml --quiet";
    sandbox.write("compared.toml", "[sequoia]\nvalidation = 2\nevery = 1\n");
    let q = "train bandit --algorithm sequoia --instance p.bandit --config compared.toml --quiet";
    for (line, name) in [(residual, "residual"), (q, "q")] {
        sandbox.succeed(&format!("{line} --steps 4 --output {name}-whole"));
        assert!(sandbox.fail(&format!("{line} --steps 2 --output {name} --resume"), 2).contains("no checkpoint"));
        sandbox.succeed(&format!("{line} --steps 2 --output {name}"));
        assert!(sandbox.fail(&format!("{line} --steps 4 --output {name}"), 2).contains("--resume"));
        sandbox.succeed(&format!("{line} --steps 4 --output {name} --resume"));
        let model = |folder: &str| sandbox.read(&format!("{folder}/model.json"));
        assert_eq!(model(name), model(&format!("{name}-whole")));
        // A row for every part, of both sessions.
        let log = sandbox.read(&format!("{name}/log.csv"));
        let steps: Vec<&str> = log.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert!(steps[0] == "step" && steps.contains(&"2") && steps.last() == Some(&"4"), "{log}");
        assert!(sandbox.read(&format!("{name}/curve.svg")).contains("loss per step"));
        assert!(
            sandbox.fail(&format!("{line} --steps 4 --seed 7 --output {name} --resume"), 2).contains("other settings")
        );
        sandbox.succeed(&format!("{line} --time 200ms --output {name}-time"));
        assert!(!model(&format!("{name}-time")).is_empty());
    }
    // One instance of its own is enough for a residual.
    sandbox.succeed("train bandit --instance p.bandit --config small.toml --steps 2 --output own --quiet");
    let line = "evaluate bandit --n 8 --distribution path --count 2 --seed 101 --report report";
    sandbox.succeed(&format!("{line} --model residual/model.json"));
    let report = sandbox.read("report");
    let lines: Vec<serde_json::Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["reference"], &lines[0]["trajectories"]), (3, &"planner".into(), &100.into()));
    assert!(lines[0]["mean_gap"].as_f64().unwrap().abs() < 0.05 && lines[1]["cost"].as_i64().unwrap() < 0);
    let bounds: Vec<i64> = lines[1..].iter().map(|line| line["bound"].as_i64().unwrap()).collect();
    assert!(lines[1..].iter().zip(&bounds).all(|(line, &bound)| bound <= line["cost"].as_i64().unwrap()));
    assert_eq!(lines[0]["mean_bound"].as_f64(), Some((bounds[0] + bounds[1]) as f64 / 2.0));
    sandbox.succeed("evaluate bandit --set p.bandit --model q/model.json --references none");
    assert!(sandbox.fail(&format!("{line} --model q/model.json --decode beam"), 2).contains("models of bandits play"));
    assert!(sandbox.fail("evaluate bandit --n 9 --count 1 --model q/model.json", 2).contains("inputs"));
}

#[test]
fn settings_that_cannot_be_are_refused_by_name() {
    let sandbox = Sandbox::new();
    for (text, name) in
        [("count = 0", "count"), ("[residual]\nsamples = 0", "samples"), ("[residual]\nstep = 0.0", "step")]
    {
        sandbox.write("bad.toml", text);
        let error = sandbox.fail("train bandit --n 8 --config bad.toml --steps 2 --output bad", 2);
        assert!(error.contains(name) && error.contains("bad.toml"), "{error}");
    }
}

#[test]
fn checkpoint_that_was_changed_is_refused() {
    let sandbox = Sandbox::new();
    let small = "count = 2\n[residual]\nsamples = 4\nepisodes = 2\nvalidation = 10\n";
    sandbox.write("small.toml", small);
    let line = "train bandit --n 8 --config small.toml --quiet --output run";
    sandbox.succeed(&format!("{line} --steps 1"));
    let text = sandbox.read("run/checkpoint.json");
    let at = text.find("\"weight\":[").unwrap() + 10;
    // One weight less than the layer has.
    let rest = &text[at + text[at..].find(',').unwrap() + 1..];
    sandbox.write("run/checkpoint.json", format!("{}{rest}", &text[..at]));
    assert!(sandbox.fail(&format!("{line} --steps 2 --resume"), 2).contains("checkpoint.json"));
    // A number that could be.
    sandbox.write("run/checkpoint.json", text.replacen("\"generation\":1", "\"generation\":0", 1));
    assert!(sandbox.fail(&format!("{line} --steps 2 --resume"), 2).contains("damaged"));
    sandbox.write("run/checkpoint.json", &text);
    sandbox.succeed(&format!("{line} --steps 2 --resume"));
}
