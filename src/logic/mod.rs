//! Decisions, pure: values in, values out, `now` is an argument. Reads no clock, opens no channel, spawns nothing.
pub mod budget;
pub mod downmix;
