//! The products are those of the definition, summed in doubles.
use std::ffi::{c_int, c_void};

use proptest::prelude::*;

use half::f16;

use super::{
    NO_TRANSPOSE, ROW_MAJOR, cblas_sgemm,
    half_products::{F16, F32, Share, llamafile_sgemm},
    openblas_set_num_threads,
};

const TRANSPOSE: c_int = 112;

/// Numbers that differ from each other and are exact in f32.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|it| ((it * 37 + seed * 11) % 64) as f32 / 16.0 - 2.0).collect()
}

fn at(matrix: &[f32], transposed: bool, leading: usize, row: usize, column: usize) -> f64 {
    f64::from(if transposed {
        matrix[column * leading + row]
    } else {
        matrix[row * leading + column]
    })
}

fn kind(transposed: bool) -> c_int {
    if transposed { TRANSPOSE } else { NO_TRANSPOSE }
}

proptest! {
    #[test]
    fn a_product_is_that_of_the_definition(
        (m, n, k) in (1usize..70, 1usize..70, 1usize..70),
        (a_transposed, b_transposed) in (any::<bool>(), any::<bool>()),
        gap in 0usize..3,
        beta in prop_oneof![Just(0.0f32), Just(1.0), Just(-0.5)],
        threads in 1i32..4,
    ) {
        let lda = gap + if a_transposed { m } else { k };
        let ldb = gap + if b_transposed { k } else { n };
        let ldc = gap + n;
        let a = numbers(lda * if a_transposed { k } else { m }, 1);
        let b = numbers(ldb * if b_transposed { n } else { k }, 2);
        // What is not to be read is no number; what lies between the rows stays.
        let before: Vec<f32> = if beta == 0.0 { vec![f32::NAN; ldc * m] } else { numbers(ldc * m, 3) };
        let mut c = before.clone();
        openblas_set_num_threads(threads);
        let int = |it: usize| it as c_int;
        // SAFETY: each slice is as long as its sizes say.
        unsafe {
            cblas_sgemm(
                ROW_MAJOR, kind(a_transposed), kind(b_transposed), int(m), int(n), int(k),
                0.5, a.as_ptr(), int(lda), b.as_ptr(), int(ldb), beta, c.as_mut_ptr(), int(ldc),
            );
        }
        for row in 0..m {
            for column in 0..ldc {
                let (now, old) = (c[row * ldc + column], before[row * ldc + column]);
                if column >= n {
                    prop_assert!(now == old || (now.is_nan() && old.is_nan()));
                    continue;
                }
                let product: f64 = (0..k)
                    .map(|it| at(&a, a_transposed, lda, row, it) * at(&b, b_transposed, ldb, it, column))
                    .sum();
                let kept = if beta == 0.0 { 0.0 } else { f64::from(beta) * f64::from(old) };
                prop_assert!((f64::from(now) - (0.5 * product + kept)).abs() < 1e-3);
            }
        }
    }
}

/// Rows of numbers in memory, of one kind or the other.
enum Rows {
    Wide(Vec<f32>),
    Narrow(Vec<f16>),
}

impl Rows {
    /// [`numbers`] are exact in f16, too.
    fn of(numbers: Vec<f32>, narrow: bool) -> Rows {
        if narrow {
            Rows::Narrow(numbers.into_iter().map(f16::from_f32).collect())
        } else {
            Rows::Wide(numbers)
        }
    }

    fn in_memory(&self) -> (*const c_void, c_int) {
        match self {
            Rows::Wide(it) => (it.as_ptr().cast(), F32),
            Rows::Narrow(it) => (it.as_ptr().cast(), F16),
        }
    }
}

proptest! {
    #[test]
    fn a_product_of_halves_is_that_of_the_definition_whoever_computes_its_parts(
        (m, n, k) in (1usize..70, 2usize..70, 1usize..70),
        narrow in any::<(bool, bool)>(),
        gaps in (0usize..3, 0usize..3, 0usize..3),
        threads in 1i32..5,
    ) {
        let (lda, ldb, ldc) = (k + gaps.0, k + gaps.1, m + gaps.2);
        let (a, b) = (numbers(lda * m, 1), numbers(ldb * n, 2));
        let mut c = vec![f32::NAN; ldc * n];
        let int = |it: usize| it as i64;
        let (rows_a, rows_b) = (Rows::of(a.clone(), narrow.0), Rows::of(b.clone(), narrow.1));
        let ((at_a, kind_a), (at_b, kind_b)) = (rows_a.in_memory(), rows_b.in_memory());
        for thread in 0..threads {
            // SAFETY: each is as long as its sizes say.
            let done = unsafe {
                llamafile_sgemm(
                    &Share { thread, threads }, int(m), int(n), int(k), at_a, int(lda), at_b, int(ldb),
                    c.as_mut_ptr().cast(), int(ldc), kind_a, kind_b, F32,
                )
            };
            prop_assert!(done);
        }
        for column in 0..n {
            for row in 0..ldc {
                let now = c[column * ldc + row];
                if row >= m {
                    prop_assert!(now.is_nan(), "between the columns nothing is written");
                    continue;
                }
                let product: f64 =
                    (0..k).map(|it| f64::from(a[row * lda + it]) * f64::from(b[column * ldb + it])).sum();
                prop_assert!((f64::from(now) - product).abs() < 1e-3);
            }
        }
    }
}

#[test]
fn a_single_vector_and_other_kinds_of_numbers_are_left_to_ggml() {
    const Q8_0: c_int = 8;
    let numbers = [1.0f32; 64];
    let mut c = [f32::NAN; 64];
    let mut asked = |n, kind_a, kind_b, kind_c| {
        let at = numbers.as_ptr().cast();
        // SAFETY: each is as long as its sizes say.
        unsafe {
            llamafile_sgemm(
                &Share { thread: 0, threads: 1 },
                2,
                n,
                2,
                at,
                2,
                at,
                2,
                c.as_mut_ptr().cast(),
                2,
                kind_a,
                kind_b,
                kind_c,
            )
        }
    };
    assert!(!asked(1, F32, F32, F32));
    assert!(!asked(2, Q8_0, F32, F32));
    assert!(!asked(2, F16, Q8_0, F32));
    assert!(!asked(2, F16, F16, F16));
    assert!(asked(2, F16, F16, F32));
}
