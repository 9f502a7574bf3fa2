//! The corpus of recorded hypotheses (`tests/corpus/README.md`): how it is written, and the run that it is taken in and replayed in.
pub(crate) mod clock;
pub(crate) mod format;
pub(crate) mod skeleton;
pub(crate) mod streamed;
