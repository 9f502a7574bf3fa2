//! `POST /v1/audio/transcriptions`, as OpenAI's clients ask for it: a sound file in, text or subtitles out.
use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::{io::AsyncWriteExt, time::timeout};

use crate::{
    logic::subtitle,
    message::{Transcript, Word},
    serve::{
        access::{limits::Client, refusal::later, rights::Requester},
        files::FileTrouble,
        hub::Hub,
        speakers::may_transcribe,
    },
    wire::RefusalCode,
};

pub(crate) const TRANSCRIPTIONS_PATH: &str = "/v1/audio/transcriptions";
/// The most bytes of a request.
pub(crate) const LONGEST_FILE: usize = 25 * 1024 * 1024;
/// The most bytes of a field that is no file.
const LONGEST_FIELD: usize = 4096;
/// How long a file may take to come, how long nothing of it, and how long to be transcribed.
const COMES_WITHIN: Duration = Duration::from_secs(120);
const STANDS_STILL: Duration = Duration::from_secs(10);
const DONE_WITHIN: Duration = Duration::from_secs(600);
/// When to come again where too many wait.
const LATER: Duration = Duration::from_secs(10);

/// What is answered instead of text.
struct Trouble(StatusCode, String);

fn asked(why: impl Into<String>) -> Trouble {
    Trouble(StatusCode::BAD_REQUEST, why.into())
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let Trouble(status, message) = self;
        let kind = if status.is_client_error() { "invalid_request_error" } else { "server_error" };
        let error = json!({ "message": message, "type": kind, "param": null, "code": null });
        let body = Json(json!({ "error": error }));
        match status {
            StatusCode::TOO_MANY_REQUESTS => (status, [later(LATER)], body).into_response(),
            _ => (status, body).into_response(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Json,
    Text,
    Srt,
    Vtt,
    Verbose,
}

impl Format {
    fn of(name: &str) -> Result<Format, Trouble> {
        Ok(match name {
            "json" => Format::Json,
            "text" => Format::Text,
            "srt" => Format::Srt,
            "vtt" => Format::Vtt,
            "verbose_json" => Format::Verbose,
            other => {
                let told = format!(
                    "`{other}` is no `response_format` here: json, text, srt, vtt or verbose_json"
                );
                return Err(asked(told));
            }
        })
    }
}

#[derive(Default)]
struct Asked {
    file: Option<(NamedTempFile, PathBuf)>,
    language: Option<String>,
    format: Format,
    words: bool,
}

pub(crate) async fn transcriptions(
    State(hub): State<Arc<Hub>>,
    Extension(Client(client)): Extension<Client>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    match answer(&hub, client, &headers, form).await {
        Ok(response) => response,
        Err(trouble) => trouble.into_response(),
    }
}

async fn answer(
    hub: &Hub,
    client: IpAddr,
    headers: &HeaderMap,
    form: Multipart,
) -> Result<Response, Trouble> {
    may_transcribe(hub, &Requester::of(headers, None), client).map_err(|(code, message)| {
        hub.speakers.counts.refuse(code);
        let status = match code {
            RefusalCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
            RefusalCode::Token => StatusCode::UNAUTHORIZED,
            _ => StatusCode::NOT_FOUND,
        };
        Trouble(status, message)
    })?;
    let door = hub.settings.files.as_ref().ok_or_else(|| {
        let told = "no recogniser listens to the `browser` stage, or this build is without the feature `whisper`";
        Trouble(StatusCode::NOT_FOUND, told.to_owned())
    })?;
    let full = |told: &str| Trouble(StatusCode::TOO_MANY_REQUESTS, told.to_owned());
    let no_turn = || full("too many files wait");
    if door.inside.available_permits() == 0 {
        return Err(no_turn());
    }
    let arriving = door.arriving.try_acquire();
    let arriving = arriving.map_err(|_| full("too many files are on their way"))?;
    let late = || Trouble(StatusCode::REQUEST_TIMEOUT, "the file took too long to come".to_owned());
    let asked_for = timeout(COMES_WITHIN, read(form)).await.map_err(|_| late())??;
    drop(arriving);
    let _inside = door.inside.try_acquire().map_err(|_| no_turn())?;
    let (file, called) = asked_for.file.ok_or_else(|| asked("`file` is missing"))?;
    let work = async {
        // It is never closed.
        let _turn = door.turn.acquire().await;
        let path = file.path().to_owned();
        let done = door.transcriber.transcribe(path, called, asked_for.language.clone());
        timeout(DONE_WITHIN, done).await
    };
    let done = tokio::select! {
        done = work => done,
        () = hub.ending.cancelled() => {
            return Err(Trouble(StatusCode::SERVICE_UNAVAILABLE, "the server is ending".to_owned()));
        }
    };
    let told = || format!("it was not done within {} s", DONE_WITHIN.as_secs());
    let done = done.map_err(|_| Trouble(StatusCode::SERVICE_UNAVAILABLE, told()))?;
    let finals = done.map_err(|trouble| match trouble {
        FileTrouble::Asked(why) => asked(why),
        FileTrouble::Here(why) => Trouble(StatusCode::INTERNAL_SERVER_ERROR, why),
    })?;
    let language = asked_for
        .language
        .unwrap_or_else(|| finals.first().map_or_else(String::new, |it| it.language().to_string()));
    Ok(written(asked_for.format, &finals, &language, asked_for.words))
}

/// The file goes to the disk as it comes.
async fn read(mut form: Multipart) -> Result<Asked, Trouble> {
    let mut found = Asked::default();
    while let Some(field) = coming(form.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => found.file = Some(kept(field).await?),
            "language" => found.language = Some(text(field).await?).filter(|it| !it.is_empty()),
            "response_format" => found.format = Format::of(&text(field).await?)?,
            "timestamp_granularities[]" => found.words |= text(field).await? == "word",
            "stream" => {
                if text(field).await? == "true" {
                    return Err(asked("`stream` is not done here: leave it out"));
                }
            }
            // The model, prompts and temperatures are those of the pipeline file.
            _ => drop(text(field).await?),
        }
    }
    Ok(found)
}

/// The next part of what a client sends.
async fn coming<T>(part: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Trouble> {
    match timeout(STANDS_STILL, part).await {
        Ok(part) => part.map_err(|error| Trouble(error.status(), error.body_text())),
        Err(_) => {
            let told = format!("nothing more of the file came for {} s", STANDS_STILL.as_secs());
            Err(Trouble(StatusCode::REQUEST_TIMEOUT, told))
        }
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = coming(field.chunk()).await? {
        if bytes.len() + chunk.len() > LONGEST_FIELD {
            return Err(asked(format!("a field has at most {LONGEST_FIELD} bytes")));
        }
        bytes.extend(chunk);
    }
    String::from_utf8(bytes).map_err(|_| asked("a field is no text"))
}

async fn kept(mut field: Field<'_>) -> Result<(NamedTempFile, PathBuf), Trouble> {
    let here = |error: std::io::Error| {
        Trouble(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot keep the file: {error}"))
    };
    let called = field.file_name().unwrap_or("file").chars().take(200).collect::<String>();
    let file = NamedTempFile::new().map_err(here)?;
    let mut to = tokio::fs::File::from_std(file.reopen().map_err(here)?);
    while let Some(chunk) = coming(field.chunk()).await? {
        to.write_all(&chunk).await.map_err(here)?;
    }
    to.flush().await.map_err(here)?;
    Ok((file, called.into()))
}

fn written(format: Format, finals: &[Transcript], language: &str, words: bool) -> Response {
    let texts: Vec<String> = finals.iter().map(|it| it.text().trim().to_owned()).collect();
    let text = texts.join(" ");
    let plain =
        |kind: &'static str, text: String| ([(header::CONTENT_TYPE, kind)], text).into_response();
    match format {
        Format::Json => Json(json!({ "text": text })).into_response(),
        Format::Text => plain("text/plain; charset=utf-8", text + "\n"),
        Format::Srt => plain(
            "text/plain; charset=utf-8",
            subtitle::srt(&subtitle::cues(finals.iter().map(Transcript::words))),
        ),
        Format::Vtt => plain(
            "text/vtt; charset=utf-8",
            subtitle::vtt(&subtitle::cues(finals.iter().map(Transcript::words))),
        ),
        Format::Verbose => Json(verbose(finals, &texts, language, words)).into_response(),
    }
}

fn verbose(finals: &[Transcript], texts: &[String], language: &str, words: bool) -> Value {
    let end = finals.last().map_or(0.0, |it| it.span().end().as_secs_f64());
    let segments: Vec<Value> = (finals.iter().zip(texts).enumerate())
        .map(|(id, (it, text))| {
            let (start, end) = (it.span().start.as_secs_f64(), it.span().end().as_secs_f64());
            json!({
                "id": id, "seek": 0, "start": start, "end": end, "text": text, "tokens": [], "temperature": 0.0,
                "avg_logprob": 0.0, "compression_ratio": 0.0, "no_speech_prob": 0.0,
            })
        })
        .collect();
    let mut told = json!({
        "task": "transcribe", "language": language, "duration": end, "text": texts.join(" "), "segments": segments,
    });
    if words {
        let word = |it: &Word| {
            let (start, end) = (it.span.start.as_secs_f64(), it.span.end().as_secs_f64());
            json!({ "word": it.text.trim(), "start": start, "end": end })
        };
        told["words"] = finals.iter().flat_map(|it| it.words()).map(word).collect();
    }
    told
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        extract::{FromRequest, Request},
    };
    use futures::{StreamExt, stream};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_that_stands_still_is_given_up() {
        let begun =
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nsound";
        let body = stream::iter([Ok::<_, std::io::Error>(begun)]).chain(stream::pending());
        let request = Request::post(TRANSCRIPTIONS_PATH)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(Body::from_stream(body))
            .unwrap();
        let form = Multipart::from_request(request, &()).await.unwrap();
        let Err(Trouble(status, told)) = read(form).await else { panic!("there is no end of it") };
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(told, "nothing more of the file came for 10 s");
    }
}
