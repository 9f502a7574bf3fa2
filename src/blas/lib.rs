//! The products of matrices that ggml calls functions for, computed by the crate `gemm-f32`, which finds the kernel for the processor when it runs:
//! the two functions of a BLAS library here, those that have f16 in them in `half_products`.
//!
//! ggml's own kernels are chosen when it is compiled, so that a binary for every processor of a family cannot use what the newer ones have.
use std::{cell::Cell, ffi::c_int};

use gemm_common::Parallelism;
use gemm_f32::gemm::f32::get_gemm_fn;
// Nothing of it is called here, but ggml-blas, which this crate links, needs the rest of ggml.
use whisper_rs_sys as _;

// On macOS ggml calls Apple's library and keeps its own kernels beside it.
#[cfg(any(not(target_os = "macos"), test))]
mod half_products;

/// As in `cmake/cblas.h`.
const ROW_MAJOR: c_int = 101;
const NO_TRANSPOSE: c_int = 111;

thread_local! {
    static THREADS: Cell<usize> = const { Cell::new(1) };
}

/// How many threads the calling thread's products take from now on; ggml says so before each.
#[unsafe(no_mangle)]
pub extern "C" fn openblas_set_num_threads(threads: c_int) {
    THREADS.set(usize::try_from(threads).unwrap_or(1).max(1));
}

/// `c = alpha · a · b + beta · c`, with `a` of m × k, `b` of k × n and `c` of m × n numbers, row by row; the rows of each begin `lda`, `ldb` and
/// `ldc` numbers apart. What is said to be transposed lies in memory with its columns as rows. With `beta` 0, `c` is not read.
///
/// Shape and meaning are those of the C interface of the Basic Linear Algebra Subprograms (BLAST Forum standard, 2001, appendix B).
///
/// # Safety
/// `a` and `b` can be read, and `c` can be read and written, as far as the sizes say; `c` overlaps neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cblas_sgemm(
    layout: c_int,
    transpose_a: c_int,
    transpose_b: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: f32,
    a: *const f32,
    lda: c_int,
    b: *const f32,
    ldb: c_int,
    beta: f32,
    c: *mut f32,
    ldc: c_int,
) {
    // A panic would end the process here, and ggml knows no other layout.
    debug_assert_eq!(layout, ROW_MAJOR);
    let (a_column, a_row) = strides(transpose_a, lda);
    let (b_column, b_row) = strides(transpose_b, ldb);
    let parallelism = match THREADS.get() {
        1 => Parallelism::None,
        threads => Parallelism::Rayon(threads),
    };
    // SAFETY: as the caller promises.
    unsafe {
        // The kernels want the result by columns. By columns, it is the transpose: Cᵀ = Bᵀ × Aᵀ.
        get_gemm_fn()(
            size(n),
            size(m),
            size(k),
            c,
            stride(ldc),
            1,
            beta != 0.0,
            b,
            b_row,
            b_column,
            a,
            a_row,
            a_column,
            beta,
            alpha,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// From one column to the next, and from one row to the next, in numbers.
fn strides(transpose: c_int, leading: c_int) -> (isize, isize) {
    if transpose == NO_TRANSPOSE { (1, stride(leading)) } else { (stride(leading), 1) }
}

fn size(it: c_int) -> usize {
    usize::try_from(it).unwrap_or(0)
}

fn stride(it: c_int) -> isize {
    it as isize
}

#[cfg(test)]
mod tests;
