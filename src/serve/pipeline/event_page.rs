//! What the pages say of the event: as the server was bound with it, or as a node was told by its writer.
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::wire::PageInfo;

/// A picture, as it is sent to browsers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub bytes: Bytes,
    pub content_type: &'static str,
}

/// The path of the logo.
pub(crate) const LOGO: &str = "logo";

/// The event of a broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    info: PageInfo,
    logo: Option<Logo>,
}

impl EventPage {
    /// `info` gets the path of the logo, if there is one.
    pub fn new(info: PageInfo, logo: Option<Logo>) -> EventPage {
        let path = logo.is_some().then(|| LOGO.to_owned());
        EventPage { info: PageInfo { logo: path, ..info }, logo }
    }

    pub(crate) fn info(&self) -> &PageInfo {
        &self.info
    }

    pub(crate) fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }
}

/// The current one. A node's may change with each run of its writer.
#[derive(Debug, Default)]
pub(crate) struct CurrentPage(RwLock<Option<Arc<EventPage>>>);

impl CurrentPage {
    pub(crate) fn get(&self) -> Option<Arc<EventPage>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same page again is no change, so that what was made of it stays.
    pub(crate) fn set(&self, page: Option<EventPage>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_deref() != page.as_ref() {
            *current = page.map(Arc::new);
        }
    }
}
