//! What the pages say of the event, on the wire: in `hello`, in the pages themselves, in transcripts.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The event, as its readers see it. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PageInfo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<String>,
    /// When it starts: Unix time in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<i64>,
    /// The path of its logo on this server, without a slash in front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// `#rrggbb`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
}

impl PageInfo {
    /// As another server of its cluster has it, which does not have the file of the logo.
    pub fn without_logo(&self) -> PageInfo {
        PageInfo { logo: None, ..self.clone() }
    }
}
