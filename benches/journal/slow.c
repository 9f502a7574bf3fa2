/* A slow disk for one process: each sync of a file waits up to as many µs as LIVECAP_BENCH_SLOW says, and some writes do.
   Loaded with LD_PRELOAD, see slow.rs. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void dawdle(long parts) {
    const char *most = getenv("LIVECAP_BENCH_SLOW");
    struct timespec now, wait = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    long us = most ? (now.tv_nsec / 7) % (atol(most) + 1) / parts : 0;
    wait.tv_sec = us / 1000000;
    wait.tv_nsec = us % 1000000 * 1000;
    nanosleep(&wait, NULL);
}

int fsync(int file) {
    dawdle(1);
    return syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    dawdle(1);
    return syscall(SYS_fdatasync, file);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
    dawdle(20);
    return syscall(SYS_pwrite64, file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return pwrite64(file, bytes, count, at);
}

int ftruncate64(int file, off_t length) {
    dawdle(1);
    return syscall(SYS_ftruncate, file, length);
}

int ftruncate(int file, off_t length) {
    return ftruncate64(file, length);
}
