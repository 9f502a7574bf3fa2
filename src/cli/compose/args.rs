//! The options that say what a pipeline is to do. `live` runs it, and `init` writes it down.
use std::path::{Path, PathBuf};

use super::{Service, Source, Wanted, tags};
use crate::cli::exit::Trouble;

/// Where the pages are, unless `--port` says otherwise.
pub(crate) const PORT: u16 = 31_979;

/// The environment variable with the operator's token, as in docs/operator.md.
const OPERATOR: &str = "LIVECAP_OPERATOR";

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct WantedArgs {
    /// The microphone: a part of its name as `livecap devices` lists it
    #[arg(long, value_name = "NAME", conflicts_with = "input")]
    pub(crate) microphone: Option<String>,
    /// A recording in place of the microphone, or `-` for raw samples on standard input (16 bits, little-endian, 16 kHz, mono)
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// A name of `livecap models list`, or the path of a model file; default: the best of those that are here
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The spoken language, such as `en`; default: the model finds it
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// Translate into these languages, such as `nl,es`; each reader chooses one
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// The translation service: openai, libretranslate, deepl or apertium
    #[arg(long, env = "LIVECAP_TRANSLATE_PROVIDER", default_value = "openai")]
    pub(crate) provider: String,
    /// The address of the translation service; its key is read from LIVECAP_TRANSLATE_KEY
    #[arg(long, env = "LIVECAP_TRANSLATE_URL")]
    pub(crate) url: Option<String>,
    /// The model to translate with; default: the endpoint's own
    #[arg(long, env = "LIVECAP_TRANSLATE_MODEL", value_name = "NAME")]
    pub(crate) translator: Option<String>,
    /// Let other machines of the network read, too
    #[arg(long)]
    pub(crate) share: bool,
    /// The port of the pages; 0: any that is free [default: 31979]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) port: Option<u16>,
    /// The title of the pages
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
}

impl WantedArgs {
    /// The languages to translate into and the service that does; no service where there are none.
    pub(crate) fn translation(&self) -> Result<(Vec<String>, Option<Service>), Trouble> {
        let to = tags(&self.to);
        if to.is_empty() {
            return Ok((to, None));
        }
        let (url, model) = (self.url.as_deref(), self.translator.as_deref());
        // An empty variable counts as not set.
        let set = |it: &&str| !it.is_empty();
        let (url, model) = (url.filter(set), model.filter(set));
        let service = Service::of(&self.provider, url, model, Service::has_key())?;
        Ok((to, Some(service)))
    }

    /// The recording or the samples that take the place of the microphone.
    pub(crate) fn given_input(&self, file: &Path) -> Option<Source> {
        let input = self.input.as_deref()?;
        Some(match input == Path::new("-") {
            true => Source::Pcm,
            false => Source::Recording(seen_from(file, input)),
        })
    }

    /// The pipeline of these options, which will lie at `file`, with what could be asked for already settled.
    pub(crate) fn wanted(
        &self,
        file: &Path,
        source: Source,
        model: &str,
    ) -> Result<Wanted, Trouble> {
        let (to, service) = self.translation()?;
        let host = if self.share { "0.0.0.0" } else { "127.0.0.1" };
        let is_path = model.contains(['/', '\\']) || model.ends_with(".bin");
        let operates = std::env::var_os(OPERATOR).is_some_and(|it| !it.is_empty());
        Ok(Wanted {
            source,
            model: if is_path { seen_from(file, Path::new(model)) } else { model.to_owned() },
            language: self.language.clone().filter(|it| it != "auto"),
            to,
            service,
            listen: format!("{host}:{}", self.port.unwrap_or(PORT)),
            operator: operates.then(|| OPERATOR.to_owned()),
            title: self.title.clone(),
            subtitles: None,
        })
    }
}

/// Paths in a pipeline file begin in its folder, those on the command line in the current one.
fn seen_from(file: &Path, path: &Path) -> String {
    let beside = file.parent().is_none_or(|it| it.as_os_str().is_empty());
    let whole = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = if beside { path.to_owned() } else { whole() };
    // A model's path needs a mark that it is one.
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_as_they_were_typed_unless_the_file_lies_elsewhere() {
        assert_eq!(seen_from(Path::new("talk.toml"), Path::new("a/b.wav")), "a/b.wav");
        let elsewhere = seen_from(Path::new("/etc/talk.toml"), Path::new("a/b.wav"));
        assert!(Path::new(&elsewhere).is_absolute() && elsewhere.ends_with("a/b.wav"));
        assert_eq!(seen_from(Path::new("/etc/talk.toml"), Path::new("/b.wav")), "/b.wav");
    }

    #[test]
    fn a_standard_input_is_raw_samples() {
        let args = |input: &str| WantedArgs { input: Some(input.into()), ..WantedArgs::default() };
        let file = Path::new("talk.toml");
        assert_eq!(args("-").given_input(file), Some(Source::Pcm));
        assert_eq!(args("a.wav").given_input(file), Some(Source::Recording("a.wav".to_owned())));
        assert_eq!(WantedArgs::default().given_input(file), None);
    }

    #[test]
    fn only_a_shared_page_is_reached_from_elsewhere() {
        let listen =
            |args: &WantedArgs| args.wanted(Path::new("x"), Source::Pcm, "base").unwrap().listen;
        let mut args = WantedArgs { language: Some("auto".to_owned()), ..WantedArgs::default() };
        assert_eq!(listen(&args), "127.0.0.1:31979");
        (args.share, args.port) = (true, Some(80));
        assert_eq!(listen(&args), "0.0.0.0:80");
        assert_eq!(args.wanted(Path::new("x"), Source::Pcm, "base").unwrap().language, None);
    }
}
