//! A translation service on this machine that is strict about what it is asked, and misbehaves as it is told. What a request
//! must be like was taken from the public pages of each: platform.openai.com/docs/api-reference/chat, docs.libretranslate.com,
//! developers.deepl.com/docs/api-reference/translate, wiki.apertium.org/wiki/Apertium-apy.
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, Uri, header},
    routing::post,
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// What the service does with one request. When no turn is left, it translates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    Translate,
    Status(u16),
    /// With a Retry-After of so many seconds.
    Busy(u16, &'static str),
    /// Takes the request and never answers.
    Silent,
    /// An object that ends in the middle.
    Truncated,
    /// JSON of another shape.
    Wrong,
    Empty,
    VeryLong,
    Chatty,
    /// The connection breaks in the middle of the answer.
    Reset,
    /// A stream that begins and does not go on.
    Stalls,
    /// As a hotel's network does.
    Page,
}

#[derive(Clone)]
pub(crate) struct Service {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    /// What it does once the turns are over.
    then: Turn,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Connections are dropped as they come.
    pub(crate) gone: Arc<AtomicBool>,
    /// How long each translation takes.
    pub(crate) takes: Duration,
    busy: Arc<AtomicUsize>,
    pub(crate) most_at_once: Arc<AtomicUsize>,
    plain: bool,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) text: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Service {
    pub(crate) fn new(turns: impl IntoIterator<Item = Turn>) -> Service {
        Service {
            turns: Arc::new(Mutex::new(turns.into_iter().collect())),
            then: Turn::Translate,
            asked: Arc::default(),
            gone: Arc::default(),
            takes: Duration::ZERO,
            busy: Arc::default(),
            most_at_once: Arc::default(),
            plain: false,
        }
    }

    /// Does nothing else than this.
    pub(crate) fn always(turn: Turn) -> Service {
        Service { then: turn, ..Service::new([]) }
    }

    /// Answers with one object where a stream was asked for.
    pub(crate) fn without_streams(self) -> Service {
        Service { plain: true, ..self }
    }

    pub(crate) fn taking(self, takes: Duration) -> Service {
        Service { takes, ..self }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Serves on a free port and says where.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/v1/chat/completions", post(openai))
            .route("/translate", post(libretranslate))
            .route("/deepl/translate", post(deepl))
            .route("/apertium/translate", post(apertium))
            .with_state(self.clone());
        let door = Door { listener, gone: self.gone.clone() };
        tokio::spawn(async move { axum::serve(door, app).await.unwrap() });
        base
    }

    /// Notes the request, and does what the turn says; `good` makes the answer to a text.
    async fn answer(
        &self,
        asked: Asked,
        stream: bool,
        good: impl Fn(&str) -> String,
    ) -> Response<Body> {
        let text = asked.text.clone();
        self.asked.lock().unwrap().push(asked);
        let turn = self.turns.lock().unwrap().pop_front();
        let turn = turn.unwrap_or(self.then);
        let now = self.busy.fetch_add(1, SeqCst) + 1;
        self.most_at_once.fetch_max(now, SeqCst);
        let _busy = Busy(self.busy.clone());
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        let translated = translated(&text);
        let ok = |body: String| whole(200, body);
        match turn {
            Turn::Translate if stream => streamed(&translated),
            Turn::Translate => ok(good(&translated)),
            Turn::Status(code) => {
                whole(code, json!({ "error": { "message": "no luck" } }).to_string())
            }
            Turn::Busy(code, after) => {
                let mut response = whole(code, "slow down".to_owned());
                response.headers_mut().insert(header::RETRY_AFTER, after.parse().unwrap());
                response
            }
            Turn::Silent => std::future::pending().await,
            Turn::Truncated => {
                let all = good(&translated);
                ok(all[..all.len() / 2].to_owned())
            }
            Turn::Wrong => ok("{\"hello\":[1,2,3]}".to_owned()),
            Turn::Empty => ok(good("")),
            Turn::VeryLong => ok(good(&"word ".repeat(500))),
            Turn::Chatty => ok(good(&format!("{translated}\n\nNote: this is informal."))),
            Turn::Reset => {
                let parts = [Ok(Bytes::from("{\"choices\":")), Err(io::Error::other("cut"))];
                Response::new(Body::from_stream(stream::iter(parts)))
            }
            Turn::Stalls => {
                let first = "data: {\"choices\":[{\"delta\":{\"content\":\"NL\"}}]}\n\n";
                let never = stream::once(async move { Ok::<_, io::Error>(Bytes::from(first)) });
                Response::new(Body::from_stream(futures::StreamExt::chain(
                    never,
                    stream::pending(),
                )))
            }
            Turn::Page => whole(200, "<html>please log in</html>".to_owned()),
        }
    }
}

/// Its translations say what they are of.
pub(crate) fn translated(text: &str) -> String {
    format!("NL {text}")
}

struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Lets nobody in while the service is gone.
struct Door {
    listener: TcpListener,
    gone: Arc<AtomicBool>,
}

impl axum::serve::Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = self.listener.accept().await.unwrap();
            if !self.gone.load(SeqCst) {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn whole(code: u16, body: String) -> Response<Body> {
    // No connection outlives its answer, so that a service that is gone is so at once.
    let response = Response::builder().status(code).header(header::CONNECTION, "close");
    response.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
}

fn streamed(text: &str) -> Response<Body> {
    let part = |delta: Value, end: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": end });
        let object = json!({ "object": "chat.completion.chunk", "choices": [choice] });
        Ok::<_, io::Error>(Bytes::from(format!("data: {object}\n\n")))
    };
    let mut parts = vec![part(json!({ "role": "assistant", "content": "" }), Value::Null)];
    for word in text.split_inclusive(' ') {
        parts.push(part(json!({ "content": word }), Value::Null));
    }
    parts.push(part(json!({}), "stop".into()));
    parts.push(Ok(Bytes::from("data: [DONE]\n\n")));
    let body = Body::from_stream(stream::iter(parts));
    let response = Response::builder().header(header::CONNECTION, "close");
    response.header(header::CONTENT_TYPE, "text/event-stream").body(body).unwrap()
}

fn refused(why: &str) -> Response<Body> {
    whole(400, json!({ "error": { "message": why } }).to_string())
}

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

fn read(headers: HeaderMap, body: &Bytes) -> Result<Asked, String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let body = match kind {
        Some("application/json") => {
            serde_json::from_slice(body).map_err(|error| error.to_string())?
        }
        Some("application/x-www-form-urlencoded") => {
            let query = format!("/?{}", std::str::from_utf8(body).unwrap());
            let query: Uri = query.parse().map_err(|_| "no form".to_owned())?;
            let pairs =
                axum::extract::Query::<std::collections::BTreeMap<String, String>>::try_from_uri(
                    &query,
                );
            json!(pairs.map_err(|error| error.to_string())?.0)
        }
        _ => return Err("no content type".to_owned()),
    };
    Ok(Asked { at: Instant::now(), text: String::new(), headers, body })
}

async fn openai(State(it): State<Service>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut asked = match read(headers, &body) {
        Ok(asked) => asked,
        Err(why) => return refused(&why),
    };
    let known = ["model", "messages", "stream", "temperature"];
    if let Some(other) = keys(&asked.body).into_iter().find(|it| !known.contains(it)) {
        return refused(&format!("unknown parameter {other}"));
    }
    let messages = asked.body["messages"].as_array().cloned().unwrap_or_default();
    let Some((last, before)) = messages.split_last() else { return refused("no messages") };
    if last["role"] != "user" || before.is_empty() || before.iter().any(|it| it["role"] != "system")
    {
        return refused("the roles are not as they should be");
    }
    let Some(text) = last["content"].as_str() else { return refused("no content") };
    asked.text = text.to_owned();
    let stream = asked.body["stream"] == true && !it.plain;
    let good = |text: &str| {
        let message = json!({ "role": "assistant", "content": text });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        json!({ "object": "chat.completion", "choices": [choice] }).to_string()
    };
    it.answer(asked, stream, good).await
}

async fn libretranslate(
    State(it): State<Service>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut asked = match read(headers, &body) {
        Ok(asked) => asked,
        Err(why) => return refused(&why),
    };
    if keys(&asked.body) != ["api_key", "format", "q", "source", "target"] {
        return whole(400, json!({ "error": "Invalid request" }).to_string());
    }
    if asked.body["api_key"] != "secret" {
        return whole(403, json!({ "error": "Invalid API key" }).to_string());
    }
    asked.text = asked.body["q"].as_str().unwrap_or_default().to_owned();
    it.answer(asked, false, |text| json!({ "translatedText": text }).to_string()).await
}

async fn deepl(State(it): State<Service>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut asked = match read(headers, &body) {
        Ok(asked) => asked,
        Err(why) => return refused(&why),
    };
    if asked.headers.get("authorization").is_none_or(|it| it != "DeepL-Auth-Key secret") {
        return whole(403, json!({ "message": "Forbidden" }).to_string());
    }
    let known = ["context", "source_lang", "target_lang", "text"];
    if let Some(other) = keys(&asked.body).into_iter().find(|it| !known.contains(it)) {
        return whole(400, json!({ "message": format!("Bad request: {other}") }).to_string());
    }
    asked.text = asked.body["text"][0].as_str().unwrap_or_default().to_owned();
    let good = |text: &str| {
        let one = json!({ "detected_source_language": "EN", "text": text });
        json!({ "translations": [one] }).to_string()
    };
    it.answer(asked, false, good).await
}

async fn apertium(State(it): State<Service>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut asked = match read(headers, &body) {
        Ok(asked) => asked,
        Err(why) => return refused(&why),
    };
    if keys(&asked.body) != ["langpair", "markUnknown", "q"] {
        return whole(
            400,
            json!({ "status": "error", "code": 400, "explanation": "missing" }).to_string(),
        );
    }
    asked.text = asked.body["q"].as_str().unwrap_or_default().to_owned();
    let good = |text: &str| {
        let data = json!({ "translatedText": text });
        json!({ "responseData": data, "responseDetails": null, "responseStatus": 200 }).to_string()
    };
    it.answer(asked, false, good).await
}
