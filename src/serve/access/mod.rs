//! Access: rights, limits per address, TLS, and refusals.
pub(crate) mod limits;
pub(crate) mod refusal;
pub(crate) mod rights;
pub(crate) mod tls;
