//! HTML entities in an answer that was to be plain text: `L&#39;heure` is `L'heure`.

/// What is written for more letters than one code: names of HTML 4 for Latin-1, and the marks of typesetting.
#[rustfmt::skip]
const NAMES: &[(&str, char)] = &[
    ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u{a0}'), ("iexcl", '¡'), ("cent", '¢'),
    ("pound", '£'), ("yen", '¥'), ("sect", '§'), ("uml", '¨'), ("copy", '©'), ("ordf", 'ª'), ("laquo", '«'), ("reg", '®'),
    ("deg", '°'), ("plusmn", '±'), ("sup2", '²'), ("sup3", '³'), ("acute", '´'), ("micro", 'µ'), ("para", '¶'), ("middot", '·'),
    ("ordm", 'º'), ("raquo", '»'), ("frac14", '¼'), ("frac12", '½'), ("frac34", '¾'), ("iquest", '¿'), ("Agrave", 'À'),
    ("Aacute", 'Á'), ("Acirc", 'Â'), ("Atilde", 'Ã'), ("Auml", 'Ä'), ("Aring", 'Å'), ("AElig", 'Æ'), ("Ccedil", 'Ç'),
    ("Egrave", 'È'), ("Eacute", 'É'), ("Ecirc", 'Ê'), ("Euml", 'Ë'), ("Igrave", 'Ì'), ("Iacute", 'Í'), ("Icirc", 'Î'),
    ("Iuml", 'Ï'), ("ETH", 'Ð'), ("Ntilde", 'Ñ'), ("Ograve", 'Ò'), ("Oacute", 'Ó'), ("Ocirc", 'Ô'), ("Otilde", 'Õ'),
    ("Ouml", 'Ö'), ("times", '×'), ("Oslash", 'Ø'), ("Ugrave", 'Ù'), ("Uacute", 'Ú'), ("Ucirc", 'Û'), ("Uuml", 'Ü'),
    ("Yacute", 'Ý'), ("THORN", 'Þ'), ("szlig", 'ß'), ("agrave", 'à'), ("aacute", 'á'), ("acirc", 'â'), ("atilde", 'ã'),
    ("auml", 'ä'), ("aring", 'å'), ("aelig", 'æ'), ("ccedil", 'ç'), ("egrave", 'è'), ("eacute", 'é'), ("ecirc", 'ê'),
    ("euml", 'ë'), ("igrave", 'ì'), ("iacute", 'í'), ("icirc", 'î'), ("iuml", 'ï'), ("eth", 'ð'), ("ntilde", 'ñ'),
    ("ograve", 'ò'), ("oacute", 'ó'), ("ocirc", 'ô'), ("otilde", 'õ'), ("ouml", 'ö'), ("divide", '÷'), ("oslash", 'ø'),
    ("ugrave", 'ù'), ("uacute", 'ú'), ("ucirc", 'û'), ("uuml", 'ü'), ("yacute", 'ý'), ("thorn", 'þ'), ("yuml", 'ÿ'),
    ("OElig", 'Œ'), ("oelig", 'œ'), ("Scaron", 'Š'), ("scaron", 'š'), ("ndash", '–'), ("mdash", '—'), ("lsquo", '‘'),
    ("rsquo", '’'), ("sbquo", '‚'), ("ldquo", '“'), ("rdquo", '”'), ("bdquo", '„'), ("hellip", '…'), ("bull", '•'),
    ("lsaquo", '‹'), ("rsaquo", '›'), ("euro", '€'), ("trade", '™'),
];

/// No entity is longer, in bytes, its `&` and `;` left out.
const LONGEST: usize = 8;

/// `answer` with the letters that its entities stand for. Those that the `source` holds were said, and stay.
pub fn decoded(answer: &str, source: &str) -> String {
    let once = decoded_once(answer, source);
    // Some servers escape twice: `&amp;#39;`.
    if once == answer { once } else { decoded_once(&once, source) }
}

fn decoded_once(answer: &str, source: &str) -> String {
    let mut text = String::with_capacity(answer.len());
    let mut rest = answer;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let body = rest[1..].split(';').next().filter(|it| it.len() <= LONGEST);
        let whole = body.and_then(|it| rest.get(..it.len() + 2));
        match body.and_then(letter).zip(whole).filter(|it| !source.contains(it.1)) {
            Some((letter, whole)) => {
                text.push(letter);
                rest = &rest[whole.len()..];
            }
            None => {
                text.push('&');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

/// What stands between `&` and `;`.
fn letter(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else {
        return NAMES.iter().find(|it| it.0 == entity).map(|it| it.1);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|it| !it.is_control())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entities_become_letters() {
        for (answer, text) in [
            ("Goede&nbsp;morgen &amp; welkom.", "Goede\u{a0}morgen & welkom."),
            ("L&#39;heure", "L'heure"),
            ("L&#x27;heure &#X201C;", "L'heure “"),
            ("&quot;&lt;b&gt;&quot; &eacute;&Eacute;", "\"<b>\" éÉ"),
            ("L&amp;#39;heure", "L'heure"),
            ("AT&T; R&D &unknown; &#xZZ; &#7; & &", "AT&T; R&D &unknown; &#xZZ; &#7; & &"),
            ("&#39", "&#39"),
        ] {
            assert_eq!(decoded(answer, "Good morning"), text);
        }
        assert_eq!(
            decoded("Schrijf &lt; voor &quot;", "Write &lt; for that"),
            "Schrijf &lt; voor \""
        );
    }

    proptest! {
        #[test]
        fn text_without_entities_stays_as_it_is(text in "[^&]{0,40}") {
            prop_assert_eq!(decoded(&text, ""), text);
        }

        #[test]
        fn whatever_is_escaped_comes_back(text in "[a-z&<>\"' é]{0,30}") {
            let escaped: String = text.chars().map(|it| format!("&#{};", u32::from(it))).collect();
            // What reads as an entity once it is decoded is taken for one that was escaped twice.
            prop_assume!(!text.contains('&'));
            prop_assert_eq!(decoded(&escaped, ""), text);
        }
    }
}
