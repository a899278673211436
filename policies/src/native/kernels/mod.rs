//! Numeric kernels in f32: matrix products, softmax, norms. The only unsafe code of the project lies in this folder.
//!
//! A kernel is written once, generic over [`Simd`], and compiled for AVX-512, AVX2 with FMA, and plain Rust;
//! [`Level::run`] enters the copy that the CPU can run. Everything below an entry must be `#[inline(always)]`, or it
//! would be compiled without the instructions.

#![allow(unsafe_code)]

pub mod gemm;
pub mod math;
mod peak;
mod simd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use gemm::{Left, Product};
pub use peak::spin;
pub use simd::{Block, LANES, Portable, Simd, blocks, flat, flat_mut};

/// Work on vectors.
pub trait Kernel {
    /// What it gives back.
    type Output;

    /// Does it. Must be `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Instructions that this CPU has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Instructions);

/// Private: a level other than the portable one is a promise that the CPU was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// Every level that this CPU can run, the fastest first.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            if is_x86_feature_detected!("avx512f") {
                all.push(Self(Instructions::Avx512));
            }
            all.push(Self(Instructions::Avx2));
        }
        all.push(Self(Instructions::Portable));
        all
    }

    /// The fastest.
    pub fn best() -> Self {
        Self::all()[0]
    }

    /// Runs a kernel.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: the level exists only if the CPU has AVX-512F, AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { avx512(kernel) },
            // SAFETY: the level exists only if the CPU has AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2(kernel) },
            Instructions::Portable => kernel.run(Portable),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(x86::Avx512(()))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(x86::Avx2(()))
}
