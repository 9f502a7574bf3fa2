//! Decisions, pure: values in, values out, `now` is an argument. Reads no clock, opens no channel, spawns nothing.
pub mod agree;
pub mod align;
pub mod budget;
pub mod downmix;
pub mod endpoint;
pub mod guard;
pub mod histogram;
pub mod latency;
pub mod pace;
pub mod place;
pub mod reference;
pub mod spoken;
pub mod stability;
pub mod subtitle;
pub mod update;
pub mod wer;
pub mod window;
