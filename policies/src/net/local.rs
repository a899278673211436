//! The local policy: a small network on the nearest allowed neighbours of the last node, whose scores are added to the
//! pointer's (after Gao et al., ELG, IJCAI 2024; see [`crate::features::local`]).

use burn::module::{Module, Param};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, activation::relu, module::linear};

use super::batch::Surroundings;
use super::parameters::{Parameter, Reader, tensor};
use crate::features::local::NUMBERS;

#[derive(Module, Debug)]
pub(super) struct LocalPolicy {
    input: Param<Tensor<2>>,
    input_bias: Param<Tensor<1>>,
    hidden: Param<Tensor<2>>,
    hidden_bias: Param<Tensor<1>>,
    pool: Param<Tensor<2>>,
    out: Param<Tensor<2>>,
}

impl LocalPolicy {
    pub fn read(read: &Reader<'_>) -> Self {
        Self {
            input: read.matrix("local.input.weight"),
            input_bias: read.vector("local.input.bias"),
            hidden: read.matrix("local.hidden.weight"),
            hidden_bias: read.vector("local.hidden.bias"),
            pool: read.matrix("local.pool.weight"),
            out: read.matrix("local.out.weight"),
        }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend([Parameter::Matrix(&self.input), Parameter::Vector(&self.input_bias)]);
        list.extend([Parameter::Matrix(&self.hidden), Parameter::Vector(&self.hidden_bias)]);
        list.extend([&self.pool, &self.out].map(Parameter::Matrix));
    }

    /// Scores of all nodes, 0 for those that are no neighbours \[b, rows, n\].
    pub fn of(&self, of: &Surroundings, [b, rows, n]: [usize; 3], device: &Device) -> Tensor<3> {
        let Surroundings { k, nodes, numbers, present, share, .. } = of;
        let numbers: Tensor<3> = tensor(numbers.clone(), [b, rows * k, NUMBERS], device);
        let present: Tensor<3> = tensor(present.clone(), [b, rows * k, 1], device);
        let share: Tensor<3> = tensor(share.clone(), [b, rows, 1], device);
        let first = relu(linear(numbers, self.input.val(), Some(self.input_bias.val()))) * present.clone();
        let [_, _, width] = first.dims();
        let mean = first.clone().reshape([b, rows, *k, width]).sum_dim(2).reshape([b, rows, width]) * share;
        let base = linear(mean, self.pool.val(), None).reshape([b, rows, 1, width]);
        let second = linear(first, self.hidden.val(), Some(self.hidden_bias.val())).reshape([b, rows, *k, width]);
        let scores = linear(relu(second + base), self.out.val(), None).reshape([b, rows * k, 1]) * present;
        let places = TensorData::new(nodes.clone(), [b, rows, *k]);
        let places = Tensor::<3, Int>::from_data(places, device);
        let all = Tensor::zeros([b, rows, n + 1], device);
        let all = all.scatter(2, places, scores.reshape([b, rows, *k]), IndexingUpdateOp::Add);
        all.slice([0..b, 0..rows, 0..n])
    }
}
