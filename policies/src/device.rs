//! Devices of the reference network: the only place that names a burn backend.
//!
//! Training itself runs on native kernels; burn holds the optimiser and checks the gradients.

use burn::tensor::Device;

/// The processor.
pub fn cpu() -> Device {
    Device::flex()
}
