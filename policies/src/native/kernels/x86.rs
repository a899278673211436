//! AVX-512 and AVX2 with FMA.

use std::arch::asm;
use std::arch::x86_64::*;

use super::simd::{Block, Simd};

/// An intrinsic in a method of a token that proves that the CPU has it.
macro_rules! proven {
    ($intrinsic:expr) => {
        // SAFETY: the tokens are made by `Level` only, after the CPU was asked for the features; loads and stores go to
        // references to whole blocks.
        unsafe { $intrinsic }
    };
}

/// AVX-512F.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(pub(super) ());

/// AVX2 and FMA: a vector is two registers.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(pub(super) ());

impl Simd for Avx512 {
    type V = __m512;
    // 32 registers: the tile, a row of the right matrix, and one spare; no more rows than there are address registers.
    const TILES: [usize; 4] = [8, 8, 8, 6];
    const HAS_MANY: bool = true;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        proven!(_mm512_set1_ps(x))
    }
    #[inline(always)]
    fn load(self, from: &Block) -> __m512 {
        proven!(_mm512_load_ps(from.0.as_ptr()))
    }
    #[inline(always)]
    fn store(self, to: &mut Block, v: __m512) {
        proven!(_mm512_store_ps(to.0.as_mut_ptr(), v))
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_max_ps(a, b))
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        proven!(_mm512_min_ps(a, b))
    }
    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        proven!(_mm512_sqrt_ps(a))
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        proven!(_mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn if_above(self, a: __m512, b: __m512, yes: __m512, no: __m512) -> __m512 {
        proven!(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b), no, yes))
    }
    #[inline(always)]
    fn equal(self, a: __m512, b: __m512) -> u32 {
        proven!(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b)).into()
    }
    #[inline(always)]
    fn power_of_two(self, shifted: __m512) -> __m512 {
        proven!(_mm512_castsi512_ps(_mm512_add_epi32(
            _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted)),
            _mm512_set1_epi32(1.0_f32.to_bits() as i32),
        )))
    }
    #[inline(always)]
    fn sum(self, v: __m512) -> f32 {
        let [low, high] = halves(v);
        proven!(sum8(_mm256_add_ps(low, high)))
    }
    #[inline(always)]
    fn highest(self, v: __m512) -> f32 {
        let [low, high] = halves(v);
        proven!(highest8(_mm256_max_ps(low, high)))
    }
}

#[inline(always)]
fn halves(v: __m512) -> [__m256; 2] {
    proven!([_mm512_castps512_ps256(v), _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(v)))])
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn sum8(v: __m256) -> f32 {
    let v = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
    let v = _mm_add_ps(v, _mm_movehl_ps(v, v));
    _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v)))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn highest8(v: __m256) -> f32 {
    let v = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
    let v = _mm_max_ps(v, _mm_movehl_ps(v, v));
    _mm_cvtss_f32(_mm_max_ss(v, _mm_movehdup_ps(v)))
}

impl Simd for Avx2 {
    type V = [__m256; 2];
    // 16 registers, two per block.
    const TILES: [usize; 4] = [6, 0, 0, 0];
    const HAS_MANY: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        proven!([_mm256_set1_ps(x); 2])
    }
    #[inline(always)]
    fn load(self, from: &Block) -> Self::V {
        proven!([_mm256_load_ps(from.0.as_ptr()), _mm256_load_ps(from.0.as_ptr().add(8))])
    }
    #[inline(always)]
    fn store(self, to: &mut Block, [low, high]: Self::V) {
        proven!({
            _mm256_store_ps(to.0.as_mut_ptr(), low);
            _mm256_store_ps(to.0.as_mut_ptr().add(8), high);
        });
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        proven!([_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])])
    }
    #[inline(always)]
    fn sqrt(self, a: Self::V) -> Self::V {
        proven!([_mm256_sqrt_ps(a[0]), _mm256_sqrt_ps(a[1])])
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        proven!([_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])])
    }
    #[inline(always)]
    fn if_above(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V {
        proven!([
            blend8(no[0], yes[0], _mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0])),
            blend8(no[1], yes[1], _mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1])),
        ])
    }
    #[inline(always)]
    fn equal(self, a: Self::V, b: Self::V) -> u32 {
        let [low, high] = [0, 1].map(|half| proven!(_mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a[half], b[half]))));
        (low | high << 8) as u32
    }
    #[inline(always)]
    fn power_of_two(self, shifted: Self::V) -> Self::V {
        proven!([power8(shifted[0]), power8(shifted[1])])
    }
    #[inline(always)]
    fn sum(self, v: Self::V) -> f32 {
        proven!(sum8(_mm256_add_ps(v[0], v[1])))
    }
    #[inline(always)]
    fn highest(self, v: Self::V) -> f32 {
        proven!(highest8(_mm256_max_ps(v[0], v[1])))
    }
}

/// `yes` where the mask is set, else `no`. The compiler must not see through it: where the result replaces one of the
/// two in memory, it would make it a masked store, which takes tens of cycles on AMD processors.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn blend8(no: __m256, yes: __m256, mask: __m256) -> __m256 {
    let blended;
    // SAFETY: AVX, which AVX2 implies, has the instruction; it reads and writes registers only.
    unsafe {
        asm!("vblendvps {}, {}, {}, {}", out(ymm_reg) blended, in(ymm_reg) no, in(ymm_reg) yes, in(ymm_reg) mask,
            options(pure, nomem, nostack, preserves_flags));
    }
    blended
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn power8(shifted: __m256) -> __m256 {
    let bits = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
    _mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(1.0_f32.to_bits() as i32)))
}
