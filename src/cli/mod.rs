//! The command line: one subcommand a file.
mod addresses;
mod ask;
#[cfg(feature = "whisper")]
mod bench;
pub mod check;
pub mod client;
mod compose;
pub mod devices;
mod emit;
mod emit_lines;
mod environment;
mod exit;
mod file;
pub mod graph;
mod init;
#[cfg(feature = "journal")]
mod journal;
mod listen;
#[cfg(feature = "whisper")]
mod live;
mod log;
mod log_kept;
pub mod models;
mod new_file;
mod pipe;
#[cfg(feature = "journal")]
mod replay;
#[cfg(feature = "journal")]
mod report;
mod run;
mod serve;
mod service_manager;
mod stop;
mod stream;
mod terminal;
#[cfg(feature = "whisper")]
mod transcribe;
mod translate;
mod vital;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{
    CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use tokio::time::Instant;

use self::{
    check::{CheckArgs, Surroundings},
    devices::DevicesArgs,
    emit::EmitArgs,
    environment::{overrides, this_machine},
    exit::{Exit, Trouble},
    graph::GraphArgs,
    listen::ListenArgs,
    log::{LogFormat, Usual},
    models::{ModelsArgs, ModelsError},
    run::RunArgs,
    serve::ServeArgs,
    terminal::{Terminal, Voice},
};
/// Live captions of speech in many browsers: run a pipeline file, watch it, and measure every stage.
#[derive(Parser)]
#[command(name = "livecap", version, arg_required_else_help = true)]
struct Cli {
    /// Format of the log on standard error: plain lines, or one JSON object per line. LIVECAP_LOG sets its level, for example
    /// `LIVECAP_LOG=debug`
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        display_order = 900
    )]
    log: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Caption the microphone at once, without a pipeline file: picks the microphone and the model, and serves the pages
    ///
    /// With --write FILE the pipeline is left behind as a file for `livecap run`.
    #[cfg(feature = "whisper")]
    Live(live::LiveArgs),
    /// Write a pipeline file from a few questions; options of the same names answer them without a terminal
    Init(init::InitArgs),
    /// Run a pipeline file until its input ends or you press Ctrl-C
    Run(RunArgs),
    /// Check pipeline files and report every problem
    Check(CheckArgs),
    /// Draw a pipeline file: its stages and the queues between them
    Graph(GraphArgs),
    /// Transcribe a sound file to text, subtitles or JSON
    #[cfg(feature = "whisper")]
    Transcribe(transcribe::TranscribeArgs),
    /// Measure a pipeline on a recording: word errors, latencies, lag, and the time of each stage
    #[cfg(feature = "whisper")]
    Bench(bench::BenchArgs),
    /// Caption the microphone, a sound file or raw samples as JSON lines
    ///
    /// Each line begins with `{"type":"intermediate"|"final","text":"…"`, followed by the fields of a caption.
    Stream(stream::StreamArgs),
    /// Add translations to JSON lines, or to lines of text
    ///
    /// The input is JSON lines as `livecap stream` writes them, `{"type":"final","text":"…"}`, or plain text, in which each line is
    /// a final. All lines pass through unchanged, and a `translation` line follows each final. The key of the service is read from
    /// LIVECAP_TRANSLATE_KEY.
    Translate(translate::TranslateArgs),
    /// Relay events between all connected Socket.IO clients, and serve the pages and the client library
    Serve(ServeArgs),
    /// Print every event that a Socket.IO server sends
    Listen(ListenArgs),
    /// Send an event to a Socket.IO server
    Emit(EmitArgs),
    /// List, search and export what journals have kept
    #[cfg(feature = "journal")]
    Journal(journal::JournalArgs),
    /// Show an event of a journal once more on the pages, in its own time
    #[cfg(feature = "journal")]
    Replay(replay::ReplayArgs),
    /// Pack the last minutes of an event into one file for a bug report, without names and tokens
    ///
    /// It has the pipeline file, what was said, the states of the pipeline and, of a server that runs, its log and metrics.
    /// `livecap run --from FILE` runs it again.
    #[cfg(feature = "journal")]
    Report(report::ReportArgs),
    /// List the microphones of this machine
    Devices(DevicesArgs),
    /// List, download, import, verify and try models
    Models(ModelsArgs),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
}

/// How long ended tasks may take to clean up before the process exits.
const LETTING_GO: Duration = Duration::from_millis(200);

/// The whole program.
pub fn main() -> ExitCode {
    let begun = Instant::now();
    let cli = Cli::try_parse().unwrap_or_else(|error| with_what_was_meant(error).exit());
    let voice = match &cli.command {
        Command::Run(args) => args.how().voice(cli.log),
        #[cfg(feature = "whisper")]
        Command::Live(args) => args.how().voice(cli.log),
        Command::Serve(_) => serve::voice(cli.log),
        #[cfg(feature = "journal")]
        Command::Replay(_) => serve::voice(cli.log),
        _ => Voice::Silent,
    };
    let terminal = Terminal::new(voice);
    let usual = match &cli.command {
        Command::Run(args) => args.how().usual_log(),
        #[cfg(feature = "whisper")]
        Command::Live(args) => args.how().usual_log(),
        // Commands on pipes log only warnings and errors.
        Command::Stream(_) | Command::Translate(_) => Usual::Quiet,
        Command::Serve(args) => args.usual_log(),
        _ => Usual::Informed,
    };
    log::start(cli.log, usual, terminal.clone());
    match dispatch(cli.command, &terminal, begun) {
        Ok(exit) => exit.into(),
        // The reader of our output has closed it on purpose.
        Err(Trouble::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            let _ = writeln!(io::stderr(), "error: {trouble}");
            Exit::Refused.into()
        }
    }
}

/// Names that other programs use for our subcommands.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("start", "run"),
    ("new", "init"),
    ("quickstart", "live"),
    ("play", "run"),
    ("validate", "check"),
    ("lint", "check"),
    ("microphones", "devices"),
    ("subtitle", "transcribe"),
    ("benchmark", "bench"),
    ("relay", "serve"),
    ("send", "emit"),
];

/// Suggests our name for a subcommand of another program. clap itself suggests only similar spellings.
fn with_what_was_meant(mut error: clap::Error) -> clap::Error {
    let written = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(written)) => written.as_str(),
        _ => return error,
    };
    let meant = OTHER_NAMES.iter().find(|it| it.0 == written);
    if let Some((_, meant)) = meant {
        let meant = vec![(*meant).to_owned()];
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
    }
    error
}

fn dispatch(command: Command, terminal: &Terminal, begun: Instant) -> Result<Exit, Trouble> {
    let mut out = io::stdout().lock();
    match command {
        Command::Run(args) => {
            drop(out);
            at_work(run::run(&args, terminal, begun))?
        }
        #[cfg(feature = "whisper")]
        Command::Live(args) => {
            drop(out);
            at_work(live::live(&args, terminal, begun))?
        }
        Command::Init(args) => init::init(&args, &mut out),
        Command::Check(args) => {
            let around = Surroundings {
                machine: &this_machine()?,
                overrides: &overrides(),
                colours: out.is_terminal() && env::var_os("NO_COLOR").is_none(),
            };
            Ok(if check::check(&args, &around, &mut out)? { Exit::Fine } else { Exit::Refused })
        }
        Command::Graph(args) => match run::read_plan(&args.file) {
            Ok(plan) => graph::graph(&plan, args.format, &mut out)
                .map(|()| Exit::Fine)
                .map_err(Trouble::Write),
            Err(told) => Err(told),
        },
        #[cfg(feature = "whisper")]
        Command::Transcribe(args) => {
            at_work(transcribe::transcribe(&args, &this_machine()?, &mut out))??;
            Ok(Exit::Fine)
        }
        #[cfg(feature = "whisper")]
        Command::Bench(args) => {
            drop(out);
            at_work(bench::bench(&args, &this_machine()?))?
        }
        Command::Stream(args) => {
            drop(out);
            at_work(stream::stream(&args, terminal, begun))?
        }
        Command::Translate(args) => {
            drop(out);
            at_work(translate::translate(&args))?
        }
        Command::Serve(args) => {
            drop(out);
            at_work(serve::serve(&args, terminal))?
        }
        Command::Listen(args) => {
            drop(out);
            at_work(listen::listen(&args))?
        }
        Command::Emit(args) => {
            drop(out);
            at_work(emit::emit(&args))?
        }
        #[cfg(feature = "journal")]
        Command::Journal(args) => journal::journal(&args, &mut out),
        #[cfg(feature = "journal")]
        Command::Replay(args) => {
            drop(out);
            at_work(replay::replay(&args, terminal))?
        }
        #[cfg(feature = "journal")]
        Command::Report(args) => at_work(report::report(&args, &mut out))?,
        Command::Devices(args) => {
            devices::run(&args, &mut out).map_err(|error| Trouble::Told(error.to_string()))?;
            Ok(Exit::Fine)
        }
        Command::Models(args) => {
            drop(out);
            match at_work(models::run(&args, &mut io::stdout()))? {
                Ok(()) => Ok(Exit::Fine),
                Err(ModelsError::Output(error)) => Err(Trouble::Write(error)),
                Err(error) => {
                    let _ = writeln!(io::stderr(), "error: {error}");
                    Ok(if error.exit_code() == 2 { Exit::Refused } else { Exit::GaveUp })
                }
            }
        }
        Command::Completions { shell } => {
            // Into memory first: it panics if its output cannot be written (a full disk, a closed pipe).
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "livecap", &mut script);
            out.write_all(&script).and_then(|()| out.flush())?;
            Ok(Exit::Fine)
        }
    }
}

/// Runs `work` to its end and abandons blocking calls that have not returned by then. Dropping the runtime would wait forever
/// for a read of standard input, or for a library call that hangs.
fn at_work<T>(work: impl Future<Output = T>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Trouble::Told(format!("cannot start the threads: {error}")))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LETTING_GO);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        // Global arguments meet those of the subcommands only here.
        for subcommand in Cli::command().get_subcommands() {
            let of_all = subcommand.get_arguments().any(|it| it.get_id() == "log");
            assert!(!of_all, "{}: `--log` is a global argument", subcommand.get_name());
        }
    }

    #[test]
    fn a_call_that_never_comes_back_does_not_keep_the_process_from_ending() {
        let (begun, has_begun) = std::sync::mpsc::sync_channel(1);
        let (let_go, held) = std::sync::mpsc::sync_channel::<()>(1);
        let done = at_work(async move {
            tokio::task::spawn_blocking(move || {
                begun.send(()).unwrap();
                held.recv()
            });
            has_begun.recv().unwrap();
            7
        });
        assert_eq!(done.unwrap(), 7);
        drop(let_go);
    }
}
