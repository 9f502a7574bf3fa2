//! The address that a broadcast listens on, and the environment variables that go before the file.
use std::str::FromStr;

use super::{
    Code, Complaint,
    plan::{Listen, Planned, Stage},
};

/// An address of pages as people have it, `https://captions.example`, without a slash at its end. `None` where it has no scheme or
/// no host, or says more than where the pages are.
pub fn address_of_pages(written: &str) -> Option<String> {
    let rest = written.strip_prefix("https://").or_else(|| written.strip_prefix("http://"))?;
    let is_fine =
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['@', ' ', '?', '#']);
    is_fine.then(|| written.trim_end_matches('/').to_owned())
}

pub(super) struct Wrong {
    pub(super) why: String,
    pub(super) help: String,
}

/// `127.0.0.1:31979`, `localhost:0`, `[::1]:31979`.
pub(super) fn parse(text: &str) -> Result<Listen, Wrong> {
    let wrong = |why: &str, help: String| Err(Wrong { why: why.into(), help });
    let example = || "listen = \"127.0.0.1:31979\"".to_owned();
    if text.contains("://") {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
        return wrong("an address has no scheme", format!("listen = \"{bare}\""));
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return match text.parse::<u16>() {
            Ok(port) => wrong("the host is missing", format!("listen = \"127.0.0.1:{port}\"")),
            Err(_) => wrong("the port is missing", format!("listen = \"{text}:31979\"")),
        };
    };
    let Ok(port) = port.parse::<u16>() else {
        return wrong("a port is a number from 0 to 65535", example());
    };
    let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match bracketed.unwrap_or(host) {
        "" => wrong("the host is missing", format!("listen = \"127.0.0.1:{port}\"")),
        ip if bracketed.is_some() && ip.parse::<std::net::Ipv6Addr>().is_err() => {
            wrong("brackets are for IPv6 addresses", example())
        }
        host if bracketed.is_none() && host.contains(':') => {
            wrong("an IPv6 address needs brackets", format!("listen = \"[{host}]:{port}\""))
        }
        host if !is_host(host) => wrong("this is not a host", example()),
        host => Ok(Listen { host: host.to_owned(), port }),
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_host(host: &str) -> bool {
    let fine = |it: char| it.is_alphanumeric() || matches!(it, '.' | '-' | '_' | ':' | '%');
    let numeric = host.chars().all(|it| it.is_ascii_digit() || it == '.');
    host.chars().all(fine) && (!numeric || host.parse::<std::net::Ipv4Addr>().is_ok())
}

/// The error says what is wrong, and what could be meant.
impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        parse(text).map_err(|Wrong { why, help }| {
            let meant = help.trim_start_matches("listen = ").trim_matches('"');
            format!("{why}: write {meant}")
        })
    }
}

/// What the environment says instead of the file's `listen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    host: Option<Variable>,
    port: Option<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    name: &'static str,
    value: String,
}

impl Overrides {
    /// `LIVECAP_HOST` and `LIVECAP_PORT` go before `SIO_HOST` and `SIO_PORT`; an empty one counts as not set.
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Overrides {
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| {
                let value = get(name).filter(|it| !it.is_empty())?;
                Some(Variable { name, value })
            })
        };
        Overrides {
            host: first(["LIVECAP_HOST", "SIO_HOST"]),
            port: first(["LIVECAP_PORT", "SIO_PORT"]),
        }
    }

    /// Puts them in place of `listen`. The error says which is not a host or no port.
    pub fn over(&self, listen: &Listen) -> Result<Listen, String> {
        let mut listen = listen.clone();
        if let Some(Variable { name, value }) = &self.host {
            let host = bare(value);
            if !is_host(host) {
                return Err(format!("`{name}` is `{value}`, which is not a host"));
            }
            listen.host = host.to_owned();
        }
        if let Some(Variable { name, value }) = &self.port {
            let port = value.parse();
            listen.port =
                port.map_err(|_| format!("`{name}` is `{value}`, which is not a port"))?;
        }
        Ok(listen)
    }

    /// Puts them in place of the only broadcast's address. Without a broadcast they say nothing.
    pub(super) fn apply(&self, stages: &mut [Stage], complaints: &mut Vec<Complaint>) {
        let set: Vec<&Variable> = self.host.iter().chain(&self.port).collect();
        let Some(first) = set.first() else { return };
        let mut broadcasts: Vec<&mut Stage> =
            stages.iter_mut().filter(|it| matches!(it.work, Planned::Broadcast(_))).collect();
        if let [one, other, ..] = broadcasts.as_slice() {
            let title = format!("`{}` is set, and it could mean either broadcast", first.name);
            complaints.push(
                Complaint::new(Code::TwoBroadcasts, title)
                    .mark(other.places.of("listen"), "this one?")
                    .mark(one.places.of("listen"), "or this one?")
                    .help(format!(
                        "unset {}",
                        set.iter().map(|it| it.name).collect::<Vec<_>>().join(" ")
                    )),
            );
            return;
        }
        let Some(stage) = broadcasts.pop() else { return };
        let place = stage.places.of("listen");
        let Planned::Broadcast(broadcast) = &mut stage.work else { return };
        if let Some(host) = &self.host {
            if is_host(bare(&host.value)) {
                broadcast.listen.host = bare(&host.value).to_owned();
            } else {
                let title = format!("`{}` is `{}`, which is not a host", host.name, host.value);
                complaints.push(
                    Complaint::new(Code::BadOverride, title)
                        .mark(place.clone(), "it goes before this")
                        .help(format!("export {}=127.0.0.1", host.name)),
                );
            }
        }
        if let Some(port) = &self.port {
            match port.value.parse() {
                Ok(number) => broadcast.listen.port = number,
                Err(_) => {
                    let title = format!("`{}` is `{}`, which is not a port", port.name, port.value);
                    complaints.push(
                        Complaint::new(Code::BadOverride, title)
                            .mark(place, "it goes before this")
                            .help(format!("export {}=31979", port.name)),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_addresses_are_hosts() {
        for fine in [
            "127.0.0.1:31979",
            "0.0.0.0:0",
            "localhost:80",
            "[::1]:31979",
            "captions.example.org:443",
        ] {
            assert_eq!(parse(fine).map(|it| it.to_string()).ok().as_deref(), Some(fine));
        }
    }

    #[test]
    fn what_is_no_address_is_told_with_one_that_is() {
        for wrong in [
            "",
            "31979",
            "localhost",
            ":80",
            "1.2.3:80",
            "a b:80",
            "::1:80",
            "[x]:80",
            "host:70000",
            "http://localhost:80/",
        ] {
            let Err(Wrong { help, .. }) = parse(wrong) else { panic!("`{wrong}` passed") };
            let typed = help.trim_start_matches("listen = \"").trim_end_matches('"');
            assert!(wrong.is_empty() || parse(typed).is_ok(), "{wrong}: {help}");
        }
    }

    #[test]
    fn livecaps_own_variables_go_first_and_empty_ones_count_for_nothing() {
        let found = Overrides::from_variables(|name| match name {
            "LIVECAP_HOST" => Some(String::new()),
            "SIO_HOST" => Some("0.0.0.0".into()),
            "LIVECAP_PORT" => Some("1".into()),
            "SIO_PORT" => Some("2".into()),
            _ => None,
        });
        assert_eq!(found.host.map(|it| it.name), Some("SIO_HOST"));
        assert_eq!(found.port.map(|it| it.value), Some("1".into()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text).is_ok();
        }
    }
}
