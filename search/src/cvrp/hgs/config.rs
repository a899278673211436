//! Parameters of hybrid genetic search.

use heuron_problems::ConfigError;
use heuron_problems::config::{at_least, fraction};

/// Parameters of hybrid genetic search. Defaults are those of Vidal (2022), table 1, where nothing else is said.
#[derive(Clone, Debug, PartialEq)]
pub struct HgsConfig {
    /// Nearest customers that moves are tried with (before lists are made mutual). Default 20.
    pub granular: usize,
    /// Individuals that a selection of survivors leaves in each sub-population. Default 25.
    pub population: usize,
    /// The same at the start: small populations find good solutions sooner, large ones better solutions later.
    /// Default 10 (not in the paper), measured at 10 s.
    pub first_population: usize,
    /// Up to so many customers a population has its whole size, and its 100 first individuals, from the start, and is
    /// `patient_moves`. Default 250: mean gap of 10 X files of 124 to 232 customers, 10 s, two seeds, 0.05 % against
    /// 0.10 %.
    pub small: usize,
    /// Unless the budget allows fewer individuals than this: then it begins with fewer and looks at nearer neighbours
    /// only. Default 6 000: mean gap of 11 X files of 124 to 232 customers, three seeds, 3 s, 0.14 % against 0.30 %; 10
    /// s, two seeds, 0.09 % against 0.08 %.
    pub few: u64,
    /// Offspring get no more routes than their first parent has, and local search tries neighbours from anywhere in
    /// their list on, not from the nearest. Default off: mean gap of 8 X files of 283 to 438 customers, 10 s, two
    /// seeds, 0.33 % against 0.39 %; of 11 of 124 to 232 customers (seeds 103, 104) 0.047 % against 0.040 %.
    pub patient_moves: bool,
    /// Iterations over which the population grows from the one to the other. Default 20 000.
    pub growth: u64,
    /// Individuals added between selections; fewer in proportion while the population is small. Default 40.
    pub generation: usize,
    /// Individuals that biased fitness protects by cost alone. Default 4.
    pub elites: usize,
    /// Closest individuals that measure diversity. Default 5.
    pub close: usize,
    /// Individuals built before the first crossover. Default 40 (the paper: 100). At 10 s none of 10, 40
    /// and 100 was best on all of the X files tried.
    pub initial: usize,
    /// Share of individuals that should be feasible after local search. Default 0.2.
    pub feasible_share: f64,
    /// Individuals between changes of the penalties. Default 100.
    pub penalty_window: u32,
    /// Probability of repairing an infeasible individual with tenfold penalties. Default 0.5.
    pub repair: f64,
    /// Iterations without a better solution after which the population starts afresh. Default 20 000.
    pub patience: u64,
}

impl Default for HgsConfig {
    fn default() -> Self {
        Self {
            granular: 20,
            population: 25,
            first_population: 10,
            small: 250,
            few: 6_000,
            patient_moves: false,
            growth: 20_000,
            generation: 40,
            elites: 4,
            close: 5,
            initial: 40,
            feasible_share: 0.2,
            penalty_window: 100,
            repair: 0.5,
            patience: 20_000,
        }
    }
}

/// Individuals built before the first crossover of a small instance (Vidal, 2022).
const SMALL_INITIAL: usize = 100;

/// Neighbours, and iterations of growth, where few individuals can be had. With the 20 neighbours of the paper the 11
/// files of `few` are at 0.23 % in 3 s, with 12 at 0.16 %, with 10 at 0.14 %; with 12 and growth over 2 000 iterations
/// at 0.26 %.
const FEW_GRANULAR: usize = 10;
const FEW_GROWTH: u64 = 8_000;

/// First size of the population where individuals are few, and where they are fewer than `FEWER`. The files of `few`,
/// 0.6 s: 0.74 % with 15, 0.59 % with 10.
const FEW_POPULATION: usize = 15;
const FEWER_POPULATION: usize = 10;
const FEWER: u64 = 2_000;

/// Individuals of the budget for each one built before the first crossover, and the least number of these: the files of
/// `few` are in 0.3 s at 0.95 % with 20 instead of 1.14 % with 40.
const FEW_PER_INITIAL: u64 = 50;
const LEAST_INITIAL: u64 = 20;

impl HgsConfig {
    /// These parameters as they hold for so many customers and a budget of about so many individuals.
    pub(super) fn at(&self, customers: usize, individuals: u64) -> Self {
        if customers > self.small {
            return self.clone();
        }
        if individuals >= self.few {
            return Self {
                first_population: self.population,
                initial: self.initial.max(SMALL_INITIAL),
                patient_moves: true,
                ..self.clone()
            };
        }
        let first = if individuals < FEWER { FEWER_POPULATION } else { FEW_POPULATION };
        Self {
            granular: self.granular.min(FEW_GRANULAR),
            first_population: self.population.min(first),
            growth: self.growth.min(FEW_GROWTH),
            initial: self.initial.min((individuals / FEW_PER_INITIAL).max(LEAST_INITIAL) as usize),
            patient_moves: true,
            ..self.clone()
        }
    }

    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(1, "granular", self.granular)?;
        at_least(1, "population", self.population)?;
        at_least(1, "first_population", self.first_population)?;
        at_least(1, "growth", self.growth)?;
        at_least(1, "generation", self.generation)?;
        at_least(1, "close", self.close)?;
        at_least(1, "initial", self.initial)?;
        at_least(1, "penalty_window", self.penalty_window)?;
        at_least(1, "patience", self.patience)?;
        fraction("feasible_share", self.feasible_share)?;
        fraction("repair", self.repair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_instances_have_other_parameters() {
        let config = HgsConfig::default();
        assert_eq!(config.at(config.small + 1, 100), config);
        let ample = config.at(config.small, config.few);
        assert_eq!((ample.initial, ample.first_population, ample.granular), (SMALL_INITIAL, config.population, 20));
    }

    #[test]
    fn fewer_individuals_mean_a_smaller_beginning() {
        let config = HgsConfig::default();
        let sizes: Vec<_> = [config.few, config.few - 1, FEWER - 1, 1]
            .map(|individuals| config.at(100, individuals))
            .map(|config| (config.initial, config.first_population))
            .into();
        assert!(sizes.is_sorted_by(|a, b| a.0 >= b.0 && a.1 >= b.1), "{sizes:?}");
        assert_eq!(sizes[3], (LEAST_INITIAL as usize, FEWER_POPULATION));
        assert!(config.at(100, 1).check().is_ok());
    }
}
