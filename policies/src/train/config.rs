//! What decides a training run: one struct, every field with its default and where it comes from.

use heuron_problems::ConfigError;
use heuron_problems::config::{fraction, require};
use serde::{Deserialize, Serialize};

use crate::train::compass::Compass;
use crate::train::poppy::{self, Poppy};
use crate::train::ppo::Ppo;
use crate::train::preference::Preference;
use crate::train::reinforce::{Baseline, Reinforce};
use crate::train::schedule::Schedule;

/// A training run. The result of a run by steps depends on this, the budget and the version only.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How trajectories become a gradient. Default: preference (Pan et al., ICML 2025: 2.5 times fewer epochs).
    pub algorithm: Algorithm,
    /// Seed of weights, instances and choices. Default: 101; 1 to 3 are for published tables.
    pub seed: u64,
    /// Size of the network. Default: that of POMO.
    pub network: Network,
    /// Sizes of the training instances, in equal parts. Default: 20.
    pub sizes: Vec<usize>,
    /// Other sizes in the beginning (curriculum), in order. Default: none.
    pub curriculum: Vec<Stage>,
    /// Distribution of the training instances, as in `heuron generate`. Default: uniform.
    pub distribution: String,
    /// Instances per step. Default: 64 (POMO).
    pub batch: usize,
    /// Trajectories per instance, each from an opening of its own while there are enough. Default: all openings (POMO);
    /// 16 of a problem without openings (shops).
    pub starts: Option<usize>,
    /// Trajectories per instance that are replayed: those with the largest weights. Default: all. 8 of 50 carry most of
    /// the signal and halve the time of a step (measured).
    pub informative: Option<usize>,
    /// Largest learning rate. Default: 5e-4 (measured on TSP-20; PO uses 3e-4 on 100 nodes).
    pub learning_rate: f64,
    /// How the learning rate changes. Default: half a cosine down after a short rise.
    pub schedule: Schedule,
    /// What a step takes off a weight, in parts of it and of the learning rate. Default: 1e-6 (RL4CO; of Poppy the
    /// encoder's).
    pub weight_decay: f32,
    /// Largest norm of the gradient. Default: 1 (Kool et al., 2019).
    pub clip_norm: f64,
    /// Settings of `reinforce`.
    pub reinforce: Reinforce,
    /// Settings of `ppo`.
    pub ppo: Ppo,
    /// Settings of `preference`.
    pub preference: Preference,
    /// Settings of `poppy`.
    pub poppy: Poppy,
    /// Settings of `compass`.
    pub compass: Compass,
    /// Local search on sampled solutions, whose results join as labels (Pan et al., 2025, section 4.3).
    pub improvement: Improvement,
    /// The fixed set that the model is judged by.
    pub validation: Validation,
    /// Steps between two rows of the log. Default: a 500th of the steps; with a time limit the time of a 500th.
    pub log_every: Option<u64>,
    /// Minutes between two checkpoints, which an interruption without a signal loses at most. Default: 5.
    pub checkpoint_minutes: f64,
}

/// How trajectories become a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// REINFORCE with the mean of the instance as baseline (POMO; Kwon et al., 2020), or the greedy rollout of a frozen
    /// policy (Kool et al., 2019).
    Reinforce,
    /// Proximal policy optimisation (RLOR; Wan et al., 2023).
    Ppo,
    /// Preference optimisation (Pan et al., 2025).
    #[default]
    Preference,
    /// A population of decoders, the winner learns (Grinsztajn et al., 2023); begins with a trained model.
    Poppy,
    /// A decoder that latent vectors steer, the best vector is learned (Chalumeau et al., 2023); begins with a trained
    /// model.
    Compass,
}

/// Size of the attention model. See [`crate::architecture::Architecture`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Length of an embedding. Default: 128 (POMO).
    pub width: usize,
    /// Attention heads. Default: 8 (POMO).
    pub heads: usize,
    /// Layers of the encoder. Default: 6 (POMO). An attention model to begin with may have fewer: those added begin as
    /// the identity (Chen et al., "Net2Net", 2016).
    pub layers: usize,
    /// Hidden units of a feed-forward block. Default: 512 (POMO).
    pub feed_forward: usize,
    /// Largest logit. Default: 50 (PO, ELG, ICAM); POMO has 10.
    pub clip: f32,
    /// Distances in attention and logits (ICAM; Zhou et al., 2024). Default: where there are coordinates.
    pub distance_bias: Option<bool>,
    /// A feed-forward block between attention and pointer (Pan et al., 2025). Default: none. Per choice it adds 2 width
    /// (width + feed_forward) multiplications to the 2 n width of attention and pointer: 64 wide on 50 nodes, six times
    /// as many. Whether it pays at equal time was not measured.
    pub feature_layer: bool,
    /// Neighbours that a local policy looks at (after ELG; Gao et al., 2024). Default: no local policy. 20 neighbours
    /// take about 8 000 multiplications per choice. Whether it pays at equal time was not measured.
    pub local: Option<usize>,
    /// Encoders of mixed-score attention between the jobs and the machines of a flow shop's stages (MatNet; Kwon et
    /// al., 2021: one per stage). Default: none, nodes hear the means of their neighbours, which is ahead after 45 CPU
    /// seconds (`benches/versus/claims.md`; longer runs were not measured).
    pub mixed_score: Option<usize>,
}

/// A part of the run with sizes of its own.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Part of the budget at which the stage ends, above 0 and below 1.
    pub until: f64,
    /// Sizes of its instances, in equal parts.
    pub sizes: Vec<usize>,
}

/// Local search as a teacher.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Improvement {
    /// Part of the budget at which it begins; 1: never. Default: 1. PO fine-tunes in the last 5 %: 0.95.
    pub from: f64,
    /// Part of an instance's trajectories, the best ones, that is improved, at least one. Default: 0.02 on the CVRP,
    /// else 0.2 (PO). Many improved route plans make a policy undecided: 20 customers, 75 s from random weights, gap
    /// 2.3 % without a teacher, 2.0 and 2.1 % with one plan of 20, 3.4 % with four.
    pub share: Option<f64>,
}

/// The fixed set that a model is judged by: greedy from the openings, without augmentation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Validation {
    /// Sizes of its instances, in equal parts. Default: the run's sizes.
    pub sizes: Vec<usize>,
    /// Instances. Default: 256, which keeps a validation short beside a 40th of the run.
    pub count: usize,
    /// Seed. Default: 101; 1 to 3 are for published tables.
    pub seed: u64,
    /// Openings per instance. Default: all.
    pub starts: Option<usize>,
    /// Steps between two validations. Default: a 40th of the steps; with a time limit the time of a 40th.
    pub every: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            seed: 101,
            network: Network::default(),
            sizes: vec![20],
            curriculum: Vec::new(),
            distribution: "uniform".into(),
            batch: 64,
            starts: None,
            informative: None,
            learning_rate: 5e-4,
            schedule: Schedule::default(),
            weight_decay: 1e-6,
            clip_norm: 1.0,
            reinforce: Reinforce::default(),
            ppo: Ppo::default(),
            preference: Preference::default(),
            poppy: Poppy::default(),
            compass: Compass::default(),
            improvement: Improvement::default(),
            validation: Validation::default(),
            log_every: None,
            checkpoint_minutes: 5.0,
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            width: 128,
            heads: 8,
            layers: 6,
            feed_forward: 512,
            clip: 50.0,
            distance_bias: None,
            feature_layer: false,
            local: None,
            mixed_score: None,
        }
    }
}

impl Default for Improvement {
    fn default() -> Self {
        Self { from: 1.0, share: None }
    }
}

impl Default for Validation {
    fn default() -> Self {
        Self { sizes: Vec::new(), count: 256, seed: 101, starts: None, every: None }
    }
}

/// Largest size and number of anything per step: more is a typing error.
const MOST: usize = 100_000;

impl Config {
    /// Whether the trajectories of an instance learn from each other, so that a single one teaches nothing.
    fn compares_starts(&self) -> bool {
        match self.algorithm {
            Algorithm::Reinforce => self.reinforce.baseline == Baseline::Mean,
            Algorithm::Poppy => self.poppy.baseline == poppy::Baseline::Mean,
            Algorithm::Preference => self.improvement.from >= 1.0,
            Algorithm::Compass => true,
            Algorithm::Ppo => false,
        }
    }

    /// Refuses values that cannot be, by the field's name.
    pub fn check(&self) -> Result<(), ConfigError> {
        let count = |field, n: usize| require((1..=MOST).contains(&n), field, "a number from 1 to 100000", n);
        let some = |field, n: Option<usize>| n.map_or(Ok(()), |n| count(field, n));
        count("batch", self.batch)?;
        some("starts", self.starts)?;
        let alone = self.starts == Some(1) && self.compares_starts();
        require(!alone, "starts", "at least 2, since these trajectories learn from each other", 1)?;
        some("informative", self.informative)?;
        check_sizes("sizes", &self.sizes)?;
        let mut before = 0.0;
        for stage in &self.curriculum {
            let ascending = before < stage.until && stage.until < 1.0;
            require(
                ascending,
                "curriculum.until",
                "parts of the budget that grow from above 0 to below 1",
                stage.until,
            )?;
            before = stage.until;
            check_sizes("curriculum.sizes", &stage.sizes)?;
        }
        let rate = self.learning_rate;
        require(rate > 0.0 && rate <= 1.0, "learning_rate", "a number above 0, at most 1", rate)?;
        fraction("weight_decay", self.weight_decay)?;
        require(self.clip_norm > 0.0, "clip_norm", "a number above 0", self.clip_norm)?;
        let minutes = self.checkpoint_minutes;
        require(minutes > 0.0 && minutes < 1e6, "checkpoint_minutes", "a number above 0", minutes)?;
        require(self.log_every != Some(0), "log_every", "a number of steps above 0", 0)?;
        require(self.validation.every != Some(0), "validation.every", "a number of steps above 0", 0)?;
        count("validation.count", self.validation.count)?;
        some("validation.starts", self.validation.starts)?;
        if !self.validation.sizes.is_empty() {
            check_sizes("validation.sizes", &self.validation.sizes)?;
        }
        let Improvement { from, share } = self.improvement;
        require((0.0..=1.0).contains(&from), "improvement.from", "a part of the budget from 0 to 1", from)?;
        let part = share.unwrap_or(1.0);
        require(part > 0.0 && part <= 1.0, "improvement.share", "a part above 0, at most 1", part)?;
        require(
            from == 1.0 || self.algorithm == Algorithm::Preference,
            "improvement.from",
            "1, because only `preference` learns from improved solutions",
            from,
        )?;
        self.schedule.check()?;
        self.reinforce.check()?;
        let alone = self.reinforce.baseline == Baseline::Mean || self.algorithm == Algorithm::Reinforce;
        require(alone, "reinforce.baseline", "mean, because only `reinforce` has another one", "rollout")?;
        self.ppo.check()?;
        let parts = self.ppo.minibatches;
        let fit = self.algorithm != Algorithm::Ppo || parts <= self.batch;
        require(fit, "ppo.minibatches", "a number from 1 to the batch", parts)?;
        self.poppy.check()?;
        self.compass.check()?;
        self.preference.check()
    }

    /// Sizes of the instances once part `progress` of the budget is used.
    pub fn sizes_at(&self, progress: f64) -> &[usize] {
        let stage = self.curriculum.iter().find(|stage| progress < stage.until);
        stage.map_or(&self.sizes, |stage| &stage.sizes)
    }

    /// Sizes of the validation set.
    pub fn validation_sizes(&self) -> &[usize] {
        if self.validation.sizes.is_empty() { &self.sizes } else { &self.validation.sizes }
    }
}

fn check_sizes(field: &'static str, sizes: &[usize]) -> Result<(), ConfigError> {
    let good = !sizes.is_empty() && sizes.iter().all(|n| (2..=MOST).contains(n));
    require(good, field, "at least one size from 2 to 100000", format!("{sizes:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_accepted() {
        Config::default().check().unwrap();
    }

    #[test]
    fn wrong_values_are_refused_by_the_fields_name() {
        let refused = |change: &dyn Fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().unwrap_err().field
        };
        assert_eq!(refused(&|c| c.batch = 0), "batch");
        assert_eq!(refused(&|c| c.starts = Some(1)), "starts");
        assert_eq!(refused(&|c| c.sizes = vec![1]), "sizes");
        assert_eq!(refused(&|c| c.learning_rate = f64::NAN), "learning_rate");
        assert_eq!(refused(&|c| c.curriculum = vec![Stage { until: 1.0, sizes: vec![20] }]), "curriculum.until");
        assert_eq!(refused(&|c| c.ppo.minibatches = 0), "ppo.minibatches");
        assert_eq!(refused(&|c| c.reinforce.baseline = Baseline::Rollout), "reinforce.baseline");
        assert_eq!(refused(&|c| c.preference.alpha = -1.0), "preference.alpha");
    }

    #[test]
    fn stages_of_the_curriculum_follow_the_budget() {
        let stage = |until, n| Stage { until, sizes: vec![n] };
        let config =
            Config { curriculum: vec![stage(0.25, 20), stage(0.5, 50)], sizes: vec![100], ..Config::default() };
        let sizes = [0.0, 0.3, 0.5, 1.0].map(|progress| config.sizes_at(progress)[0]);
        assert_eq!(sizes, [20, 50, 100, 100]);
    }
}
