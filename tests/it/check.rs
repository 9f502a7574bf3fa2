//! `livecap check` as its users meet it: one file per complaint, the shipped pipelines, the reference.
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use livecap::{
    cli::check::{CheckArgs, CheckFormat, Surroundings, check},
    spec::{
        self, Code, Machine, ModelFacts, ModelTrouble, Overrides, Trouble,
        plan::{ClusterPlace, DeviceChoice, Listen, Microphone, ModelChoice},
    },
};

/// A machine on which everything is there but what has `missing` in its name.
struct ScriptedMachine;

fn unless_missing(name: &str, why: &str, mend: Option<&str>) -> Result<(), Trouble> {
    match name.contains("missing") {
        false => Ok(()),
        true => Err(Trouble { why: why.into(), mend: mend.map(str::to_owned) }),
    }
}

impl Machine for ScriptedMachine {
    fn model(&self, model: &ModelChoice) -> Result<ModelFacts, ModelTrouble> {
        let name = model.to_string();
        unless_missing(&name, "not in the catalogue", Some("livecap models list"))
            .map_err(ModelTrouble::Absent)?;
        if name.contains("broken") {
            let why =
                "the file ends after 1000 of 10529376 bytes; the download was probably cut off"
                    .into();
            let mend = Some("livecap models pull base.en".into());
            return Err(ModelTrouble::Broken(Trouble { why, mend }));
        }
        Ok(ModelFacts {
            longest: (name == "demo").then_some(Duration::from_secs(10)),
            languages: if name == "demo" || name.ends_with(".en") {
                vec!["en".into()]
            } else {
                vec![]
            },
        })
    }

    fn microphone(&self, microphone: &Microphone) -> Result<(), Trouble> {
        match &microphone.device {
            DeviceChoice::Default => Ok(()),
            DeviceChoice::Named(name) => unless_missing(
                name,
                "there are `Built-in` and `USB Audio`",
                Some("livecap devices"),
            ),
        }
    }

    fn readable(&self, path: &Path) -> Result<(), Trouble> {
        unless_missing(&path.to_string_lossy(), "no such file", None)
    }

    fn logo(&self, path: &Path) -> Result<(), Trouble> {
        let large = path.to_string_lossy().contains("large");
        let why = "it has 900 kB, and a logo at most 512".to_owned();
        if large { Err(Trouble { why, mend: Some("save it smaller".into()) }) } else { Ok(()) }
    }

    fn writable(&self, path: &Path) -> Result<(), Trouble> {
        let folder = path.parent().unwrap_or(Path::new("")).display();
        let mend = format!("mkdir -p {folder}");
        unless_missing(&path.to_string_lossy(), "no such folder", Some(&mend))
    }

    fn free(&self, listen: &Listen) -> Result<(), Trouble> {
        let missing = if listen.port == 1234 { "missing" } else { "" };
        unless_missing(
            missing,
            "another program listens there",
            Some("listen = \"127.0.0.1:31980\""),
        )
    }

    fn cluster(&self, place: &ClusterPlace) -> Result<(), Trouble> {
        let (ClusterPlace::Address(it) | ClusterPlace::Variable(it)) = place;
        unless_missing(it, "the port is no number", Some("redis://127.0.0.1/?name=talk"))
    }

    fn variable(&self, name: &str) -> bool {
        !name.contains("MISSING")
    }

    fn program(&self, program: &Path) -> Result<(), Trouble> {
        unless_missing(&program.to_string_lossy(), "not found on PATH", None)
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with what the file says, or rewrites it when `UPDATE_EXPECT=1`.
pub(crate) fn expect(file: &Path, actual: &str) {
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(file, actual).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(actual, expected, "{} (UPDATE_EXPECT=1 rewrites it)", file.display());
}

/// Environment variables that a fixture names in its comments: `# with LIVECAP_PORT=abc`.
pub(crate) fn overrides(text: &str) -> Overrides {
    let pairs: Vec<(&str, &str)> =
        text.lines().filter_map(|it| it.strip_prefix("# with ")?.split_once('=')).collect();
    Overrides::from_variables(|name| Some(pairs.iter().find(|(it, _)| *it == name)?.1.to_owned()))
}

/// All complaints of all phases, drawn as on a terminal without colours.
fn told(name: &str, text: &str) -> (BTreeSet<&'static str>, String) {
    let path = Path::new("tests/check").join(name);
    let complaints =
        spec::check_on(text, &path, &overrides(text), &ScriptedMachine).err().unwrap_or_default();
    let codes = complaints.iter().map(|it| it.code.name()).collect();
    let drawn = spec::render(&path.display().to_string(), text, &complaints, false);
    (codes, drawn + "\n")
}

#[test]
fn every_complaint_has_a_file_that_earns_it_and_a_text() {
    let folder = root().join("tests/check");
    for code in Code::ALL {
        let name = format!("{code}.toml");
        let file = folder.join(&name);
        let text = fs::read_to_string(&file).unwrap_or_else(|_| panic!("no {}", file.display()));
        let (codes, drawn) = told(&name, &text);
        assert!(codes.contains(code.name()), "{name} gives {codes:?}:\n{drawn}");
        expect(&file.with_extension("txt"), &drawn);
    }
}

/// Files beside those of the codes: several mistakes at once, and what is easily mistaken.
#[test]
fn every_other_file_has_a_text_as_well() {
    for entry in fs::read_dir(root().join("tests/check")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let stem = name.trim_end_matches(".toml");
        if stem == name || Code::ALL.iter().any(|it| it.name() == stem) {
            continue;
        }
        let (_, drawn) = told(&name, &fs::read_to_string(&file).unwrap());
        expect(&file.with_extension("txt"), &drawn);
    }
}

fn shipped() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("pipelines")).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "toml"));
    files.sort();
    files
}

/// `check` on `files`: whether they are fine, and what it wrote.
fn run(files: Vec<PathBuf>, no_machine: bool, format: CheckFormat) -> (bool, String) {
    let args = CheckArgs { files, no_machine, schema: false, format };
    let around = Surroundings {
        machine: &ScriptedMachine,
        overrides: &Overrides::default(),
        colours: false,
    };
    let mut out = Vec::new();
    let fine = check(&args, &around, &mut out).unwrap();
    (fine, String::from_utf8(out).unwrap())
}

#[test]
fn every_shipped_pipeline_is_fine() {
    let files = shipped();
    assert!(files.len() >= 6, "{files:?}");
    let (fine, told) = run(files, true, CheckFormat::Text);
    assert!(fine, "{told}");
    assert!(told.lines().all(|it| it.ends_with(".toml: ok")), "{told}");
}

#[test]
fn the_machine_is_asked_unless_it_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.toml");
    let text = "[microphone.mic]\ndevice = \"missing\"\n[record.sound]\nfrom = \"mic\"\npath = \"a.wav\"\n";
    fs::write(&file, text).unwrap();
    assert!(run(vec![file.clone()], true, CheckFormat::Text).0);
    let (fine, told) = run(vec![file], false, CheckFormat::Text);
    assert!(!fine && told.contains("no-device") && told.ends_with("x.toml: 1 problem\n"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_complaint() {
    let (fine, told) = run(vec![PathBuf::from("/no/such/file.toml")], false, CheckFormat::Text);
    assert!(
        !fine && told.starts_with("error[no-file]: cannot read `/no/such/file.toml`"),
        "{told}"
    );
}

#[test]
fn programs_read_complaints_as_json() {
    let file = root().join("tests/check/wrong-port.toml");
    let (fine, told) = run(vec![file], false, CheckFormat::Json);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(!fine);
    assert_eq!(told[0]["code"], "wrong-port");
    assert_eq!(
        (&told[0]["marks"][0]["line"], &told[0]["marks"][0]["column"]),
        (&7.into(), &8.into())
    );
    assert_eq!(told[0]["marks"][1]["line"], 4);
}

#[test]
fn the_reference_is_written_from_the_types() {
    expect(&root().join("docs/pipeline-file.md"), &spec::reference());
}

#[test]
fn the_schema_is_whole() {
    let schema = spec::schema();
    for kind in spec::Kind::ALL {
        let keys =
            schema["properties"][kind.name()]["additionalProperties"]["properties"].as_object();
        for (key, value) in keys.unwrap_or_else(|| panic!("{kind} has no keys")) {
            assert!(value["description"].is_string(), "`{key}` of `{kind}` is not described");
        }
    }
}

#[test]
fn the_keys_shown_in_the_reference_are_taken() {
    let page = spec::reference();
    let example = page.split("```toml\n").nth(1).and_then(|it| it.split("```").next()).unwrap();
    assert!(spec::check(example, Path::new("example.toml")).is_ok(), "{example}");
}

#[test]
fn the_readme_shows_what_a_check_says() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let block = |language: &str| {
        let begin = page.split(&format!("```{language}\n")).nth(1).unwrap();
        begin.split("```").next().unwrap().to_owned()
    };
    let whole = block("toml");
    assert!(spec::check(&whole, Path::new("talk.toml")).is_ok());
    let uncommented: String = whole
        .lines()
        .map(|line| line.split('#').next().unwrap().trim_end().to_owned() + "\n")
        .collect();
    let text = uncommented.replace("\"4s\"", "4").replace("from = \"english\"", "from = \"mic\"");
    let complaints = spec::check(&text, Path::new("talk.toml")).unwrap_err();
    let told = spec::render("talk.toml", &text, &complaints, false);
    let count = complaints.len();
    let shown = format!("$ livecap check talk.toml\n{told}\n\ntalk.toml: {count} problems\n");
    assert_eq!(block("text"), shown);
}

/// A table with every key at its default, as TOML.
fn all_defaults(kind: spec::Kind, keys: &serde_json::Value) -> String {
    let mut table = toml::Table::new();
    for (key, schema) in keys["properties"].as_object().unwrap() {
        if let Some(default) = schema.get("default") {
            table.insert(key.clone(), toml::Value::try_from(default).unwrap());
        }
    }
    table.remove("queue"); // its defaults are no values of their own
    let mut kinds = toml::Table::new();
    let mut names = toml::Table::new();
    names.insert("it".into(), table.into());
    kinds.insert(kind.name().into(), names.into());
    toml::to_string(&kinds).unwrap()
}

/// Schema and types come from the same place; this holds what is said in attributes to it.
#[test]
fn every_default_of_the_schema_can_be_typed() {
    let schema = spec::schema();
    for kind in spec::Kind::ALL {
        let keys = &schema["properties"][kind.name()]["additionalProperties"];
        let text = all_defaults(kind, keys);
        let complaints = spec::check(&text, Path::new("x.toml")).err().unwrap_or_default();
        let fine = [Code::MissingKey, Code::Unheard, Code::NoSource, Code::NoServer];
        let others: Vec<_> = complaints.iter().filter(|it| !fine.contains(&it.code)).collect();
        assert!(others.is_empty(), "{text}\n{others:#?}");
    }
}

/// Pipeline files to spoil.
fn files() -> Vec<String> {
    let fixtures = fs::read_dir(root().join("tests/check")).unwrap().map(|it| it.unwrap().path());
    let all = fixtures.chain(shipped()).filter(|it| it.extension().is_some_and(|it| it == "toml"));
    all.map(|it| fs::read_to_string(it).unwrap()).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Whatever is cut out or put in: no panic, every complaint has a place in the file and can be drawn.
    #[test]
    fn a_spoilt_file_is_complained_about(which in 0usize..1000, at in 0usize..1000, cut in 0usize..40, put in "\\PC{0,3}|[\\[\\]{}=\",.#\n'é]{0,4}|from = \"(mic|english|in)\"\n") {
        let files = files();
        let text = &files[which % files.len()];
        let border = |at: usize| (0..=at.min(text.len())).rev().find(|it| text.is_char_boundary(*it)).unwrap();
        let start = border(at % (text.len() + 1));
        let end = border(start + cut).max(start);
        let spoilt = format!("{}{put}{}", &text[..start], &text[end..]);
        let path = Path::new("x.toml");
        let complaints = spec::check_on(&spoilt, path, &spec::Overrides::default(), &ScriptedMachine);
        let complaints = complaints.err().unwrap_or_default();
        // What the file itself gets wrong is told on any machine.
        if let Err(without) = spec::check(&spoilt, path) {
            assert!(!without.is_empty() && without.iter().all(|it| complaints.contains(it)));
        }
        for complaint in &complaints {
            assert!(!complaint.marks.is_empty(), "{complaint:?}");
            assert!(complaint.marks.iter().all(|it| it.span.end <= spoilt.len()), "{complaint:?}");
        }
        spec::render("x.toml", &spoilt, &complaints, true);
        spec::to_json("x.toml", &spoilt, &complaints);
    }
}
