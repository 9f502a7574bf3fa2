/* What ggml needs to know of the functions in ../lib.rs. */
#pragma once

enum CBLAS_LAYOUT { CblasRowMajor = 101 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112 };

#ifdef __cplusplus
extern "C" {
#endif

void cblas_sgemm(enum CBLAS_LAYOUT layout, enum CBLAS_TRANSPOSE transpose_a, enum CBLAS_TRANSPOSE transpose_b, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void openblas_set_num_threads(int threads);

#ifdef __cplusplus
}
#endif
