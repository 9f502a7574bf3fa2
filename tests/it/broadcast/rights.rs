//! Who may do what: by a token, by where a request comes from.
use livecap::{
    cli::client::ClientError,
    serve::{PerAddress, RelayFilter, Token, Tokens},
};

use super::*;

fn tokens() -> Tokens {
    let token = |it| Some(Token::new(it));
    Tokens { viewer: token("v"), publish: token("p"), operator: token("o"), archive: None }
}

/// A server that other machines could reach.
fn elsewhere() -> Settings {
    Settings { host: "0.0.0.0".into(), relay: RelayFilter::Everything, ..settings() }
}

async fn with_token(server: &Server, method: &str, path: &str, token: &str) -> (String, String) {
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}");
    request(server, &head, "").await
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_viewers_token_guards_captions_and_what_was_said() {
    let pipeline = Pipeline::start(Settings { tokens: tokens(), ..settings() }).await;
    for auth in
        [json!({}), json!({ "v": 1 }), json!({ "v": 1, "token": "x" }), json!({ "token": ["v"] })]
    {
        let refused = Client::connect(&pipeline.url(), auth).await.err().unwrap();
        let told = refused.to_string();
        assert!(
            matches!(refused, ClientError::Refused { .. }) && told.contains("unauthorized"),
            "{told}"
        );
    }
    for token in ["v", "p", "o"] {
        pipeline.viewer(json!({ "v": 1, "token": token })).await.hello().await;
        let (head, _) = with_token(&pipeline.server, "GET", "/api/transcript.json", token).await;
        assert_eq!(status(&head), 200);
    }
    for path in ["/api/transcript.json", "/api/transcript.srt"] {
        assert_eq!(status(&get(&pipeline.server, path).await.0), 401);
        assert_eq!(status(&with_token(&pipeline.server, "GET", path, "x").await.0), 401);
    }
    // A cookie is sent along by pages of others, too.
    let cookie = "GET /api/transcript.txt HTTP/1.1\r\nhost: localhost\r\ncookie: token=v";
    assert_eq!(status(&request(&pipeline.server, cookie, "").await.0), 401);
}

#[tokio::test]
async fn elsewhere_than_on_loopback_details_and_publishing_need_a_token() {
    let open = Pipeline::start(elsewhere()).await;
    let port = open.server.local_addr().port();
    let url = format!("http://127.0.0.1:{port}");
    let (_, body) = get(&open.server, "/api/state").await;
    let state: Value = serde_json::from_str(&body).unwrap();
    assert!(state["stages"].is_array() && state.get("edges").is_none(), "{body}");
    assert_eq!(status(&get(&open.server, "/metrics").await.0), 401);
    let mut client = Client::connect(&url, Value::Null).await.unwrap();
    let answer = client.emit_with_ack("final", &[json!("?")]).await.unwrap();
    assert!(answer[0]["error"].as_str().unwrap().contains("right to publish"));

    let tokens = Tokens { viewer: None, ..tokens() };
    let guarded = Pipeline::start(Settings { tokens, ..elsewhere() }).await;
    let (_, body) = with_token(&guarded.server, "GET", "/api/state", "o").await;
    assert!(serde_json::from_str::<Value>(&body).unwrap()["edges"].is_array());
    assert_eq!(status(&with_token(&guarded.server, "GET", "/metrics", "o").await.0), 200);
    assert_eq!(status(&with_token(&guarded.server, "GET", "/metrics", "p").await.0), 401);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_publish_on_this_machine() {
    // As `livecap serve` is: any page may read.
    let origins = vec!["*".to_owned()];
    let settings = Settings { relay: RelayFilter::Everything, origins, ..settings() };
    let server = Server::bind(settings).await.unwrap();
    server.attach(Registry::default(), Vec::new(), None);
    let port = server.local_addr().port();
    for (origin, may) in [
        ("https://evil.example".to_owned(), false),
        ("null".to_owned(), false),
        (format!("http://localhost:{port}"), true),
    ] {
        let http = async |method: &str, path: &str, body: &str| {
            let head =
                format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: {origin}");
            request(&server, &head, body).await.1
        };
        let path = "/socket.io/?EIO=4&transport=polling";
        let open: Value = serde_json::from_str(&http("GET", path, "").await[1..]).unwrap();
        let session = format!("{path}&sid={}", open["sid"].as_str().unwrap());
        http("POST", &session, "40").await;
        let joined = http("GET", &session, "").await;
        assert!(joined.contains("40{"), "{joined}");
        http("POST", &session, "427[\"final\",\"?\"]").await;
        let mut answer = String::new();
        while !answer.contains("437[") {
            answer = http("GET", &session, "").await;
        }
        assert_eq!(!answer.contains("error"), may, "{origin}: {answer}");
    }
}

#[tokio::test]
async fn only_an_operator_with_a_token_operates() {
    let pipeline = Pipeline::start(settings()).await;
    for path in
        ["pause", "resume", "clear", "end", "mark", "correct", "replace", "vocabulary", "held"]
    {
        let (head, body) = with_token(&pipeline.server, "POST", &format!("/api/{path}"), "").await;
        assert_eq!(status(&head), 403);
        assert!(body.contains("operator-token-env"), "{body}");
        let (head, _) = get(&pipeline.server, &format!("/api/{path}")).await;
        assert_eq!(status(&head), 405);
    }
    let guarded = Pipeline::start(Settings { tokens: tokens(), ..settings() }).await;
    for token in ["", "v", "p", "oo"] {
        let (head, _) = with_token(&guarded.server, "POST", "/api/clear", token).await;
        assert_eq!(status(&head), 401);
    }
    assert_eq!(status(&with_token(&guarded.server, "POST", "/api/clear", "o").await.0), 204);
    // Nothing is there to be paused: this server was never told of a gate.
    assert_eq!(status(&with_token(&guarded.server, "POST", "/api/pause", "o").await.0), 409);
}

#[tokio::test]
async fn who_may_not_operate_is_told_so_before_the_body_is_read() {
    let pipeline = Pipeline::start(Settings { tokens: tokens(), ..settings() }).await;
    let mut stream = TcpStream::connect(pipeline.server.local_addr()).await.unwrap();
    // The body never comes, and whether a connection is closed is not waited for.
    let head = "POST /api/mark HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    timeout(SOON, stream.read_exact(&mut status)).await.unwrap().unwrap();
    assert_eq!(&status, b"HTTP/1.1 401");

    let head = "POST /api/mark HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer o\r\ncontent-type: application/json";
    let long = format!(r#"{{"text":"x"}}{}"#, " ".repeat(32 * 1024));
    let (head, told) = request(&pipeline.server, head, &long).await;
    assert_eq!(self::status(&head), 413, "{told}");
}

/// What comes through a proxy on this machine comes from anywhere.
#[tokio::test]
async fn behind_a_trusted_proxy_a_loopback_address_gives_no_rights() {
    let proxies = vec!["127.0.0.1".parse().unwrap()];
    let relay = Settings { relay: RelayFilter::Everything, ..settings() };
    let pipeline = Pipeline::start(Settings { trusted_proxies: proxies, ..relay }).await;
    let (_, body) = get(&pipeline.server, "/api/state").await;
    assert!(serde_json::from_str::<Value>(&body).unwrap().get("edges").is_none(), "{body}");
    assert_eq!(status(&get(&pipeline.server, "/metrics").await.0), 401);
    let mut client = Client::connect(&pipeline.url(), Value::Null).await.unwrap();
    let answer = client.emit_with_ack("final", &[json!("?")]).await.unwrap();
    assert!(answer[0]["error"].as_str().unwrap().contains("right to publish"));
    // It is still called by names of its own, or those in `hosts`, only.
    let elsewhere = "GET /healthz HTTP/1.1\r\nhost: evil.example";
    assert_eq!(status(&request(&pipeline.server, elsewhere, "").await.0), 403);
}

/// Of every way in which a token comes: the head of any request, and `auth` of any join.
#[tokio::test]
async fn wrong_tokens_are_counted_by_address_wherever_they_come() {
    let window = Duration::from_secs(3600);
    let usual = PerAddress { window, loopback_too: true, ..PerAddress::default() };
    let per_address = PerAddress { wrong_tokens: 4, ..usual };
    let proxies = vec!["127.0.0.1".parse().unwrap()];
    let rights = Settings { tokens: tokens(), per_address, trusted_proxies: proxies, ..settings() };
    let pipeline = Pipeline::start(rights).await;
    let ask = async |from: &str, path: &str, token: &str| {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nx-forwarded-for: {from}"
        );
        request(&pipeline.server, &head, "").await
    };
    let (guesser, other) = ("192.0.2.1", "192.0.2.2");
    for path in ["/api/transcript.json", "/api/graph", "/metrics"] {
        assert_eq!(status(&ask(guesser, path, "x").await.0), 401);
    }
    // Also where none is asked for.
    assert_eq!(status(&ask(guesser, "/healthz", "x").await.0), 200);
    let (head, told) = ask(guesser, "/api/transcript.json", "v").await;
    assert_eq!(status(&head), 429, "the right one is not looked at either");
    assert!(head.contains("retry-after: 3") && told.contains("too many wrong tokens"), "{head}");
    assert_eq!(status(&ask(other, "/api/transcript.json", "v").await.0), 200);
    let none = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {guesser}");
    assert_eq!(status(&request(&pipeline.server, &none, "").await.0), 200);

    // By one session that joins again and again; the client has the proxy's own address.
    for _ in 0..4 {
        let wrong = Client::connect(&pipeline.url(), json!({ "v": 1, "token": "x" })).await;
        assert!(wrong.err().unwrap().to_string().contains("unauthorized"));
    }
    let right = Client::connect(&pipeline.url(), json!({ "v": 1, "token": "v" })).await;
    let told = right.err().unwrap().to_string();
    assert!(
        told.contains("guessed: too many wrong tokens") && told.contains("again in 3"),
        "{told}"
    );
    let local = with_token(&pipeline.server, "GET", "/api/transcript.json", "v").await;
    assert_eq!(status(&local.0), 429);
}

#[tokio::test]
async fn the_token_of_a_run_operates_from_elsewhere_and_leaves_readers_alone() {
    let per_address = PerAddress { wrong_tokens: 3, loopback_too: true, ..PerAddress::default() };
    let pipeline = Pipeline::start(Settings { per_address, ..elsewhere() }).await;
    let server = &pipeline.server;
    let from_hall = |path: &str, token: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: hall.local:31979\r\nauthorization: Bearer {token}")
    };
    let post =
        async |path, token: &str| status(&request(server, &from_hall(path, token), "").await.0);
    assert_eq!(post("/api/clear", "guess").await, 403, "nobody may operate yet");
    let secret = server.make_operator_token().unwrap();
    assert_eq!(server.make_operator_token(), None, "there is one");
    assert_eq!(post("/api/clear", &secret).await, 204);
    let (_, whole) = with_token(server, "GET", "/api/state", &secret).await;
    assert!(whole.contains("\"edges\"") && !whole.contains(&secret), "{whole}");
    for _ in 0..3 {
        assert_eq!(post("/api/clear", "wrong").await, 401);
    }
    assert_eq!(post("/api/clear", &secret).await, 429, "too many were wrong");
    // A reader's token means nothing here, so one that is left over from elsewhere keeps nobody out.
    let url = format!("http://127.0.0.1:{}", server.local_addr().port());
    for _ in 0..5 {
        Client::connect(&url, json!({ "v": 1, "token": "left over" })).await.unwrap();
    }
}

#[tokio::test]
async fn who_reads_is_told_how_to_join_and_only_this_machine_its_addresses() {
    let public_url = Some("https://captions.example".to_owned());
    let pipeline = Pipeline::start(Settings { public_url, ..elsewhere() }).await;
    let (_, body) = get(&pipeline.server, "/api/join").await;
    let here: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(here["public_url"], "https://captions.example");
    assert_eq!((&here["only_here"], here.get("remedy")), (&json!(false), None));
    let proxied = Settings { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..elsewhere() };
    let proxied = Pipeline::start(proxied).await;
    let head = "GET /api/join HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 192.0.2.7";
    let (_, body) = request(&proxied.server, head, "").await;
    let there: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(there["addresses"], json!([]), "{body}");
    let (_, body) = get(&Pipeline::start(settings()).await.server, "/api/join").await;
    let alone: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(alone["only_here"], true);
    assert!(alone["remedy"].as_str().unwrap().contains("0.0.0.0"), "{body}");
    let guarded = Pipeline::start(Settings { tokens: tokens(), ..settings() }).await;
    assert_eq!(status(&get(&guarded.server, "/api/join").await.0), 401);
    let (_, body) = with_token(&guarded.server, "GET", "/api/join", "v").await;
    assert!(!body.contains("remedy"), "{body}");
    let (_, body) = with_token(&guarded.server, "GET", "/api/join", "o").await;
    assert!(body.contains("remedy"), "{body}");
}
