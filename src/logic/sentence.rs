//! Where sentences and clauses end, in every script: the one list of punctuation marks.

/// What ends a sentence: full stops, question and exclamation marks of the scripts that Whisper writes. Thai and Lao have none: there a
/// pause ends it (`ฯ` shortens a word).
pub const ENDS: [char; 20] = [
    '.', '?', '!', '。', '．', '？', '！', '｡', '।', '॥', '؟', '۔', '։', '።', '፧', '။', '។', '៕',
    '།', '༎',
];
/// What ends a clause.
pub const CLAUSES: [char; 11] = [',', ';', ':', '，', '、', '；', '：', '،', '؛', '၊', '፣'];
/// What ends a sentence or a part of it. Three dots do not end one: Whisper writes them where somebody breaks off.
pub const MARKS: [char; 32] = [
    '.', '?', '!', '。', '．', '？', '！', '｡', '।', '॥', '؟', '۔', '։', '።', '፧', '။', '។', '៕',
    '།', '༎', ',', ';', ':', '，', '、', '；', '：', '،', '؛', '၊', '፣', '…',
];
/// What may stand behind the mark.
const CLOSING: [char; 11] = ['"', '\'', '”', '’', '»', ')', ']', '」', '』', '）', '›'];

/// Words that end in a full stop wherever they stand; lower case, in the languages that most readers will meet them in.
const ABBREVIATIONS: [&str; 22] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "hr", "fr", "bzw", "z.b",
    "d.h", "mme", "mlle", "sra", "dra", "ing", "mevr", "dhr",
];

/// Whether the text ends a sentence. The full stop of a title or of an initial ends none.
pub fn is_end(text: &str) -> bool {
    let text = bare(text);
    let is_end = text.ends_with(ENDS) && !text.ends_with("..");
    is_end && !text.strip_suffix('.').is_some_and(is_abbreviation)
}

fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(|it: char| !it.is_alphanumeric()).to_lowercase();
    ABBREVIATIONS.contains(&word.as_str())
}

/// Whether the text ends a clause or a sentence.
pub fn is_clause_end(text: &str) -> bool {
    is_end(text) || bare(text).ends_with(CLAUSES)
}

/// Without what stands behind the last mark.
fn bare(text: &str) -> &str {
    text.trim_end().trim_end_matches(CLOSING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_in_every_script_and_three_dots_end_none() {
        let whole = [
            "Good morning.",
            "Really?",
            "He said \"no.\"",
            "終わり。",
            "(Yes!) ",
            "ठीक है।",
            "لماذا؟",
            "ٹھیک ہے۔",
            "好！」",
            "ជំរាបសួរ។",
            "ကောင်းပြီ။",
            "བཀྲ་ཤིས།",
        ];
        assert!(whole.iter().all(|it| is_end(it)));
        let open = [
            "said Mr.",
            "(Dr.",
            "and then...",
            "and then…",
            "well,",
            "the plan",
            "",
            " ",
            "at 10.5",
            "สวัสดีครับ",
            "กรุงเทพฯ",
        ];
        assert!(open.iter().all(|it| !is_end(it)));
        assert!(
            ["well,", "那么，", "so:"].iter().all(|it| is_clause_end(it)) && !is_clause_end("so")
        );
    }

    #[test]
    fn every_end_is_a_mark() {
        assert!(ENDS.iter().chain(&CLAUSES).all(|it| MARKS.contains(it)));
    }
}
