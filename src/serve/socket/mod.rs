//! Socket.IO: sessions, and a task for each subscriber.
pub(crate) mod sessions;
mod subscriber;
mod subscription;
