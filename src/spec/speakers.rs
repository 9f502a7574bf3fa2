//! The second phase, speakers: each `browser` has one broadcast at whose port they speak, and not everybody may.
use super::{
    Code, Complaint,
    complaint::list,
    plan::{Broadcast, Browser, Plan, Planned, Stage},
};

impl Plan {
    /// The number of the broadcast at whose port the speakers of this stage speak.
    pub fn server_of(&self, browser: &Browser) -> Option<usize> {
        servers(&self.stages, browser).next().map(|(number, ..)| number)
    }
}

fn servers<'a>(
    stages: &'a [Stage],
    browser: &'a Browser,
) -> impl Iterator<Item = (usize, &'a Stage, &'a Broadcast)> {
    let named = |stage: &Stage| browser.server.as_ref().is_none_or(|it| *it == stage.name);
    stages.iter().enumerate().filter(move |(_, it)| named(it)).filter_map(|(number, stage)| {
        match &stage.work {
            Planned::Broadcast(broadcast) => Some((number, stage, &**broadcast)),
            _ => None,
        }
    })
}

/// Complains about speakers without a server, and about those who could be anybody.
pub(super) fn check(stages: &[Stage], complaints: &mut Vec<Complaint>) {
    for stage in stages {
        let Planned::Browser(browser) = &stage.work else { continue };
        if browser.slot > 1 {
            continue; // said of the first of its places
        }
        let found: Vec<_> = servers(stages, browser).collect();
        match found[..] {
            [(_, server, broadcast)] => {
                complaints.extend(open(stage, browser, server, broadcast));
            }
            [] => complaints.push(no_server(stages, stage, browser)),
            [(_, first, _), ..] => {
                let names = found.iter().map(|(_, it, _)| it.name.as_str());
                let title =
                    format!("`{}` could speak to several broadcasts", title(stage, browser));
                let help = format!("server = \"{}\"", first.name);
                complaints.push(
                    Complaint::new(Code::NoServer, title)
                        .mark(stage.places.header.clone(), list(names, "or"))
                        .help(help),
                );
            }
        }
    }
}

fn title(stage: &Stage, browser: &Browser) -> String {
    format!("{}.{}", stage.kind().name(), browser.family)
}

fn no_server(stages: &[Stage], stage: &Stage, browser: &Browser) -> Complaint {
    let all = stages.iter().filter(|it| matches!(it.work, Planned::Broadcast(_)));
    let names: Vec<&str> = all.map(|it| it.name.as_str()).collect();
    let (title, label, help) = match (&browser.server, &names[..]) {
        (_, []) => (
            format!("`{}` has no broadcast to speak to", title(stage, browser)),
            "speakers open a page of a broadcast".to_owned(),
            "add a broadcast:\n\n[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:31979\""
                .to_owned(),
        ),
        (server, names) => (
            format!("no broadcast is called `{}`", server.as_deref().unwrap_or_default()),
            "not the name of a broadcast".to_owned(),
            format!("it could be {}", list(names.iter().copied(), "or")),
        ),
    };
    Complaint::new(Code::NoServer, title).mark(stage.places.of("server"), label).help(help)
}

/// Speakers without a token, where others can reach the server and no operator can make links.
fn open(
    stage: &Stage,
    browser: &Browser,
    server: &Stage,
    broadcast: &Broadcast,
) -> Option<Complaint> {
    let Broadcast { listen, tokens, trusted_proxies, .. } = broadcast;
    let proxied = !trusted_proxies.is_empty();
    let only_here = listen.is_loopback() && !proxied;
    if only_here || browser.token.is_some() || tokens.operator.is_some() {
        return None;
    }
    let title = format!("`{}` has no token for its speakers", title(stage, browser));
    Some(
        Complaint::new(Code::OpenSpeakers, title)
            .mark(stage.places.header.clone(), "who may speak here?")
            .mark(
                server.places.of(if proxied { "trusted-proxies" } else { "listen" }),
                "others can reach this",
            )
            .help(
                "speaker-token-env = \"LIVECAP_SPEAKER_TOKEN\", or `operator-token-env` in the broadcast, so that operators make links",
            ),
    )
}
