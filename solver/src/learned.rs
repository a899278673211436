//! Methods that begin with a policy: the constructions of a model, or of a rule in its place, and what follows them.

use std::time::Duration;

use heuron_policies::native::Misfit;
use heuron_policies::rules::{Dispatch, FlowDispatch, NearestNeighbour, Ratio, Savings};
use heuron_policies::{Architecture, Learnable, Policy, Prepared, Shop, zoo};
use heuron_problems::{Construct, Cvrp, Ffsp, Jssp, Knapsack, Problem, Tsp};
use heuron_search::active::Config;
use heuron_search::cvrp::ruin::{self, RuinRecreate};
use heuron_search::ffsp::IteratedGreedy;
use heuron_search::jssp::TabuSearch;
use heuron_search::latent::{AMPLITUDE, Strategy};
use heuron_search::tsp::held_karp::HeldKarp;
use heuron_search::tsp::{Curve, LocalSearch};
use heuron_search::{Adapt, Dispatched, First, Images, Listed, Rule, Sample, Search, Setup, Stages, Tactic, knapsack};

use crate::error::Error;
use crate::instance::Solvable;
use crate::models::ModelError;
use crate::options::Options;
use crate::recipe::{self, BOUND, Method};

/// Most nodes that attention models are asked about: attention compares all pairs, in every layer and for every choice.
const MODEL_NODES: usize = 10_000;

/// Most operations that dispatch models are asked about: a schedule takes time in proportion to operations times jobs.
const MODEL_OPERATIONS: usize = 20_000;

/// Most pairs of a job and a machine of a flow shop: all of them are encoded at once.
const MODEL_PLACES: usize = 100_000;

/// Part of the time that the constructions before a local search may take.
const SHARE: f64 = 0.1;

/// A named way to solve a problem that begins with a policy.
pub(crate) struct Learned<P: Problem> {
    /// Name on the command line.
    pub name: &'static str,
    /// One line for `heuron methods`.
    pub about: &'static str,
    /// The stages; without a model a rule takes its place. The model is one that fits.
    pub stages: fn(&P, &Setup, Option<&Prepared>) -> Stages<P>,
    /// Whether a model can work on an instance.
    pub fits: fn(&Prepared, &P) -> Result<(), Misfit>,
    /// What models look at in an instance, and how many of these they are asked about at most.
    pub nodes: fn(&P) -> usize,
    pub most: usize,
    /// What the name of the shipped model ends with, after the problem.
    pub ending: &'static str,
}

/// A problem that has models, and what is done with them.
trait Teachable: Construct + Clone + Solvable {
    /// What constructs in the place of a model.
    type Rule: Policy<Self> + 'static;

    /// The rule, with a temperature for its samples.
    const RULE: Rule<Self::Rule>;

    /// Samples before a local search.
    const SAMPLES: u64 = 0;

    /// What a model looks at.
    fn nodes(&self) -> usize {
        self.size()
    }

    /// What has a solution at once.
    fn at_once(&self) -> Box<dyn Search<Self>> {
        Box::new(Listed)
    }

    /// The constructions of a model.
    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit>;

    /// Attempts of a model by a tactic, after its greedy constructions.
    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit>;

    /// What improves constructions.
    fn local(&self, setup: &Setup) -> Stages<Self>;
}

/// Those of an attention model.
fn images<P: Learnable + Clone>(
    problem: &P,
    model: &Prepared,
    samples: u64,
    share: f64,
) -> Result<Box<dyn Search<P>>, Misfit> {
    let model = model.attention(P::TASK)?;
    model.fits(problem)?;
    Ok(Box::new(Sample { source: Images::new(model.clone(), problem), samples, share }))
}

/// Attempts of an attention model.
fn constructing<P: Learnable + Clone>(problem: &P, model: &Prepared, tactic: Tactic) -> Result<Stages<P>, Misfit> {
    let greedy = images(problem, model, 0, SHARE)?;
    let model = model.attention(P::TASK)?.clone();
    tactic.fits(model.architecture())?;
    Ok(vec![greedy, Box::new(Adapt { model, tactic })])
}

/// Those of a dispatch model.
fn schedules<P: Shop>(problem: &P, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<P>>, Misfit> {
    let model = model.dispatch(P::TASK)?;
    model.fits(problem)?;
    Ok(Box::new(Sample { source: Dispatched(model.clone()), samples, share }))
}

/// Attempts of a dispatch model.
fn scheduling<P: Shop>(problem: &P, model: &Prepared, tactic: Tactic) -> Result<Stages<P>, Misfit> {
    let greedy = schedules(problem, model, 0, SHARE)?;
    let model = model.dispatch(P::TASK)?.clone();
    tactic.fits(model.architecture())?;
    Ok(vec![greedy, Box::new(Adapt { model, tactic })])
}

impl Teachable for Tsp {
    type Rule = NearestNeighbour;

    const RULE: Rule<NearestNeighbour> = Rule { policy: NearestNeighbour, temperature: 0.2 };

    fn at_once(&self) -> Box<dyn Search<Self>> {
        Box::new(Curve)
    }

    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit> {
        images(self, model, samples, share)
    }

    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit> {
        constructing(self, model, tactic)
    }

    fn local(&self, _: &Setup) -> Stages<Self> {
        vec![Box::new(HeldKarp { share: BOUND }), Box::new(LocalSearch::default())]
    }
}

impl Teachable for Cvrp {
    type Rule = Savings;

    const RULE: Rule<Savings> = Rule { policy: Savings, temperature: 0.3 };

    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit> {
        images(self, model, samples, share)
    }

    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit> {
        constructing(self, model, tactic)
    }

    fn local(&self, setup: &Setup) -> Stages<Self> {
        if recipe::is_genetic(self, setup) {
            return recipe::cvrp(self, setup);
        }
        // Colder than from savings, hotter than after another search: X files of 124 to 232 customers, 30 to 300 ms.
        let config = ruin::Config { warm: 0.5, ..ruin::Config::default() };
        vec![Box::new(RuinRecreate::new(config).unwrap_or_default())]
    }
}

impl Teachable for Knapsack {
    type Rule = Ratio;

    const RULE: Rule<Ratio> = Rule { policy: Ratio, temperature: 0.05 };

    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit> {
        images(self, model, samples, share)
    }

    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit> {
        constructing(self, model, tactic)
    }

    fn local(&self, _: &Setup) -> Stages<Self> {
        vec![Box::new(knapsack::Exact::default())]
    }
}

impl Teachable for Jssp {
    type Rule = Dispatch;

    const RULE: Rule<Dispatch> = Rule { policy: Dispatch::Mwkr, temperature: 0.05 };

    const SAMPLES: u64 = 32;

    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit> {
        schedules(self, model, samples, share)
    }

    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit> {
        scheduling(self, model, tactic)
    }

    fn local(&self, _: &Setup) -> Stages<Self> {
        vec![Box::new(TabuSearch::default())]
    }
}

impl Teachable for Ffsp {
    type Rule = FlowDispatch;

    const RULE: Rule<FlowDispatch> = Rule { policy: FlowDispatch::First, temperature: 0.1 };

    const SAMPLES: u64 = 32;

    fn nodes(&self) -> usize {
        self.jobs.saturating_mul(self.machines.iter().sum())
    }

    fn constructions(&self, model: &Prepared, samples: u64, share: f64) -> Result<Box<dyn Search<Self>>, Misfit> {
        schedules(self, model, samples, share)
    }

    fn attempts(&self, model: &Prepared, tactic: Tactic) -> Result<Stages<Self>, Misfit> {
        scheduling(self, model, tactic)
    }

    fn local(&self, _: &Setup) -> Stages<Self> {
        vec![Box::new(IteratedGreedy::default())]
    }
}

/// Time that a model takes for its first solution.
fn first_solution(model: &Prepared, nodes: usize) -> Duration {
    match model {
        Prepared::Attention(model) => {
            let Architecture { width, layers, .. } = *model.architecture();
            // Attention and pointer per pair of nodes: 64 wide, 84 ns with 6 layers and 56 with 3 (TSP, 1000 and 3000
            // nodes).
            let per_pair = 1e-9 * width as f64 * (0.15 * layers as f64 + 0.4);
            Duration::from_secs_f64(per_pair * (nodes as f64).powi(2))
        }
        // Encoding a shop is short, and the rollout looks at the clock at every step.
        Prepared::Dispatch(_) => Duration::ZERO,
    }
}

/// The model, if `share` of the time left is enough for its first solution; else the rule takes its place.
fn in_time<'m, P: Teachable>(
    problem: &P,
    setup: &Setup,
    model: Option<&'m Prepared>,
    share: f64,
) -> Option<&'m Prepared> {
    let left = setup.budget.time.map(|time| time.saturating_sub(setup.clock.elapsed()).mul_f64(share));
    model.filter(|model| left.is_none_or(|left| first_solution(model, problem.width()) <= left))
}

/// Stages with an answer before the first of them has one: a solution at once, then one of the rule.
fn answered<P: Teachable>(problem: &P, stages: Stages<P>) -> Stages<P> {
    let first: [Box<dyn Search<P>>; 2] = [problem.at_once(), Box::new(First(P::RULE))];
    first.into_iter().chain(stages).collect()
}

/// Constructions alone: greedy from every opening, then samples.
fn policy<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>) -> Stages<P> {
    let model = in_time(problem, setup, model, 1.0);
    answered(problem, vec![constructions(problem, model, u64::MAX, 1.0)])
}

/// A few constructions, then local search.
fn policy_local<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>) -> Stages<P> {
    let model = in_time(problem, setup, model, SHARE);
    let mut stages = vec![constructions(problem, model, P::SAMPLES, SHARE)];
    stages.extend(problem.local(setup));
    stages
}

/// The greedy constructions, then attempts by a tactic; without a model samples of the rule.
fn adapted<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>, tactic: Tactic) -> Stages<P> {
    let learned = in_time(problem, setup, model, 1.0).and_then(|model| problem.attempts(model, tactic).ok());
    answered(problem, learned.unwrap_or_else(|| vec![constructions(problem, None, u64::MAX, 1.0)]))
}

fn active<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>) -> Stages<P> {
    adapted(problem, setup, model, Tactic::Active(Config::default()))
}

fn latent<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>) -> Stages<P> {
    adapted(problem, setup, model, LATENT)
}

fn population<P: Teachable>(problem: &P, setup: &Setup, model: Option<&Prepared>) -> Stages<P> {
    adapted(problem, setup, model, Tactic::Population)
}

const LATENT: Tactic = Tactic::Latent(Strategy::Evolve { step: AMPLITUDE });

fn fits<P: Teachable>(model: &Prepared, problem: &P) -> Result<(), Misfit> {
    problem.constructions(model, 0, SHARE).map(drop)
}

fn adapts<P: Teachable>(model: &Prepared, problem: &P, tactic: Tactic) -> Result<(), Misfit> {
    problem.attempts(model, tactic).map(drop)
}

fn constructions<P: Teachable>(problem: &P, model: Option<&Prepared>, samples: u64, share: f64) -> Box<dyn Search<P>> {
    let learned = model.and_then(|model| problem.constructions(model, samples, share).ok());
    learned.unwrap_or_else(|| Box::new(Sample { source: P::RULE, samples, share }))
}

/// The learned methods of a problem: those of every model, and `more`.
macro_rules! learned {
    ($problem:ty, $most:expr, $rule:literal, $local:literal $(, $more:expr)*) => {
        &[
            Learned::<$problem> {
                name: "policy",
                about: concat!("a construction by ", $rule, ", then those of a model (--no-model: of the rule)"),
                stages: policy,
                fits,
                nodes: Teachable::nodes,
                most: $most,
                ending: "",
            },
            Learned::<$problem> {
                name: "policy+local",
                about: concat!("some constructions of a model or of that rule, then ", $local),
                stages: policy_local,
                fits,
                nodes: Teachable::nodes,
                most: $most,
                ending: "",
            },
            Learned::<$problem> {
                name: "latent",
                about: concat!("evolved latent vectors of a model (COMPASS; 2023); --no-model: of the rule ", $rule),
                stages: latent,
                fits: |model, problem| adapts(model, problem, LATENT),
                nodes: Teachable::nodes,
                most: $most,
                ending: "-compass",
            },
            Learned::<$problem> {
                name: "population",
                about: concat!(
                    "the agents of a model (Poppy; 2023) and samples of them; --no-model: of the rule ",
                    $rule
                ),
                stages: population,
                fits: |model, problem| adapts(model, problem, Tactic::Population),
                nodes: Teachable::nodes,
                most: $most,
                ending: "-poppy",
            },
            $($more),*
        ]
    };
}

/// Those of an attention model, which may learn on.
macro_rules! attention {
    ($problem:ty, $rule:literal, $local:literal) => {
        learned!(
            $problem,
            MODEL_NODES,
            $rule,
            $local,
            Learned::<$problem> {
                name: "active",
                about: concat!(
                    "a model that learns on the instance (efficient active search; 2022); --no-model: of the rule ",
                    $rule
                ),
                stages: active,
                fits,
                nodes: Teachable::nodes,
                most: MODEL_NODES,
                ending: "",
            }
        )
    };
}

/// Of the TSP.
pub(crate) const TSP: &[Learned<Tsp>] = attention!(Tsp, "nearest neighbour", "lin-kernighan");

/// Of the CVRP.
pub(crate) const CVRP: &[Learned<Cvrp>] = attention!(Cvrp, "savings", "the search of auto");

/// Of the knapsack problem.
pub(crate) const KNAPSACK: &[Learned<Knapsack>] = attention!(Knapsack, "profit per weight", "exact");

/// Of the job shop.
pub(crate) const JSSP: &[Learned<Jssp>] = learned!(Jssp, MODEL_OPERATIONS, "most work remaining", "tabu");

/// Of the flexible flow shop.
pub(crate) const FFSP: &[Learned<Ffsp>] = learned!(Ffsp, MODEL_PLACES, "earliest end", "iterated-greedy");

/// What a run does: the method that was asked for, ready for the instance.
pub(crate) struct Plan<P: Problem> {
    /// Name of the method.
    pub method: &'static str,
    /// Name of the model that it uses, if it uses one.
    pub model: Option<String>,
    /// Its searches.
    pub stages: Box<Recipe<P>>,
}

/// What makes the stages for an instance and the way it is run.
type Recipe<P> = dyn Fn(&P, &Setup) -> Stages<P>;

impl<P: Problem> From<&'static Method<P>> for Plan<P> {
    fn from(method: &'static Method<P>) -> Self {
        Self { method: method.name, model: None, stages: Box::new(method.stages) }
    }
}

/// The plan that the options ask for: `auto` by default, but constructions and local search where a model is named.
pub(crate) fn plan<P: Solvable>(problem: &P, options: &Options) -> Result<Plan<P>, Error> {
    if let Some(plan) = problem.own_plan(options) {
        return plan;
    }
    let by_default = options.model.as_ref().map(|_| "policy+local");
    let name = options.method.as_deref().or(by_default);
    let Some(learned) = P::LEARNED.iter().find(|learned| Some(learned.name) == name) else {
        let method = recipe::find::<P>(name)?;
        return match &options.model {
            None => Ok(method.into()),
            Some(model) => {
                let known: Vec<&str> = P::LEARNED.iter().map(|learned| learned.name).collect();
                let known = known.join(", ");
                Err(Error::Conflict {
                    key: "model",
                    other: format!("the method {}", method.name),
                    reason: format!("of this problem, {} use one", if known.is_empty() { "none" } else { &known }),
                    remedy: format!("leave the model {model} out, or choose one of these methods"),
                })
            }
        };
    };
    let name = if options.no_model { None } else { Some(model_name(learned, options)?) };
    let model = name.as_deref().map(|name| fitting(problem, learned, name, options)).transpose()?;
    let stages = learned.stages;
    Ok(Plan {
        method: learned.name,
        model: name,
        stages: Box::new(move |problem, setup| stages(problem, setup, model.as_ref())),
    })
}

/// The model that is named, or else the shipped one for the method.
fn model_name<P: Solvable>(learned: &Learned<P>, options: &Options) -> Result<String, Error> {
    let shipped = || zoo::find(&format!("{}{}", P::NAME, learned.ending)).map(|model| model.name.to_string());
    options.model.clone().or_else(shipped).ok_or_else(|| {
        let what = format!("the problem {} and the method {}", P::NAME, learned.name);
        Error::model("by default", ModelError::NoneShipped(what))
    })
}

/// The model, if it can work on the instance.
fn fitting<P: Solvable>(problem: &P, learned: &Learned<P>, name: &str, options: &Options) -> Result<Prepared, Error> {
    let model = options.models.get(name)?;
    let (most, nodes) = (learned.most, (learned.nodes)(problem));
    if nodes > most {
        return Err(Error::model(name, ModelError::TooLarge { most, nodes }));
    }
    (learned.fits)(&model, problem).map_err(|misfit| Error::model(name, misfit))?;
    Ok(model)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Generate, stream};

    use super::*;

    fn uniform() -> Tsp {
        Tsp::generate(&Tsp::spec(20, "uniform").unwrap(), &mut stream(1, "plan", 0))
    }

    fn planned(options: Options) -> Result<Plan<Tsp>, Error> {
        plan(&uniform(), &options)
    }

    #[test]
    fn rule_takes_the_place_of_the_model() {
        let options = Options { method: Some("policy".into()), no_model: true, ..Options::default() };
        let plan = planned(options).unwrap();
        assert_eq!((plan.method, plan.model), ("policy", None));
    }

    #[test]
    fn model_beside_a_method_that_uses_none_is_refused_with_the_methods_that_do() {
        let options = Options { method: Some("eax".into()), model: Some("any".into()), ..Options::default() };
        let error = planned(options).err().unwrap().to_string();
        assert!(error.contains("eax") && error.contains("policy+local"), "{error}");
    }

    #[test]
    fn named_model_asks_for_constructions_and_local_search() {
        let error = planned(Options { model: Some("no-such".into()), ..Options::default() }).err().unwrap();
        assert!(matches!(&error, Error::Model { name, .. } if name == "no-such"), "{error}");
    }
}
