//! A solution as a giant tour with route ends: one allocation-free container for split, local search and population.

use heuron_problems::{Cost, Routes};

use super::model::Model;
use super::penalty::Penalty;
use crate::cvrp::terrain::Terrain;

/// Routes stored one after the other, without depots and without empty routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// All customers, route by route \[customers\].
    pub tour: Vec<u32>,
    /// Where each route ends in `tour` \[routes\].
    pub ends: Vec<u32>,
}

/// What a plan costs and by how much it breaks the limits, each summed over the routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Total distance.
    pub distance: Cost,
    /// Total load beyond the capacity.
    pub overload: i64,
    /// Total duration beyond the limit.
    pub overtime: Cost,
}

impl Score {
    /// Whether no limit is broken.
    pub fn is_feasible(&self) -> bool {
        self.overload == 0 && self.overtime == 0
    }

    /// Distance plus penalties.
    pub fn cost(&self, penalty: Penalty) -> Cost {
        self.distance + penalty.of(self.overload, self.overtime)
    }
}

impl Plan {
    /// The routes of `routes`, empty ones left out.
    pub fn new(routes: &Routes) -> Self {
        let mut plan = Self::default();
        routes.routes.iter().for_each(|route| plan.push(route));
        plan
    }

    /// Removes all routes.
    pub fn clear(&mut self) {
        self.tour.clear();
        self.ends.clear();
    }

    /// Makes this a copy of `other` without giving up memory.
    pub fn copy(&mut self, other: &Plan) {
        self.tour.clone_from(&other.tour);
        self.ends.clone_from(&other.ends);
    }

    /// Appends a route; an empty one is left out.
    pub fn push(&mut self, route: &[u32]) {
        if !route.is_empty() {
            self.tour.extend_from_slice(route);
            self.ends.push(self.tour.len() as u32);
        }
    }

    /// The routes one by one.
    pub fn routes(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| &self.tour[start as usize..end as usize])
    }

    /// As a solution of the problem.
    pub fn to_routes(&self) -> Routes {
        Routes { routes: self.routes().map(<[u32]>::to_vec).collect() }
    }

    /// Distance and excesses, computed from scratch.
    pub fn score(&self, model: &Model) -> Score {
        self.routes().map(|route| route_score(model, route)).fold(Score::default(), |sum, route| Score {
            distance: sum.distance + route.distance,
            overload: sum.overload + route.overload,
            overtime: sum.overtime + route.overtime,
        })
    }
}

/// Distance and excesses of one route.
pub fn route_score(model: &Model, route: &[u32]) -> Score {
    let (Some(&first), Some(&last)) = (route.first(), route.last()) else { return Score::default() };
    let inner: Cost = route.windows(2).map(|pair| model.distance(pair[0], pair[1])).sum();
    let distance = model.distance(0, first) + inner + model.distance(last, 0);
    let load: i64 = route.iter().map(|&customer| model.demand(customer)).sum();
    let duration = distance + model.service() * route.len() as Cost;
    Score {
        distance,
        overload: (load - model.capacity()).max(0),
        overtime: model.limit().map_or(0, |limit| (duration - limit).max(0)),
    }
}
