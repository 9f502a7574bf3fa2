//! Who may read, publish and operate: by a token, or by the origin of a request.
use std::{fmt, net::IpAddr, sync::OnceLock};

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// A secret that a client has to present. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

/// The tokens of one server. Without a token the listening address decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub viewer: Option<Token>,
    pub publish: Option<Token>,
    pub operator: Option<Token>,
    pub archive: Option<Token>,
}

/// The credentials of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Requester<'a> {
    pub(crate) token: Option<&'a str>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
}

/// The message for a page of another site.
pub(crate) const FOREIGN: &str = "pages of other sites may not read here: list yours in `origins`, or the proxy before this server in `trusted-proxies`";

/// The origin that lets pages of all sites read.
const ANY: &str = "*";

/// Why a client may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadDenied {
    /// No valid token was presented.
    Token,
    /// The request comes from a page of another site.
    Foreign,
}

/// The rules of one server.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) tokens: Tokens,
    pub(crate) origins: Vec<String>,
    /// The server listens on a loopback address, and no proxy forwards requests to it.
    pub(crate) only_here: bool,
    /// The operator's token of this run, where the settings have none.
    pub(crate) of_this_run: OnceLock<Token>,
}

impl Token {
    pub fn new(secret: &str) -> Token {
        Token(Sha256::digest(secret).into())
    }

    /// Compares hashes, so that the time taken reveals nothing of the secret.
    fn is(&self, presented: Option<&str>) -> bool {
        presented.is_some_and(|it| Token::new(it) == *self)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl<'a> Requester<'a> {
    /// `presented`: a token that came in another way than in the headers.
    pub(crate) fn of(headers: &'a HeaderMap, presented: Option<&'a str>) -> Requester<'a> {
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|it| {
            let (scheme, token) = it.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        Requester {
            token: presented.or(bearer),
            origin: text(header::ORIGIN),
            host: text(header::HOST),
        }
    }

    /// Whether the request comes from a page of another site. Only browsers send an origin.
    fn is_foreign(&self, origins: &[String]) -> bool {
        let Some(origin) = self.origin else { return false };
        if origins.iter().any(|it| it.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
            return false;
        }
        // The origin of a sandboxed page is `null`, which is no site.
        let (Some((_, from)), Some(host)) = (origin.split_once("://"), self.host) else {
            return true;
        };
        let both_here = is_loopback(from) && is_loopback(host) && port(from) == port(host);
        !from.eq_ignore_ascii_case(host) && !both_here
    }
}

impl Rules {
    /// Whether it is one of the tokens of this server. A server without tokens accepts any.
    pub(crate) fn knows(&self, token: &str) -> bool {
        let mut tokens = self.set().chain(self.of_this_run.get());
        self.accepts_any() || tokens.any(|it| it.is(Some(token)))
    }

    /// Whether there is no token at all.
    pub(crate) fn accepts_any(&self) -> bool {
        !self.has_tokens() && self.of_this_run.get().is_none()
    }

    /// Whether the settings have a token. Where they have none, a reader's token means nothing, so nothing can be guessed by one.
    pub(crate) fn has_tokens(&self) -> bool {
        self.set().next().is_some()
    }

    fn set(&self) -> impl Iterator<Item = &Token> {
        let Tokens { viewer, publish, operator, archive } = &self.tokens;
        [viewer, publish, operator, archive].into_iter().flatten()
    }

    /// Whether a token makes an operator.
    pub(crate) fn has_operator(&self) -> bool {
        self.tokens.operator.is_some() || self.of_this_run.get().is_some()
    }

    /// Reading captions and transcripts.
    pub(crate) fn read(&self, requester: &Requester<'_>) -> Result<(), ReadDenied> {
        if !self.any_origin() && requester.is_foreign(&self.origins) {
            return Err(ReadDenied::Foreign);
        }
        if self.tokens.viewer.is_none() {
            return Ok(());
        }
        // A client with more rights may read, too.
        let mut tokens = self.set().chain(self.of_this_run.get());
        if tokens.any(|it| it.is(requester.token)) { Ok(()) } else { Err(ReadDenied::Token) }
    }

    pub(crate) fn may_read(&self, requester: &Requester<'_>) -> bool {
        self.read(requester).is_ok()
    }

    /// Whether pages of all sites may read. A server that only this machine reaches may carry a microphone, which is not for any
    /// page that happens to be open in a browser here.
    pub(crate) fn any_origin(&self) -> bool {
        self.origins.iter().any(|it| it == ANY) || (self.origins.is_empty() && !self.only_here)
    }

    /// Emitting events with the names of livecap's own through the relay.
    pub(crate) fn may_publish(&self, requester: &Requester<'_>) -> bool {
        match &self.tokens.publish {
            Some(token) => token.is(requester.token),
            None => self.is_from_here(requester),
        }
    }

    /// Speaking to a stage that asks for no token.
    pub(crate) fn may_speak_without(&self, requester: &Requester<'_>) -> bool {
        self.is_from_here(requester)
    }

    /// Reading the details of stages, and the log.
    pub(crate) fn may_inspect(&self, requester: &Requester<'_>) -> bool {
        let is_open = self.tokens.operator.is_none() && self.is_from_here(requester);
        is_open || self.may_operate(requester)
    }

    /// Pausing, clearing, marking and ending: only with a token.
    pub(crate) fn may_operate(&self, requester: &Requester<'_>) -> bool {
        let operator = self.tokens.operator.as_ref().or(self.of_this_run.get());
        operator.is_some_and(|it| it.is(requester.token))
    }

    /// Reading what was kept of earlier events, and hearing it.
    pub(crate) fn may_read_archive(&self, requester: &Requester<'_>) -> bool {
        let is_reader = match &self.tokens.archive {
            Some(token) => token.is(requester.token),
            None => self.is_from_here(requester),
        };
        is_reader || self.may_operate(requester)
    }

    /// Reading the metrics.
    pub(crate) fn may_measure(&self, requester: &Requester<'_>) -> bool {
        self.is_from_here(requester) || self.may_operate(requester)
    }

    /// Whether the request is from this machine, and not from a page of a site without access.
    fn is_from_here(&self, requester: &Requester<'_>) -> bool {
        self.only_here && !requester.is_foreign(&self.origins)
    }
}

/// The name or address of `host:port`, without brackets.
pub(crate) fn name_of(host: &str) -> &str {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(ip, _)| ip),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.trim_end_matches('.')
}

fn port(host: &str) -> Option<&str> {
    let behind = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    behind.rsplit_once(':').map(|(_, port)| port)
}

/// Whether `host`, with or without a port, is a loopback name or address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = name_of(host);
    let local = name.eq_ignore_ascii_case("localhost")
        || name.len() > 10 && name.to_ascii_lowercase().ends_with(".localhost");
    local || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(only_here: bool, tokens: Tokens) -> Rules {
        with_origins(only_here, tokens, &["https://captions.example"])
    }

    fn with_origins(only_here: bool, tokens: Tokens, origins: &[&str]) -> Rules {
        let origins = origins.iter().map(|it| (*it).to_owned()).collect();
        Rules { tokens, origins, only_here, of_this_run: OnceLock::new() }
    }

    fn requester<'a>(token: Option<&'a str>, origin: Option<&'a str>) -> Requester<'a> {
        Requester { token, origin, host: Some("localhost:31979") }
    }

    #[test]
    fn without_tokens_the_address_decides() {
        let (here, elsewhere) = (rules(true, Tokens::default()), rules(false, Tokens::default()));
        let nobody = requester(None, None);
        assert!(here.may_read(&nobody) && here.may_publish(&nobody));
        assert!(here.may_inspect(&nobody) && here.may_measure(&nobody));
        assert!(!here.may_operate(&nobody));
        assert!(elsewhere.may_read(&nobody) && !elsewhere.may_publish(&nobody));
        assert!(!elsewhere.may_inspect(&nobody) && !elsewhere.may_measure(&nobody));
    }

    #[test]
    fn on_this_machine_pages_of_other_sites_read_nothing_unless_they_are_let_in() {
        let reads = |only_here, origins: &[&str], origin| {
            let rules = with_origins(only_here, Tokens::default(), origins);
            rules.read(&requester(None, origin))
        };
        let (site, own) = (Some("https://elsewhere.example"), Some("http://127.0.0.1:31979"));
        assert_eq!(reads(true, &[], site), Err(ReadDenied::Foreign));
        assert_eq!(reads(true, &[], Some("null")), Err(ReadDenied::Foreign));
        assert_eq!(reads(true, &[], Some("http://localhost:8000")), Err(ReadDenied::Foreign));
        assert_eq!(reads(true, &["https://elsewhere.example/"], site), Ok(()));
        assert_eq!(reads(true, &["*"], site), Ok(()));
        assert_eq!((reads(true, &[], own), reads(true, &[], None)), (Ok(()), Ok(())));
        // Where others reach it, it is for everybody, unless the file names some.
        assert_eq!(reads(false, &[], site), Ok(()));
        assert_eq!(reads(false, &["https://captions.example"], site), Err(ReadDenied::Foreign));
        let open = with_origins(true, Tokens::default(), &["*"]);
        assert!(
            !open.may_publish(&requester(None, site)) && !open.may_inspect(&requester(None, site))
        );
    }

    #[test]
    fn the_archive_is_for_its_token_and_for_operators() {
        let tokens = |archive: bool| Tokens {
            archive: archive.then(|| Token::new("a")),
            viewer: Some(Token::new("v")),
            operator: Some(Token::new("o")),
            ..Tokens::default()
        };
        for (only_here, archive, nobody) in
            [(true, true, false), (false, true, false), (true, false, true), (false, false, false)]
        {
            let rules = rules(only_here, tokens(archive));
            let may = |it| rules.may_read_archive(&requester(it, None));
            assert!(may(Some("o")));
            assert_eq!((may(None), may(Some("v"))), (nobody, nobody), "{only_here} {archive}");
            assert_eq!(may(Some("a")), archive || nobody);
            let foreign = requester(None, Some("https://evil.example"));
            assert!(!rules.may_read_archive(&foreign));
        }
    }

    #[test]
    fn a_token_opens_what_it_is_for() {
        let token = |it| Some(Token::new(it));
        let tokens =
            Tokens { viewer: token("v"), publish: token("p"), operator: token("o"), archive: None };
        for only_here in [true, false] {
            let rules = rules(only_here, tokens.clone());
            let rights = |it: Option<&str>| {
                let requester = requester(it, None);
                (
                    rules.may_read(&requester),
                    rules.may_publish(&requester),
                    rules.may_inspect(&requester),
                    rules.may_operate(&requester),
                )
            };
            assert_eq!(rights(None), (false, false, false, false));
            assert_eq!(rights(Some("")), (false, false, false, false));
            assert_eq!(rights(Some("v")), (true, false, false, false));
            assert_eq!(rights(Some("p")), (true, true, false, false));
            assert_eq!(rights(Some("o")), (true, false, true, true));
        }
        assert!(!format!("{tokens:?}").contains("118"), "a token is shown");
    }

    #[test]
    fn the_token_of_a_run_makes_an_operator_and_takes_nothing_from_others() {
        let viewer = Tokens { viewer: Some(Token::new("v")), ..Tokens::default() };
        for (only_here, tokens, open) in [
            (true, Tokens::default(), true),
            (false, Tokens::default(), true),
            (false, viewer, false),
        ] {
            let rules = rules(only_here, tokens);
            assert!(!rules.has_operator());
            rules.of_this_run.set(Token::new("run")).unwrap();
            assert!(rules.has_operator());
            let (bearer, wrong, nobody) =
                (requester(Some("run"), None), requester(Some("ru"), None), requester(None, None));
            assert!(rules.may_operate(&bearer) && rules.may_inspect(&bearer));
            assert!(rules.may_read(&bearer) && rules.may_measure(&bearer));
            assert!(rules.knows("run") && !rules.knows("ru"), "wrong ones are counted");
            for other in [&wrong, &nobody] {
                assert!(!rules.may_operate(other));
                assert_eq!((rules.may_read(other), rules.may_inspect(other)), (open, only_here));
            }
            assert_eq!(rules.may_publish(&bearer), only_here, "it is the operator's alone");
            assert!(!format!("{rules:?}").contains("run\""), "a token is shown");
        }
    }

    #[test]
    fn a_page_of_another_site_publishes_inspects_and_measures_nothing() {
        let rules = rules(true, Tokens::default());
        for (origin, may) in [
            ("http://localhost:31979", true),
            ("http://127.0.0.1:31979", true),
            ("http://[::1]:31979", true),
            ("https://captions.example", true),
            ("http://localhost:8000", false),
            ("http://localhost", false),
            ("https://evil.example", false),
            ("https://captions.example.evil", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(rules.may_publish(&requester(None, Some(origin))), may, "{origin}");
            assert_eq!(rules.may_inspect(&requester(None, Some(origin))), may, "{origin}");
            assert_eq!(rules.may_measure(&requester(None, Some(origin))), may, "{origin}");
        }
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_presented_and_never_as_a_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "token=c".parse().unwrap());
        assert_eq!(Requester::of(&headers, None).token, None);
        headers.insert(header::AUTHORIZATION, "bearer  b ".parse().unwrap());
        assert_eq!(Requester::of(&headers, None).token, Some("b"));
        assert_eq!(Requester::of(&headers, Some("a")).token, Some("a"));
        headers.insert(header::AUTHORIZATION, "Basic b".parse().unwrap());
        assert_eq!(Requester::of(&headers, None).token, None);
    }
}
