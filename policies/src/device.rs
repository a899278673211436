//! Devices that networks run on: the only place that names a burn backend.
//!
//! On the processor, networks run and learn on native kernels and burn holds the optimiser. On every other device the
//! burn network itself is the policy and learns by autodiff (`net::DeviceModel`, cargo feature `train`).

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

#[cfg(feature = "train")]
use burn::tensor::Device;
use thiserror::Error;

use crate::architecture::Task;

/// A kind of device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The processor.
    #[default]
    Cpu,
    /// A graphics card through Vulkan, Metal or DirectX 12, or software in its place (cargo feature `gpu`).
    Gpu,
    /// The first graphics card that Nvidia's CUDA knows (cargo feature `cuda`).
    Cuda,
}

/// Why there is no such device.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DeviceError {
    /// No device is called so.
    #[error("expected cpu, gpu or cuda, found {0:?}")]
    Unknown(String),
    /// The program was built without it.
    #[error("this build cannot use the device {kind}: it was made without the cargo feature `{kind}`")]
    Feature {
        /// What was asked for.
        kind: Kind,
    },
    /// The machine does not have it.
    #[error("the device {kind} was not found: {reason}")]
    Missing {
        /// What was asked for.
        kind: Kind,
        /// What is missing.
        reason: String,
    },
    /// Models of the task have no burn network.
    #[error("models of {} run on the processor only, not on the device {kind}", task.name())]
    Processor {
        /// What was asked for.
        kind: Kind,
        /// What the model constructs.
        task: Task,
    },
}

impl DeviceError {
    /// What the user can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unknown(_) => "give one of cpu, gpu and cuda".into(),
            Self::Feature { kind } => {
                format!(
                    "build it with `cargo build --release --package heuron --features {kind}`, or take `--device cpu`"
                )
            }
            Self::Processor { .. } => "take `--device cpu`".into(),
            Self::Missing { kind: Kind::Cuda, .. } => {
                "install Nvidia's driver, so that `nvidia-smi` lists a card, or take `--device cpu`".into()
            }
            Self::Missing { .. } => {
                "install the card's Vulkan driver, so that `vulkaninfo` lists it, or take `--device cpu`".into()
            }
        }
    }
}

impl Kind {
    /// Whether models of a task run on such a device at all, in whatever build.
    ///
    /// # Errors
    /// [`DeviceError::Processor`].
    pub fn serves(self, task: Task) -> Result<(), DeviceError> {
        if self == Self::Cpu || !task.is_shop() { Ok(()) } else { Err(DeviceError::Processor { kind: self, task }) }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Cuda => "cuda",
        })
    }
}

impl FromStr for Kind {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let known = [Self::Cpu, Self::Gpu, Self::Cuda].into_iter().find(|kind| kind.to_string() == name);
        known.ok_or_else(|| DeviceError::Unknown(name.into()))
    }
}

/// The processor.
#[cfg(feature = "train")]
pub fn cpu() -> Device {
    Device::flex()
}

/// The device of a kind. A missing driver is an error, never a panic: burn itself would panic at the first tensor.
///
/// # Errors
/// Where the build or the machine does not have it.
#[cfg(feature = "train")]
pub fn open(kind: Kind) -> Result<Device, DeviceError> {
    match kind {
        Kind::Cpu => Ok(cpu()),
        Kind::Gpu => gpu(),
        Kind::Cuda => cuda(),
    }
}

#[cfg(all(feature = "train", not(feature = "gpu")))]
fn gpu() -> Result<Device, DeviceError> {
    Err(DeviceError::Feature { kind: Kind::Gpu })
}

#[cfg(all(feature = "train", not(feature = "cuda")))]
fn cuda() -> Result<Device, DeviceError> {
    Err(DeviceError::Feature { kind: Kind::Cuda })
}

/// The adapter that wgpu prefers. It can be opened once per process: later calls share it.
#[cfg(feature = "gpu")]
fn gpu() -> Result<Device, DeviceError> {
    static OPENED: std::sync::OnceLock<Result<Device, DeviceError>> = std::sync::OnceLock::new();
    let missing = |reason: String| DeviceError::Missing { kind: Kind::Gpu, reason };
    OPENED.get_or_init(|| Device::wgpu_options().init().map_err(|error| missing(error.to_string()))).clone()
}

/// The first card. The list of cards is empty, and asking for it safe, where there is no driver.
#[cfg(feature = "cuda")]
fn cuda() -> Result<Device, DeviceError> {
    if Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec().is_empty() {
        let reason = "Nvidia's driver library is not there, or it lists no card".into();
        return Err(DeviceError::Missing { kind: Kind::Cuda, reason });
    }
    Ok(Device::cuda(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "train")]
    fn processor_is_always_there_and_whatever_is_not_says_what_to_do() {
        assert!(open(Kind::Cpu).is_ok());
        for kind in [Kind::Gpu, Kind::Cuda] {
            if let Err(error) = open(kind) {
                assert!(error.to_string().contains(&kind.to_string()) && error.remedy().contains("--device cpu"));
            }
        }
    }

    #[test]
    fn kinds_have_the_names_of_the_command_line() {
        for kind in [Kind::Cpu, Kind::Gpu, Kind::Cuda] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("tpu".parse::<Kind>(), Err(DeviceError::Unknown("tpu".into())));
    }
}
