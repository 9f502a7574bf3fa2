//! Who may do what, how much of it, and how a request is refused.
pub(crate) mod limits;
pub(crate) mod refusal;
pub(crate) mod rights;
pub(crate) mod tls;
