//! The links that operators make for speakers: each with a token of its own, of which only the hash is kept.
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::serve::{access::rights::Token, random::random_name};

/// The most links of one server.
pub(crate) const MOST_LINKS: usize = 1000;

#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) stage: String,
    /// What readers see.
    pub(crate) name: String,
    token: Token,
}

#[derive(Debug, Default)]
pub(crate) struct Links(Mutex<Vec<Link>>);

impl Links {
    fn lock(&self) -> MutexGuard<'_, Vec<Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new one with its token, which is told this once. `None` where there are too many.
    pub(crate) fn make(&self, id: u64, stage: &str, name: &str) -> Option<(Link, String)> {
        let mut links = self.lock();
        if links.len() >= MOST_LINKS {
            return None;
        }
        let secret = random_name() + &random_name();
        let (stage, name, token) = (stage.to_owned(), name.to_owned(), Token::new(&secret));
        let link = Link { id, stage, name, token };
        links.push(link.clone());
        Some((link, secret))
    }

    pub(crate) fn all(&self) -> Vec<Link> {
        self.lock().clone()
    }

    pub(crate) fn by_token(&self, token: &str) -> Option<Link> {
        let token = Token::new(token);
        self.lock().iter().find(|it| it.token == token).cloned()
    }

    /// False where there is none.
    pub(crate) fn rename(&self, id: u64, name: &str) -> bool {
        let mut links = self.lock();
        let link = links.iter_mut().find(|it| it.id == id);
        link.map(|it| name.clone_into(&mut it.name)).is_some()
    }

    /// False where there is none.
    pub(crate) fn revoke(&self, id: u64) -> bool {
        let mut links = self.lock();
        let before = links.len();
        links.retain(|it| it.id != id);
        links.len() < before
    }
}
