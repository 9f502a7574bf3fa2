//! A real translator: Apertium from English to Spanish, as the system's packages have it.
use std::{path::Path, process::Stdio};

use livecap::{logic::translate::Ask, stages::translate::Apertium};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

use super::*;

/// Where Debian's packages put the pairs.
const PAIRS: &str = "/usr/share/apertium";

/// The server and its address; `None` where it is not installed.
async fn apertium() -> Option<(Child, String)> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&paths).any(|it| it.join("apertium-apy").is_file());
    if !installed || !Path::new(PAIRS).join("modes/eng-spa.mode").is_file() {
        println!("skipped: apertium-apy with English and Spanish is not installed");
        return None;
    }
    // It takes no port 0: this one was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut command = Command::new("apertium-apy");
    command.args(["-p", &port.to_string(), "-j", "1", PAIRS]).kill_on_drop(true);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    let mut looks = tokio::time::interval(20 * MS);
    let listens = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert_eq!(server.try_wait().unwrap(), None, "it has ended");
            looks.tick().await;
        }
    };
    timeout(SOON, listens).await.expect("it listens");
    Some((server, format!("http://127.0.0.1:{port}")))
}

#[tokio::test]
async fn apertium_translates_into_spanish_as_it_is_installed() {
    let Some((_server, url)) = apertium().await else { return };
    let it: Arc<dyn Translator> = Arc::new(Apertium::new(Some(&url), None, SOON).unwrap());
    let mut spanish = settings();
    spanish.scheduler.to = Language::new("es");
    let mut stage = AtWork::start(spanish, it.clone());
    for text in ["The house is big.", "Good morning.", "The train leaves at ten."] {
        stage.say(text).await;
    }
    let given = stage.rest().await;
    assert_whole(&given, 3);
    assert_eq!(given[0].text(), "La casa es grande.");
    assert!(given.iter().all(|it| !it.text().contains('*')), "{given:?}");
    // A pair that it does not have is refused for good, with its own words.
    let ask = Ask {
        text: "Hello.".to_owned(),
        from: Some(Language::new("en")),
        to: Language::new("tr"),
        context: vec![],
    };
    let refused = it.translate(ask).await.unwrap_err();
    assert!(refused.why.starts_with("it answers 400"), "{}", refused.why);
}
