//! The corpus of recorded hypotheses (`tests/corpus/README.md`): its format, and the run that records and replays it.
pub(crate) mod clock;
pub(crate) mod format;
pub(crate) mod skeleton;
pub(crate) mod streamed;
