//! The second phase, what stages cannot share: a port, a file, standard input; and what nobody should share with all.
use std::path::Path;

use super::{
    Code, Complaint,
    plan::{
        Broadcast, Command, Listen, Pcm, Place, Planned, RecordFormat, RecordSettings, RelayFilter,
        Stage,
    },
};

/// Complains about the second of two stages that want the same thing.
pub(super) fn check(all: &[Stage], complaints: &mut Vec<Complaint>) {
    let mut stages: Vec<&Stage> = all.iter().collect();
    stages.sort_by_key(|it| it.line);
    for (index, stage) in stages.iter().enumerate() {
        let before = &stages[..index];
        let first = |shares: &dyn Fn(&Stage) -> bool| before.iter().copied().find(|it| shares(it));
        if let Planned::Broadcast(broadcast) = &stage.work
            && let Some(other) =
                first(&|it| address(it).is_some_and(|it| clash(&broadcast.listen, it)))
        {
            complaints.push(port_taken(stage, other, broadcast, all));
        }
        if let Planned::Broadcast(broadcast) = &stage.work {
            complaints.extend(open_relay(stage, broadcast));
        }
        if reads_stdin(stage)
            && let Some(other) = first(&reads_stdin)
        {
            let title =
                format!("`{}` and `{}` both read standard input", other.title(), stage.title());
            complaints.push(
                Complaint::new(Code::TwoStdin, title)
                    .mark(stage.places.header.clone(), "second")
                    .mark(other.places.header.clone(), "first")
                    .help("let one of them read a file or a `command`"),
            );
        }
        let kept = |it: &Stage| match &it.work {
            Planned::Journal(_) => it.feeds.first().map(|feed| feed.giver),
            _ => None,
        };
        if let Some(broadcast) = kept(stage)
            && let Some(other) = first(&|it| kept(it) == Some(broadcast))
        {
            let title = format!("`{}` and `{}` keep the same events", other.title(), stage.title());
            complaints.push(
                Complaint::new(Code::TwoJournals, title)
                    .mark(stage.places.header.clone(), "second")
                    .mark(other.places.header.clone(), "first")
                    .help("a broadcast has one journal: remove this one"),
            );
        }
        complaints.extend(flac_rate(stage, all));
        if let Some(target) = target(stage)
            && let Some(other) = first(&|it| self::target(it) == Some(target))
        {
            complaints.push(file_taken(stage, other, target));
        }
    }
}

fn port_taken(stage: &Stage, other: &Stage, broadcast: &Broadcast, all: &[Stage]) -> Complaint {
    let Listen { host, port } = &broadcast.listen;
    // The next one that no other broadcast of the file has.
    let taken = |port| all.iter().filter_map(address).any(|it| it.port == port);
    let free = (*port..=u16::MAX).chain((1024..*port).rev()).find(|it| !taken(*it));
    let free = Listen { host: host.clone(), port: free.unwrap_or_default() };
    let title = format!("`{}` and `{}` both listen on port {port}", other.title(), stage.title());
    Complaint::new(Code::PortTakenTwice, title)
        .mark(stage.places.of("listen"), "second")
        .mark(other.places.of("listen"), "first")
        .help(format!("listen = \"{free}\""))
}

/// A relay without a token for those who come to it, on an address that other machines may reach.
fn open_relay(stage: &Stage, broadcast: &Broadcast) -> Option<Complaint> {
    let Broadcast { listen, relay, open, tokens, trusted_proxies, .. } = broadcast;
    let proxied = !trusted_proxies.is_empty();
    let only_here = listen.is_loopback() && !proxied;
    if *relay == RelayFilter::Nothing || *open || tokens.viewer.is_some() || only_here {
        return None;
    }
    let title = format!("the relay of `{}` is open to whoever reaches `{listen}`", stage.title());
    Some(
        Complaint::new(Code::OpenRelay, title)
            .mark(stage.places.of("relay"), "passes on what anybody sends")
            .mark(
                stage.places.of(if proxied { "trusted-proxies" } else { "listen" }),
                "others can reach this",
            )
            .help("viewer-token-env = \"LIVECAP_VIEWER_TOKEN\", or `open = true` if that is meant"),
    )
}

/// FLAC files are written up to this rate, which is the highest that the encoder takes.
const HIGHEST_FLAC: u32 = 96_000;

/// Where the rate is known before anything runs. Of a microphone or a file it is not; there the stage itself complains.
fn flac_rate(stage: &Stage, all: &[Stage]) -> Option<Complaint> {
    let Planned::Record(RecordSettings { format: RecordFormat::Flac, .. }) = &stage.work else {
        return None;
    };
    let source = all.get(stage.feeds.first()?.giver)?;
    let (Planned::Pcm(Pcm { samples, .. }) | Planned::Command(Command { samples, .. })) =
        &source.work
    else {
        return None;
    };
    let rate = Some(samples.rate.hertz()).filter(|it| *it > HIGHEST_FLAC)?;
    let title = format!("`{}` cannot write {rate} Hz: FLAC ends at {HIGHEST_FLAC}", stage.title());
    Some(
        Complaint::new(Code::FormatLimit, title)
            .mark(stage.places.of("path"), "is written as FLAC")
            .mark(source.places.of("rate"), "gives more")
            .help("let the path end in `.wav`, or listen to a `resample` stage"),
    )
}

fn file_taken(stage: &Stage, other: &Stage, target: Option<&Path>) -> Complaint {
    let what = match target {
        Some(path) => format!("`{}`", path.display()),
        None => "standard output".to_owned(),
    };
    let title = format!("`{}` and `{}` both write {what}", other.title(), stage.title());
    let help = match target {
        Some(path) => {
            let ending = path.extension().map(|it| format!(".{}", it.to_string_lossy()));
            format!("path = \"{}{}\"", stage.name, ending.unwrap_or_default())
        }
        None => format!("path = \"{}.jsonl\"", stage.name),
    };
    Complaint::new(Code::FileTakenTwice, title)
        .mark(stage.places.of("path"), "second")
        .mark(other.places.of("path"), "first")
        .help(help)
}

fn address(stage: &Stage) -> Option<&Listen> {
    match &stage.work {
        Planned::Broadcast(broadcast) => Some(&broadcast.listen),
        _ => None,
    }
}

fn clash(one: &Listen, other: &Listen) -> bool {
    let any = |it: &Listen| it.host == "0.0.0.0" || it.host == "::";
    one.port != 0 && one.port == other.port && (one.host == other.host || any(one) || any(other))
}

fn reads_stdin(stage: &Stage) -> bool {
    match &stage.work {
        Planned::Pcm(_) => true,
        Planned::Lines(lines) => reads(stage) && lines.place == Place::Standard,
        _ => false,
    }
}

/// Of `lines`: whether it is a source.
fn reads(stage: &Stage) -> bool {
    !stage.places.has("from")
}

/// The file that it writes; the inner `None` is standard output.
fn target(stage: &Stage) -> Option<Option<&Path>> {
    match &stage.work {
        Planned::Lines(_) if reads(stage) => None,
        Planned::Lines(lines) => Some(match &lines.place {
            Place::Standard => None,
            Place::File(path) => Some(path),
        }),
        Planned::Record(record) => Some(Some(&record.path)),
        Planned::Journal(journal) => Some(Some(&journal.path)),
        Planned::Subtitles(subtitles) => Some(Some(&subtitles.template)),
        _ => None,
    }
}
