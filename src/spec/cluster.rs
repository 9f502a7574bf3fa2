//! The address of a Redis server, as far as the file itself tells whether it is one; the machine's own reading of it follows in the third phase.

pub(super) struct Wrong {
    pub(super) why: &'static str,
    pub(super) help: String,
    /// Nobody should see the line.
    pub(super) secret: bool,
}

/// Without a password: that is read from an environment variable.
const SCHEMES: [&str; 3] = ["redis", "rediss", "redis+unix"];

const VARIABLE: &str = "cluster-env = \"LIVECAP_CLUSTER\"";

/// `redis://127.0.0.1/`, `rediss://cache.example:6380/?name=talk`, `redis+unix:///run/redis.sock`.
pub(super) fn check(text: &str) -> Result<(), Wrong> {
    let wrong = |why, help: &str| Err(Wrong { why, help: help.to_owned(), secret: false });
    // Before anything is said of the rest, and wherever the parts of an odd address may end.
    let behind = text.split_once("://").map_or(text, |(_, behind)| behind);
    let login = behind.rsplit_once('@').map(|(login, _)| login);
    if login.is_some_and(|it| it.contains(':')) || behind.contains("pass=") {
        let why = "a password must not be in a file";
        return Err(Wrong { why, help: VARIABLE.to_owned(), secret: true });
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let fine = text.chars().all(|it| it.is_ascii_alphanumeric() || ".:-_/".contains(it));
        let host = if fine && !text.is_empty() { text.trim_end_matches('/') } else { "127.0.0.1" };
        return wrong("the scheme is missing", &format!("cluster = \"redis://{host}/\""));
    };
    let place = rest.split_once('?').map_or(rest, |(place, _)| place);
    if !SCHEMES.contains(&scheme) {
        return wrong(
            "Redis speaks `redis`, `rediss` or `redis+unix`",
            "cluster = \"redis://127.0.0.1/\"",
        );
    }
    let host = place.rsplit('@').next().unwrap_or_default();
    match scheme {
        "redis+unix" if !place.starts_with('/') => wrong(
            "a socket is named by its whole path",
            "cluster = \"redis+unix:///run/redis/redis.sock\"",
        ),
        "redis" | "rediss" if host.is_empty() || host.starts_with(['/', ':']) => {
            wrong("the host is missing", "cluster = \"redis://127.0.0.1/\"")
        }
        _ => Ok(()),
    }
}
