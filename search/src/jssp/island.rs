//! One island: a population of schedules, its random stream and its tabu search, interruptible after every move.

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::config::Config;
use super::model::Model;
use super::relink::{Member, PARTS, Path};
use super::start::start;
use super::tabu::Tabu;
use crate::run::Watch;

/// Share of start schedules' choices that go to the job with the most work left; alternates with none.
const GREED: f64 = 0.8;

/// What the walk under way is for.
#[derive(Clone, Debug)]
enum Aim {
    /// A new member from scratch.
    Seedling,
    /// A point of a path; the number of points still to try, and the best walk so far.
    Trial { left: u32, best: Option<Member> },
    /// The child that will enter the population.
    Child,
}

/// A population and the walk that works for it.
#[derive(Clone, Debug)]
pub struct Island<'m> {
    model: &'m Model,
    config: Config,
    rng: Stream,
    tabu: Tabu<'m>,
    path: Path<'m>,
    members: Vec<Member>,
    /// Members that the population has room for.
    room: usize,
    aim: Aim,
    /// Children in a row that were not better than the worst member.
    rejected: usize,
    /// The best schedule since the beginning.
    best: Member,
    order: Vec<u32>,
    /// Nothing is shorter than this.
    bound: Cost,
}

impl<'m> Island<'m> {
    /// An island that begins with `order`. `bound` is a lower bound on the makespan.
    pub fn new(model: &'m Model, config: &Config, order: &[u32], bound: Cost, rng: Stream, walk: Stream) -> Self {
        let mut tabu = Tabu::new(model, order, bound, walk);
        let best = Member { makespan: tabu.best().0, order: order.to_vec() };
        tabu.begin(order, config.patience);
        Self {
            model,
            config: config.clone(),
            rng,
            path: Path::new(tabu.graph().clone()),
            tabu,
            members: Vec::new(),
            room: config.first,
            aim: Aim::Seedling,
            rejected: 0,
            best,
            order: Vec::new(),
            bound,
        }
    }

    /// The best schedule so far.
    pub fn best(&self) -> &Member {
        &self.best
    }

    /// Whether the best schedule is as short as a lower bound.
    fn is_optimal(&self) -> bool {
        self.best.makespan <= self.bound
    }

    /// Takes the place of the worst member of a full population.
    pub fn adopt(&mut self, member: &Member) {
        if self.members.len() >= self.room {
            self.enter(member.clone());
        }
    }

    /// Up to `count` moves of tabu search; fewer only if the watch says stop or the best schedule is optimal.
    pub fn evolve(&mut self, count: u64, watch: &Watch) -> u64 {
        let mut done = 0;
        while done < count && !watch.is_over(self.best.makespan) && !self.is_optimal() {
            done += self.tabu.walk(count - done, watch);
            let (makespan, order) = self.tabu.best();
            if makespan < self.best.makespan {
                self.best = Member { makespan, order: order.to_vec() };
            }
            if self.tabu.is_over() {
                self.proceed(watch);
            }
        }
        done
    }

    /// Uses what the walk has found and begins the next one.
    fn proceed(&mut self, watch: &Watch) {
        let (makespan, order) = self.tabu.best();
        let found = Member { makespan, order: order.to_vec() };
        match std::mem::replace(&mut self.aim, Aim::Seedling) {
            Aim::Trial { left, best } => {
                let best = match best {
                    Some(best) if best.makespan <= found.makespan => best,
                    _ => found,
                };
                if left > 0 {
                    self.aim = Aim::Trial { left: left - 1, best: Some(best) };
                    return self.try_point();
                }
                self.aim = Aim::Child;
                return self.tabu.begin(&best.order, self.config.patience);
            }
            Aim::Seedling => self.members.push(found),
            Aim::Child => {
                self.rejected = if self.enter(found) { 0 } else { self.rejected + 1 };
                if self.rejected >= self.config.stagnation {
                    self.widen();
                }
            }
        }
        if self.members.len() < self.room {
            let greed = if self.members.len().is_multiple_of(2) { 0.0 } else { GREED };
            let order = start(self.model, greed, &mut self.rng, watch);
            return self.tabu.begin(&order, self.config.patience);
        }
        self.relink();
    }

    /// Begins a path between two random members.
    fn relink(&mut self) {
        let a = self.rng.random_range(0..self.members.len());
        let b = (a + self.rng.random_range(1..self.members.len())) % self.members.len();
        self.path.between(&self.members[a], &self.members[b], &mut self.rng);
        self.aim = Aim::Trial { left: self.config.points - 1, best: None };
        self.try_point();
    }

    /// Begins a short walk from a random point in the middle part of the path.
    fn try_point(&mut self) {
        let part = self.rng.random_range(PARTS / 5..=PARTS - PARTS / 5);
        self.path.at(part, &mut self.order);
        self.tabu.begin(&self.order, self.config.trial);
    }

    /// Replaces the worst member unless the newcomer is worse or is there already. Whether it is better than that one.
    fn enter(&mut self, member: Member) -> bool {
        let worst = (0..self.members.len()).max_by_key(|&at| self.members[at].makespan);
        let Some(worst) = worst.filter(|&worst| self.members[worst].makespan >= member.makespan) else { return false };
        for other in 0..self.members.len() {
            if self.members[other].makespan == member.makespan
                && self.path.between(&self.members[other], &member, &mut self.rng) == 0
            {
                return false;
            }
        }
        let better = self.members[worst].makespan > member.makespan;
        self.members[worst] = member;
        better
    }

    /// Makes room for twice as many members, which come from scratch; a population that has all its members begins anew
    /// with the best schedule of all.
    fn widen(&mut self) {
        self.rejected = 0;
        if self.room < self.config.members {
            self.room = (2 * self.room).min(self.config.members);
        } else {
            self.room = self.config.first;
            self.members.clear();
            self.members.push(self.best.clone());
        }
    }
}
