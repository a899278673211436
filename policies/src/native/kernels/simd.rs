//! Sixteen floats at a time, on three kinds of CPU. The methods are safe: a value of an implementation exists only
//! where the CPU has the instructions. All three do the same operations in the same order, so AVX-512 and AVX2 agree
//! to the bit, and so does any CPU whose baseline has fused multiply-add.

/// Floats per vector, of every implementation.
pub const LANES: usize = 16;

/// A vector in memory, aligned to a cache line: loads that straddle two lines take twice as long.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Block(pub [f32; LANES]);

/// Blocks that hold `count` floats.
pub const fn blocks(count: usize) -> usize {
    count.div_ceil(LANES)
}

/// The floats of consecutive blocks.
pub fn flat(blocks: &[Block]) -> &[f32] {
    // SAFETY: `Block` is `repr(C)` around sixteen floats and 64 bytes long, so there is no padding between the floats
    // of consecutive blocks, and alignment only shrinks.
    unsafe { std::slice::from_raw_parts(blocks.as_ptr().cast(), blocks.len() * LANES) }
}

/// The floats of consecutive blocks.
pub fn flat_mut(blocks: &mut [Block]) -> &mut [f32] {
    // SAFETY: as in `flat`; the borrow is exclusive, and every bit pattern is a float.
    unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), blocks.len() * LANES) }
}

/// Arithmetic on vectors of [`LANES`] floats.
pub trait Simd: Copy {
    /// A vector in registers.
    type V: Copy;

    /// Rows of a product's register tile of 1, 2, 3, 4 blocks; 0: it would not fit the registers.
    const TILES: [usize; 4];
    /// Whether registers hold eight sums and what is added to them.
    const HAS_MANY: bool;

    /// The same number in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// From memory.
    fn load(self, from: &Block) -> Self::V;
    /// To memory.
    fn store(self, to: &mut Block, v: Self::V);
    /// a + b.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a - b.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a b.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b.
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// The larger of a and b.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller of a and b.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The square root.
    fn sqrt(self, a: Self::V) -> Self::V;
    /// a b + c, rounded once where the CPU can.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `yes` where a > b, else `no`.
    fn if_above(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// Bit i is set where a = b in lane i.
    fn equal(self, a: Self::V, b: Self::V) -> u32;
    /// 2^k of k + 1.5 2^23, for whole k from -126 to 127.
    fn power_of_two(self, shifted: Self::V) -> Self::V;
    /// Halves in pairs: lane i with lane i + 8, then + 4, + 2, + 1.
    fn sum(self, v: Self::V) -> f32;
    /// The largest lane.
    fn highest(self, v: Self::V) -> f32;
}

/// Plain Rust, for any CPU.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

#[inline(always)]
fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

#[inline(always)]
fn halve(v: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut v = v;
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            v[lane] = f(v[lane], v[lane + half]);
        }
    }
    v[0]
}

/// Without the instruction, a fused product is a slow library call.
const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

impl Simd for Portable {
    type V = [f32; LANES];
    const TILES: [usize; 4] = [4, 0, 0, 0];
    const HAS_MANY: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; LANES]
    }
    #[inline(always)]
    fn load(self, from: &Block) -> Self::V {
        from.0
    }
    #[inline(always)]
    fn store(self, to: &mut Block, v: Self::V) {
        to.0 = v;
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self, a: Self::V) -> Self::V {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        let mut out = [0.0; LANES];
        for lane in 0..LANES {
            out[lane] = if FUSED { a[lane].mul_add(b[lane], c[lane]) } else { a[lane] * b[lane] + c[lane] };
        }
        out
    }
    #[inline(always)]
    fn if_above(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V {
        let mut out = no;
        for lane in 0..LANES {
            if a[lane] > b[lane] {
                out[lane] = yes[lane];
            }
        }
        out
    }
    #[inline(always)]
    fn equal(self, a: Self::V, b: Self::V) -> u32 {
        (0..LANES).map(|lane| u32::from(a[lane] == b[lane]) << lane).sum()
    }
    #[inline(always)]
    fn power_of_two(self, shifted: Self::V) -> Self::V {
        shifted.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(1.0_f32.to_bits())))
    }
    #[inline(always)]
    fn sum(self, v: Self::V) -> f32 {
        halve(v, |a, b| a + b)
    }
    #[inline(always)]
    fn highest(self, v: Self::V) -> f32 {
        halve(v, |a, b| if a > b { a } else { b })
    }
}
