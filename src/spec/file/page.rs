//! The `[page]` table: what the pages say of the event.
use schemars::JsonSchema;
use serde::Deserialize;

/// What the pages say of the event: its title, when it starts, its logo. The table is optional, and one for all broadcasts of the
/// file. Everybody who can reach a page sees it, also without a token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::spec) struct Page {
    /// The title of the event, on the pages, in the browser's tab, and in downloads and their names.
    #[schemars(length(min = 1, max = 120))]
    pub(in crate::spec) title: Option<String>,
    /// A line below the title, such as who speaks.
    #[schemars(length(min = 1, max = 240))]
    pub(in crate::spec) subtitle: Option<String>,
    /// When it starts: `"2026-10-01 14:00 Europe/Amsterdam"`, `"2026-10-01T14:00+02:00"`, or `"2026-10-01 14:00"` in the time zone
    /// of the machine. Until then, or until the first caption, the page says when, in the time zone of its reader.
    #[schemars(length(min = 1))]
    pub(in crate::spec) starts: Option<String>,
    /// A text of one or more paragraphs, shown until the first caption.
    #[schemars(length(min = 1, max = 2000))]
    pub(in crate::spec) welcome: Option<String>,
    /// A picture: an SVG, PNG, WebP or JPEG file of at most 512 kB.
    #[schemars(length(min = 1))]
    pub(in crate::spec) logo: Option<String>,
    /// A colour, such as `#0b6a9c`, for links, names of tracks and marks. It is made darker or lighter where text in it would have a
    /// contrast of less than 4.5 : 1. In the reader's high contrast it is not used.
    #[schemars(length(min = 1), extend("x-default" = "blue"))]
    pub(in crate::spec) accent: Option<String>,
}
