//! Products in which numbers of 16 bits take part: the convolutions of the encoder, keys with queries.
//!
//! ggml calls `llamafile_sgemm` where it was built for that. The build leaves out ggml's own function of that name (`cmake/FindBLAS.cmake`).
use std::{
    cell::RefCell,
    ffi::{c_int, c_void},
    slice,
};

use gemm_common::Parallelism;
use gemm_f32::gemm::f32::get_gemm_fn;
use half::{f16, slice::HalfFloatSliceExt as _};

/// Kinds of numbers, as `ggml_type` counts them.
pub const F32: c_int = 0;
pub const F16: c_int = 1;

/// As `ggml_compute_params` begins: which of how many threads is asked.
#[repr(C)]
pub struct Share {
    pub thread: c_int,
    pub threads: c_int,
}

/// Numbers of both sides as f32, kept from one product to the next.
#[derive(Default)]
struct Wide {
    a: Vec<f32>,
    b: Vec<f32>,
}

thread_local! {
    static WIDE: RefCell<Wide> = RefCell::default();
}

/// `c[i + ldc · j] = Σ a[lda · i + l] · b[ldb · j + l]` over `l` below `k`, for `i` below `m` and `j` below `n`. Each thread is called, and
/// computes its share of `n`. False, and nothing is written, where another kernel should do it: for kinds of numbers other than f16 and f32, and for a single vector.
///
/// # Safety
/// `a` and `b` can be read and `c` written as far as the sizes say; `c` overlaps neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn llamafile_sgemm(
    share: *const Share,
    m: i64,
    n: i64,
    k: i64,
    a: *const c_void,
    lda: i64,
    b: *const c_void,
    ldb: i64,
    c: *mut c_void,
    ldc: i64,
    kind_a: c_int,
    kind_b: c_int,
    kind_c: c_int,
) -> bool {
    let known = |kind| kind == F32 || kind == F16;
    if n < 2 || kind_c != F32 || !known(kind_a) || !known(kind_b) {
        return false;
    }
    let size = |it: i64| usize::try_from(it).unwrap_or(0);
    let (m, n, k) = (size(m), size(n), size(k));
    let (row_a, row_b, row_c) = (size(lda), size(ldb), size(ldc));
    // SAFETY: as the caller promises.
    let Share { thread, threads } = unsafe { &*share };
    let (from, to) = part(n, size((*thread).into()), size((*threads).into()));
    if from == to || m == 0 {
        return true;
    }
    WIDE.with_borrow_mut(|wide| {
        // SAFETY: as the caller promises; rows before `from` belong to other threads.
        unsafe {
            let (a, row_a) = Rows { at: a, kind: kind_a, row: row_a }.wide(0..m, k, &mut wide.a);
            let (b, row_b) =
                Rows { at: b, kind: kind_b, row: row_b }.wide(from..to, k, &mut wide.b);
            let c = c.cast::<f32>().add(from * row_c);
            get_gemm_fn()(
                m,
                to - from,
                k,
                c,
                row_c as isize,
                1,
                false,
                a,
                1,
                row_a as isize,
                b,
                row_b as isize,
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    });
    true
}

/// What falls to one of `threads` of `n` columns.
fn part(n: usize, thread: usize, threads: usize) -> (usize, usize) {
    let each = n.div_ceil(threads.max(1));
    ((thread * each).min(n), ((thread + 1) * each).min(n))
}

/// Rows of numbers of one kind, which begin `row` numbers apart.
struct Rows {
    at: *const c_void,
    kind: c_int,
    row: usize,
}

impl Rows {
    /// The first `k` numbers of the rows `which` as f32, and how far apart their rows begin: where they are, or, if they have to be made wider, in `into`.
    ///
    /// # Safety
    /// So many numbers can be read.
    unsafe fn wide(
        &self,
        which: std::ops::Range<usize>,
        k: usize,
        into: &mut Vec<f32>,
    ) -> (*const f32, usize) {
        if self.kind == F32 {
            // SAFETY: as the caller promises.
            return (unsafe { self.at.cast::<f32>().add(which.start * self.row) }, self.row);
        }
        into.resize(into.len().max(which.len() * k), 0.0);
        if k > 0 {
            for (row, wide) in which.zip(into.chunks_exact_mut(k)) {
                // SAFETY: as the caller promises.
                let narrow =
                    unsafe { slice::from_raw_parts(self.at.cast::<f16>().add(row * self.row), k) };
                narrow.convert_to_f32_slice(wide);
            }
        }
        (into.as_ptr(), k)
    }
}
