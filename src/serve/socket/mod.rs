//! The Socket.IO side: sessions, and what each subscriber is sent.
pub(crate) mod sessions;
mod subscriber;
mod subscription;
