//! `livecap translate`: passes every line through unchanged and adds translations in order.
use std::{
    collections::HashMap,
    io,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncWriteExt, BufReader, Stdout},
    sync::Mutex as AsyncMutex,
};

use super::{
    exit::{Exit, Trouble},
    pipe::{Lines, Signals, plan, quoted},
};
use crate::{
    assemble::{translate_settings, translator},
    flow::{
        EdgeSettings, Fault, Inlet, Offer, Outlet, Receiver, Room, StageGauge, WhenFull, drive,
        edge,
    },
    logic::translate::Scheduler,
    message::{Caption, Kind, Language, TrackName, Translated},
    spec::{Planned, plan},
    stages::{
        lines::{Place, Understand},
        translate::Translate,
    },
    wire::{Clock, Line, TranslationEvent},
};

#[derive(clap::Args)]
pub(crate) struct TranslateArgs {
    /// The language to translate into, such as `nl`
    #[arg(long, value_name = "CODE")]
    to: String,
    /// The spoken language, if the lines do not give it
    #[arg(long, value_name = "CODE")]
    from: Option<String>,
    /// The translation service: openai, libretranslate, deepl or apertium
    #[arg(long, default_value = "openai")]
    provider: String,
    /// The address of the service
    #[arg(long)]
    url: Option<String>,
    /// The model to request; default: the endpoint's own
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Whether clauses that will not change are translated before their segment is final: off or stable
    #[arg(long, default_value = "off")]
    partials: String,
    /// Any other key of a `translate` stage, for example `--set 'deadline = "5s"'`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// The environment variable with the key of the service.
const KEY: &str = "LIVECAP_TRANSLATE_KEY";

impl TranslateArgs {
    fn settings(&self) -> Result<plan::Translate, Trouble> {
        let typed = Typed {
            command: "livecap translate",
            to: &self.to,
            source: self.from.as_deref(),
            provider: &self.provider,
            url: self.url.as_deref(),
            model: self.model.as_deref(),
            partials: &self.partials,
            set: &self.set,
        };
        typed.settings()
    }
}

/// The settings of a translator from the command line.
pub(super) struct Typed<'a> {
    pub(super) command: &'static str,
    pub(super) to: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) provider: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) partials: &'a str,
    /// Lines of a pipeline file.
    pub(super) set: &'a [String],
}

impl Typed<'_> {
    /// Checked like a pipeline file, so that the same mistakes get the same complaints.
    pub(super) fn settings(&self) -> Result<plan::Translate, Trouble> {
        let mut text = "[lines.in]\n[translate.out]\nfrom = \"in\"\n".to_owned();
        let keys = [
            ("to", Some(self.to)),
            ("source", self.source.filter(|it| *it != "auto")),
            ("provider", Some(self.provider)),
            ("url", self.url),
            ("model", self.model),
            ("partials", Some(self.partials)),
        ];
        for (key, value) in keys.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            text += &format!("{key} = {}\n", quoted(value));
        }
        if std::env::var_os(KEY).is_some_and(|it| !it.is_empty()) {
            text += &format!("api-key-env = \"{KEY}\"\n");
        }
        for line in self.set {
            text += &format!("{line}\n");
        }
        text += "[lines.sink]\nfrom = \"out\"\n";
        let plan = plan(self.command, &text)?;
        let found = plan.stages().iter().find_map(|stage| match &stage.work {
            Planned::Translate(it) => Some((**it).clone()),
            _ => None,
        });
        found.ok_or_else(|| {
            Trouble::Told("`--set` takes keys of a `translate` stage only".to_owned())
        })
    }
}

pub(crate) async fn translate(args: &TranslateArgs) -> Result<Exit, Trouble> {
    let signals = Signals::listen()?;
    let planned = args.settings()?;
    let translator = translator(&planned).map_err(Trouble::Told)?;
    let settings = translate_settings(&planned, true);
    let gauge = StageGauge::new("translate");
    let (captions, taken) = wire("lines");
    let (given, translations) = wire("translate");
    let mut scheduler = Scheduler::new(settings.scheduler.clone());
    let mut stage = Translate::new(settings, translator);
    let pass = Pass { out: Arc::new(AsyncMutex::new(tokio::io::stdout())), places: Arc::default() };
    let mut lines = Lines::new(BufReader::new(tokio::io::stdin()), &signals);
    let work = async {
        let driven = async {
            let mut inlet = Inlet::new(vec![taken]);
            let end = drive(&mut stage, &mut scheduler, &mut inlet, &given, &gauge).await;
            drop(given);
            match end {
                Ok(()) | Err(Fault::DownstreamGone) => Ok(()),
                Err(fault) => Err(Trouble::Told(fault.to_string())),
            }
        };
        // The first that fails ends the others.
        tokio::try_join!(pass.read(&mut lines, captions), driven, pass.write(translations))
            .map(|_| ())
    };
    signals.unless_insisted(work).await?;
    Ok(Exit::Fine)
}

fn wire(from: &str) -> (Outlet<Caption>, Receiver<Caption>) {
    // When this edge is full, the program before us in the pipe waits too.
    let room = Room::Items(NonZeroUsize::MIN);
    let (sender, receiver) = edge(from, "", EdgeSettings { room, when_full: WhenFull::Wait });
    (Outlet::new(vec![sender], StageGauge::new(from)), receiver)
}

/// The output that lines and translations share.
#[derive(Clone)]
struct Pass {
    out: Arc<AsyncMutex<Stdout>>,
    /// By our own segment and revision: those of the input line.
    places: Arc<Mutex<HashMap<(u64, u32), Place>>>,
}

impl Pass {
    /// Passes lines through, and captions to the translator. Lines that are not captions are logged.
    async fn read<R: tokio::io::AsyncBufRead + Unpin>(
        &self,
        lines: &mut Lines<R>,
        captions: Outlet<Caption>,
    ) -> Result<(), Trouble> {
        let mut understand = Understand::new(TrackName::new("stdin"), Language::new("und"));
        let mut line = Vec::new();
        while lines.next(&mut line).await? {
            if !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            self.put(&line).await?;
            let read = match std::str::from_utf8(&line) {
                Ok(text) => understand.line(text),
                Err(_) => Err("it is not UTF-8".to_owned()),
            };
            match read {
                Ok((given, place)) => {
                    for caption in given {
                        self.note(&caption, &place);
                        if captions.send(caption).await.is_err() {
                            return Ok(());
                        }
                    }
                }
                Err(why) => {
                    tracing::warn!(
                        line = lines.number,
                        why,
                        "passed on a line that is not a caption"
                    );
                }
            }
            line.clear();
        }
        if let Some(last) = understand.end() {
            let _ = captions.send(last).await;
        }
        Ok(())
    }

    fn note(&self, caption: &Caption, place: &Place) {
        if let (Caption::Transcript(it), Some(_)) = (caption, place.segment) {
            let key = (it.segment().number(), it.revision().number());
            self.places().insert(key, place.clone());
        }
    }

    async fn write(&self, from: Receiver<Caption>) -> Result<(), Trouble> {
        let clock = Clock::start();
        let mut inlet = Inlet::new(vec![from]);
        while let Some(Offer::Handle(caption)) = inlet.next().await {
            inlet.settle();
            let Caption::Translation(it) = caption else { continue };
            // The input ended an open segment without words; no line corresponds to this.
            let silent = it.text == Translated::Text(String::new());
            let mut event = TranslationEvent::new(&it, None, &clock);
            self.place(&mut event);
            if it.kind == Kind::Final {
                self.places().retain(|(segment, _), _| it.of.segment.number() < *segment);
            }
            if silent {
                continue;
            }
            if let Translated::Not(why) = &it.text {
                tracing::warn!(segment = event.segment, why, "a final stays untranslated");
            }
            // It has only numbers and texts, which JSON can always hold.
            let mut line = serde_json::to_vec(&Line::Translation(event)).unwrap_or_default();
            line.push(b'\n');
            self.put(&line).await?;
        }
        Ok(())
    }

    /// Takes over the names from the input line, so that a reader can match both.
    fn place(&self, event: &mut TranslationEvent) {
        let places = self.places();
        let Some(place) = places.get(&(event.segment, event.revision)) else { return };
        event.segment = place.segment.unwrap_or(event.segment);
        event.revision = place.revision.unwrap_or(event.revision);
        event.of.revision = event.revision;
        if let Some(track) = &place.track {
            event.track.clone_from(track);
        }
    }

    /// Writes a whole line and flushes it, so that the reader gets it at once.
    async fn put(&self, line: &[u8]) -> io::Result<()> {
        let mut out = self.out.lock().await;
        out.write_all(line).await?;
        out.flush().await
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashMap<(u64, u32), Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
