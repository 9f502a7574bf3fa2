//! The third phase: does this machine have what the plan names?
use std::{path::Path, time::Duration};

use super::{
    Code, Complaint, Plan,
    complaint::{in_file_order, list},
    plan::{
        ClusterPlace, DeviceChoice, KeyPlace, Listen, Microphone, ModelChoice, Page, Place,
        Planned, SpokenLanguage, Stage, Task, TokenVariables, Whisper,
    },
    units::Length,
};

/// What checking asks of the world. Every answer is about now: what is there may be gone when the pipeline starts.
pub trait Machine {
    fn model(&self, model: &ModelChoice) -> Result<ModelFacts, ModelTrouble>;
    /// Is the device there, with the channel that is wanted of it?
    fn microphone(&self, microphone: &Microphone) -> Result<(), Trouble>;
    /// Is it a file that can be read?
    fn readable(&self, path: &Path) -> Result<(), Trouble>;
    /// Is the file a picture for the pages? What can't be read at all is for [`readable`](Self::readable).
    fn logo(&self, path: &Path) -> Result<(), Trouble>;
    /// Could a file be written here? It may exist already.
    fn writable(&self, path: &Path) -> Result<(), Trouble>;
    /// Can the address be listened on? Port 0 always can, if the host is one of this machine's.
    fn free(&self, listen: &Listen) -> Result<(), Trouble>;
    /// Is the environment variable set, and not empty?
    fn variable(&self, name: &str) -> bool;
    /// Is it an address of Redis, or does a variable that is set hold one? What is told repeats nothing of it.
    fn cluster(&self, place: &ClusterPlace) -> Result<(), Trouble>;
    /// Is there such a program: at this path, or on `PATH` where it is a bare name?
    fn program(&self, program: &Path) -> Result<(), Trouble>;
}

/// Why not, in a few words in lower case, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub why: String,
    /// Something that can be typed where possible.
    pub mend: Option<String>,
}

/// How many ports behind one that is taken are tried.
const PORTS_TRIED: usize = 100;

/// What a model can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// The longest segment it hears; `None`: as long as any Whisper model, 30 s.
    pub longest: Option<Duration>,
    /// The tags of the languages it knows; empty: all of Whisper's.
    pub languages: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelTrouble {
    /// Neither in the catalogue nor on this machine.
    Absent(Trouble),
    /// The file is there, and damaged or no model.
    Broken(Trouble),
}

/// Complains about everything that the plan names and the machine has not.
pub fn check_machine(plan: &Plan, machine: &dyn Machine) -> Vec<Complaint> {
    let all: Vec<&Stage> = plan.stages().iter().collect();
    let mut complaints: Vec<Complaint> =
        all.iter().flat_map(|it| check_stage(it, &all, machine)).collect();
    complaints.extend(check_page(plan.page(), machine));
    in_file_order(&mut complaints);
    // Copies of a stage lack the same.
    complaints.dedup();
    complaints
}

/// Complains about a logo that is not there, or is none.
pub(super) fn check_page(page: Option<&Page>, machine: &dyn Machine) -> Option<Complaint> {
    let page = page?;
    let path = page.logo.as_ref()?;
    let shown = path.display();
    let (code, title, trouble) = match (machine.readable(path), machine.logo(path)) {
        (Err(trouble), _) => (Code::NoFile, format!("cannot read `{shown}`"), trouble),
        (_, Err(trouble)) => (Code::BadLogo, format!("`{shown}` cannot be the logo"), trouble),
        (Ok(()), Ok(())) => return None,
    };
    let help = trouble.mend.unwrap_or_else(|| "logo = \"logo.svg\"".to_owned());
    Some(Complaint::new(code, title).mark(page.places.of("logo"), trouble.why).help(help))
}

/// `all`: the stages of its file, this one among them.
pub(super) fn check_stage(stage: &Stage, all: &[&Stage], machine: &dyn Machine) -> Vec<Complaint> {
    needs(stage, all, machine)
}

fn needs(stage: &Stage, all: &[&Stage], machine: &dyn Machine) -> Vec<Complaint> {
    match &stage.work {
        Planned::Microphone(microphone) => {
            let what = match &microphone.device {
                DeviceChoice::Default => "there is no microphone".to_owned(),
                DeviceChoice::Named(name) => format!("there is no microphone `{name}`"),
            };
            told(stage, Code::NoDevice, "device", what, machine.microphone(microphone))
        }
        Planned::Recording(recording) => reads(stage, &recording.path, machine),
        Planned::Command(command) => {
            let what = format!("there is no program `{}`", command.program.display());
            told(stage, Code::NoProgram, "command", what, machine.program(&command.program))
        }
        Planned::Browser(browser) if browser.slot == 1 => {
            set(stage, "speaker-token-env", browser.token.as_deref(), machine)
        }
        Planned::Whisper(whisper) => model(stage, whisper, machine),
        Planned::Translate(translate) => match &translate.key {
            KeyPlace::None => vec![],
            KeyPlace::Variable(name) => set(stage, "api-key-env", Some(name), machine),
            KeyPlace::File(path) => {
                let what = format!("cannot read `{}`", path.display());
                told(stage, Code::NoFile, "api-key-file", what, machine.readable(path))
            }
        },
        Planned::Lines(lines) => match &lines.place {
            Place::Standard => vec![],
            Place::File(path) if stage.feeds.is_empty() => reads(stage, path, machine),
            Place::File(path) => writes(stage, path, machine),
        },
        Planned::Broadcast(broadcast) => {
            let what = format!("cannot listen on `{}`", broadcast.listen);
            let free = machine.free(&broadcast.listen).map_err(|it| Trouble {
                mend: it.mend.and_then(|_| elsewhere(&broadcast.listen, all, machine)),
                ..it
            });
            let mut complaints = told(stage, Code::PortInUse, "listen", what, free);
            let TokenVariables { viewer, publish, operator, archive } = &broadcast.tokens;
            for (key, variable) in [
                ("viewer-token-env", viewer),
                ("publish-token-env", publish),
                ("operator-token-env", operator),
                ("archive-token-env", archive),
            ] {
                complaints.extend(set(stage, key, variable.as_deref(), machine));
            }
            complaints.extend(broadcast.cluster.iter().flat_map(|it| cluster(stage, it, machine)));
            if let Some(tls) = &broadcast.tls {
                complaints.extend(reads_as(stage, "cert", &tls.cert, machine));
                complaints.extend(reads_as(stage, "key", &tls.key, machine));
            }
            complaints
        }
        Planned::Subtitles(subtitles) => writes(stage, &subtitles.template, machine),
        Planned::Record(record) => writes(stage, &record.path, machine),
        Planned::Journal(journal) => writes(stage, &journal.path, machine),
        // These need nothing of the machine.
        _ => vec![],
    }
}

/// How to listen where nobody does. The variable is for the only broadcast of a file: of two it could mean either.
fn elsewhere(listen: &Listen, all: &[&Stage], machine: &dyn Machine) -> Option<String> {
    let ports = all.iter().filter_map(|it| match &it.work {
        Planned::Broadcast(broadcast) => Some(broadcast.listen.port),
        _ => None,
    });
    let ports: Vec<u16> = ports.collect();
    let at = |port| Listen { host: listen.host.clone(), port };
    let mut free = (listen.port.max(1023)..=u16::MAX).skip(1).take(PORTS_TRIED);
    let port = free.find(|it| !ports.contains(it) && machine.free(&at(*it)).is_ok())?;
    Some(match ports.len() {
        1 => format!("LIVECAP_PORT={port} livecap run …"),
        _ => format!("listen = \"{}\"", at(port)),
    })
}

fn cluster(stage: &Stage, place: &ClusterPlace, machine: &dyn Machine) -> Vec<Complaint> {
    let (key, what) = match place {
        ClusterPlace::Address(_) => ("cluster", "`cluster` cannot be used".to_owned()),
        ClusterPlace::Variable(name) if !machine.variable(name) => {
            return vec![no_variable(stage, "cluster-env", name)];
        }
        ClusterPlace::Variable(name) => {
            ("cluster-env", format!("what `{name}` holds cannot be used"))
        }
    };
    told(stage, Code::BadCluster, key, what, machine.cluster(place))
}

fn reads(stage: &Stage, path: &Path, machine: &dyn Machine) -> Vec<Complaint> {
    reads_as(stage, "path", path, machine)
}

fn reads_as(stage: &Stage, key: &str, path: &Path, machine: &dyn Machine) -> Vec<Complaint> {
    let what = format!("cannot read `{}`", path.display());
    told(stage, Code::NoFile, key, what, machine.readable(path))
}

fn set(stage: &Stage, key: &str, variable: Option<&str>, machine: &dyn Machine) -> Vec<Complaint> {
    let unset = variable.filter(|it| !machine.variable(it));
    unset.map(|it| no_variable(stage, key, it)).into_iter().collect()
}

fn writes(stage: &Stage, path: &Path, machine: &dyn Machine) -> Vec<Complaint> {
    let what = format!("cannot write `{}`", path.display());
    told(stage, Code::NotWritable, "path", what, machine.writable(path))
}

fn told(
    stage: &Stage,
    code: Code,
    key: &str,
    what: String,
    answer: Result<(), Trouble>,
) -> Vec<Complaint> {
    answer.err().map(|trouble| complaint(stage, code, key, what, trouble)).into_iter().collect()
}

fn complaint(stage: &Stage, code: Code, key: &str, what: String, trouble: Trouble) -> Complaint {
    Complaint::new(code, what).mark(stage.places.of(key), trouble.why).maybe_help(trouble.mend)
}

fn no_variable(stage: &Stage, key: &str, name: &str) -> Complaint {
    Complaint::new(Code::NoVariable, format!("the environment variable `{name}` is not set"))
        .mark(
            stage.places.of(key),
            match key {
                "cluster-env" => "holds the address",
                key if key.contains("token") => "holds the token",
                _ => "holds the key",
            },
        )
        .help(format!("export {name}=…"))
}

fn model(stage: &Stage, whisper: &Whisper, machine: &dyn Machine) -> Vec<Complaint> {
    let name = &whisper.model;
    let facts = match machine.model(name) {
        Ok(facts) => facts,
        Err(ModelTrouble::Absent(trouble)) => {
            let what = format!("there is no model `{name}` on this machine");
            return vec![complaint(stage, Code::NoModel, "model", what, trouble)];
        }
        Err(ModelTrouble::Broken(trouble)) => {
            let what = format!("the model `{name}` cannot be used");
            return vec![complaint(stage, Code::BadModel, "model", what, trouble)];
        }
    };
    let mut complaints = Vec::new();
    let mut limit = |key: &str, title: String, label: String, help: String| {
        complaints.push(
            Complaint::new(Code::ModelLimit, title)
                .mark(stage.places.of(key), label)
                .mark(stage.places.of("model"), "this model")
                .help(help),
        );
    };
    if let (Some(wanted), Some(most)) = (whisper.longest, facts.longest)
        && wanted > most
    {
        let (wanted, most) = (Length(wanted), Length(most));
        let title = format!("a segment of {wanted} is longer than `{name}` decodes at once");
        limit("longest", title, format!("at most {most}"), format!("longest = \"{most}\""));
    }
    if let [only] = facts.languages.as_slice()
        && whisper.task == Task::Translate
    {
        let title = format!("`{name}` knows `{only}` alone and translates nothing");
        limit("task", title, "needs a multilingual model".into(), "task = \"transcribe\"".into());
    }
    if let SpokenLanguage::Is(language) = &whisper.language
        && !facts.languages.is_empty()
        && !facts.languages.iter().any(|it| it == language.as_str())
    {
        let known = list(facts.languages.iter().map(String::as_str), "and");
        let title = format!("`{name}` does not know the language `{language}`");
        let help = match facts.languages.as_slice() {
            [only] => format!("language = \"{only}\", or a multilingual model such as `base`"),
            _ => "language = \"auto\"".to_owned(),
        };
        limit("language", title, format!("it knows {known}"), help);
    }
    complaints
}
