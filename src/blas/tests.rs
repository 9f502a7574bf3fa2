//! The products are those of the definition, summed in doubles.
use std::ffi::c_int;

use proptest::prelude::*;

use super::{NO_TRANSPOSE, ROW_MAJOR, cblas_sgemm, openblas_set_num_threads};

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
