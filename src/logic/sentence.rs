//! Where sentences and clauses end, in every script: the one list of punctuation marks.

/// What ends a sentence: full stops, question and exclamation marks of the scripts that Whisper writes.
pub const ENDS: [char; 16] =
    ['.', '?', '!', '。', '．', '？', '！', '｡', '।', '॥', '؟', '۔', '։', '።', '။', '។'];
/// What ends a clause.
pub const CLAUSES: [char; 11] = [',', ';', ':', '，', '、', '；', '：', '،', '؛', '၊', '፣'];
/// What ends a sentence or a part of it. Three dots do not end one: Whisper writes them where somebody breaks off.
pub const MARKS: [char; 28] = [
    '.', '?', '!', '。', '．', '？', '！', '｡', '।', '॥', '؟', '۔', '։', '።', '။', '។', ',', ';',
    ':', '，', '、', '；', '：', '،', '؛', '၊', '፣', '…',
];
/// What may stand behind the mark.
const CLOSING: [char; 11] = ['"', '\'', '”', '’', '»', ')', ']', '」', '』', '）', '›'];

/// Whether the text ends a sentence.
pub fn is_end(text: &str) -> bool {
    let text = bare(text);
    text.ends_with(ENDS) && !text.ends_with("..")
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
        ];
        assert!(whole.iter().all(|it| is_end(it)));
        let open = ["and then...", "and then…", "well,", "the plan", "", " ", "at 10.5"];
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
