//! What a terminal says of where the pages are: the addresses for readers with a QR code, and the operator's link.
use std::env;

use qrcode::{Color, EcLevel, QrCode};

use super::terminal::Terminal;
use crate::serve::{Addresses, Server};

/// Says where each server is found. An operator's token is made only where a person reads it: never in a log or a file.
pub(crate) fn announce(servers: &[Server], terminal: &Terminal) {
    for server in servers {
        terminal.say(&format!("listening on {}", server.url()));
        let addresses = server.addresses();
        let Some(columns) = terminal.columns() else {
            if let Some(line) = one_line(&addresses) {
                terminal.say(&line);
            }
            continue;
        };
        let secret = server.make_operator_token();
        for line in lines(&addresses, secret.as_deref()) {
            terminal.say(&line);
        }
        let plain = env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let code = addresses.best().and_then(|it| qr_code(it, plain));
        if let Some(code) =
            code.filter(|it| can_show(columns, it.columns, |name| env::var(name).ok()))
        {
            terminal.say(&code.text);
        }
    }
}

/// For a program or a file that is read later.
fn one_line(addresses: &Addresses) -> Option<String> {
    addresses.best()?;
    let others = addresses.others.iter().map(|it| it.url.as_str());
    let all: Vec<&str> = addresses.public.as_deref().into_iter().chain(others).collect();
    Some(format!("for readers: {}", all.join(", ")))
}

/// For a person.
fn lines(addresses: &Addresses, secret: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |name: &str, what: String| lines.push(format!("  {name:<10} {what}"));
    let Addresses { public, others, own } = addresses;
    match addresses.best() {
        Some(best) => {
            say("readers", best.to_owned());
            for other in others.iter().filter(|it| it.url != best) {
                let by = other.by.as_ref().map_or(String::new(), |it| format!(" (by {it})"));
                say(if public.is_some() { "here" } else { "or" }, format!("{}{by}", other.url));
            }
            say("slide", format!("{best}/join"));
        }
        None => {
            say("readers", "on this machine only; listen on 0.0.0.0 to let others in".to_owned())
        }
    }
    if let Some(secret) = secret {
        let base = addresses.best().unwrap_or(own);
        say("operator", format!("{base}/operator#token={secret}"));
    }
    lines
}

/// A QR code of characters, two modules in each.
struct Drawn {
    text: String,
    columns: usize,
}

/// Modules of white around it, as scanners need.
const QUIET: i32 = 4;

/// `plain`: without colours, for a dark background.
fn qr_code(address: &str, plain: bool) -> Option<Drawn> {
    let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
    let (width, modules) = (code.width() as i32, code.to_colors());
    let is_dark = |x: i32, y: i32| {
        let inside = (0..width).contains(&x) && (0..width).contains(&y);
        inside && modules[(y * width + x) as usize] == Color::Dark
    };
    let letter = |x, y| match (is_dark(x, y) != plain, is_dark(x, y + 1) != plain) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    // Black on white of the fixed part of the palette, which themes leave alone.
    let (begin, end) = if plain { ("", "") } else { ("\x1b[38;5;16;48;5;231m", "\x1b[0m") };
    let line = |y| {
        let line: String = (-QUIET..width + QUIET).map(|x| letter(x, y)).collect();
        format!("{begin}{line}{end}")
    };
    let lines: Vec<String> = (-QUIET..width + QUIET).step_by(2).map(line).collect();
    Some(Drawn { text: lines.join("\n"), columns: (width + 2 * QUIET) as usize })
}

/// Whether the terminal is wide enough and shows the characters.
fn can_show(columns: usize, needed: usize, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).filter(|it| !it.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let utf8 = match locale {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        // Windows and macOS speak UTF-8 without such a variable.
        None => cfg!(any(windows, target_os = "macos")),
    };
    utf8 && needed <= columns && set("TERM").as_deref() != Some("dumb")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Address;

    fn hall() -> Addresses {
        let address = |url: &str, by: Option<&str>| Address {
            url: url.to_owned(),
            by: by.map(str::to_owned),
        };
        Addresses {
            public: None,
            others: vec![
                address("http://192.168.1.5:31979", None),
                address("http://hall.local:31979", None),
                address("http://172.17.0.1:31979", Some("docker0")),
            ],
            own: "http://127.0.0.1:31979".to_owned(),
        }
    }

    fn here() -> Addresses {
        Addresses { others: Vec::new(), ..hall() }
    }

    #[test]
    fn a_person_is_told_the_best_address_first_and_the_operators_link() {
        let told = lines(&hall(), Some("5ecret"));
        let expected = [
            "  readers    http://192.168.1.5:31979",
            "  or         http://hall.local:31979",
            "  or         http://172.17.0.1:31979 (by docker0)",
            "  slide      http://192.168.1.5:31979/join",
            "  operator   http://192.168.1.5:31979/operator#token=5ecret",
        ];
        assert_eq!(told, expected);
        let public = Addresses { public: Some("https://captions.example".to_owned()), ..hall() };
        let told = lines(&public, None);
        assert_eq!(told[0], "  readers    https://captions.example");
        assert_eq!(told[1], "  here       http://192.168.1.5:31979");
        assert!(!told.iter().any(|it| it.contains("operator")));
    }

    #[test]
    fn where_only_this_machine_reaches_it_it_says_so() {
        let told = lines(&here(), Some("5ecret"));
        assert!(told[0].contains("this machine only"), "{told:?}");
        assert_eq!(told[1], "  operator   http://127.0.0.1:31979/operator#token=5ecret");
        assert_eq!(one_line(&here()), None);
        let line = one_line(&hall()).unwrap();
        assert!(line.starts_with("for readers: http://192.168.1.5:31979, http://hall.local"));
    }

    #[test]
    fn the_code_is_the_address() {
        for address in
            ["http://192.168.1.5:31979", "https://captions.example/a-hall/with/a/long/path"]
        {
            for plain in [false, true] {
                let Drawn { text, columns } = qr_code(address, plain).unwrap();
                let text = text.replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", "");
                let lines: Vec<Vec<char>> = text.lines().map(|it| it.chars().collect()).collect();
                assert!(lines.iter().all(|it| it.len() == columns));
                let is_dark = |x: usize, y: usize| {
                    let full = if y.is_multiple_of(2) { ['█', '▀'] } else { ['█', '▄'] };
                    full.contains(&lines[y / 2][x]) != plain
                };
                // A scanner needs modules of several pixels.
                let (scale, height) = (4, 2 * lines.len());
                let light =
                    |x: usize, y: usize| if is_dark(x / scale, y / scale) { 0 } else { 255 };
                let mut picture = rqrr::PreparedImage::prepare_from_greyscale(
                    columns * scale,
                    height * scale,
                    light,
                );
                let found = picture.detect_grids();
                assert_eq!(found.len(), 1, "{address}, plain: {plain}");
                assert_eq!(found[0].decode().unwrap().1, address);
            }
        }
    }

    #[test]
    fn a_code_is_shown_where_it_can_be_read() {
        let shows = |columns, variables: &[(&str, &str)]| {
            let get = |name: &str| Some(variables.iter().find(|(it, _)| *it == name)?.1.to_owned());
            can_show(columns, 33, get)
        };
        assert!(shows(80, &[("LANG", "nl_NL.UTF-8"), ("TERM", "xterm")]));
        assert!(shows(33, &[("LC_ALL", ""), ("LANG", "C.utf8")]));
        assert!(!shows(32, &[("LANG", "C.UTF-8")]));
        assert!(!shows(80, &[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
        assert!(!shows(80, &[("LANG", "C.UTF-8"), ("TERM", "dumb")]));
    }
}
