//! What a model thought aloud before it answered, told from the answer itself.

/// Names of the elements that thoughts stand in: `<think>…</think>`, `[THINK]…[/THINK]`.
const THOUGHTS: [&str; 13] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reason",
    "reflection",
    "analysis",
    "scratchpad",
    "seed:think",
    "longcat_think",
    "antthinking",
    "cot",
];
/// Marks that nothing but an answer stands behind, of templates that a server passed on.
const LAST: [&str; 8] = [
    "<|message|>",
    "<channel|>",
    "◁/think▷",
    "<|end_of_thought|>",
    "<|begin_of_solution|>",
    "<|/think|>",
    "</|think|>",
    "assistantfinal",
];
/// Marks behind which nothing of the answer stands.
const ENDS: [&str; 11] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|return|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<|end_of_solution|>",
    "<turn|>",
    "<eos>",
    "</s>",
];

/// What stands behind the last mark that ends thoughts, whether their beginning is there or not: many templates write it themselves.
/// `None`: thoughts have begun and not ended. Marks that the `source` holds are words of its own.
pub(super) fn answer<'a>(text: &'a str, source: &str) -> Option<&'a str> {
    let low = lower(text);
    let source = lower(source);
    let said = |mark: &str| source.contains(mark);
    let mut rest = 0;
    for name in THOUGHTS {
        for close in closing(name) {
            if let Some(at) = low.rfind(&close).filter(|_| !said(&close)) {
                rest = rest.max(at + close.len());
            }
        }
    }
    for mark in LAST {
        // Without the marks around it, this word follows on what was thought.
        let word = mark == "assistantfinal" && !low.trim_start().starts_with("analysis");
        if let Some(at) = low.rfind(mark).filter(|_| !word && !said(mark)) {
            rest = rest.max(at + mark.len());
        }
    }
    let behind = &text[rest..];
    let low = &low[rest..];
    let end = ENDS.iter().filter(|it| !said(it)).filter_map(|it| low.find(it)).min();
    let behind = &behind[..end.unwrap_or(behind.len())];
    // Thoughts that come last, or do not end.
    let low = &low[..behind.len()];
    let open = THOUGHTS.iter().flat_map(|it| opening(it)).filter(|it| !said(it));
    match open.filter_map(|it| low.find(&it)).min() {
        Some(at) if behind[..at].trim().is_empty() => None,
        Some(at) => Some(&behind[..at]),
        None if behind.trim().is_empty() && 0 < rest => before(text, &lower(text)),
        None => Some(behind),
    }
}

/// What stands before the thoughts, where nothing stands behind them.
fn before<'a>(text: &'a str, low: &str) -> Option<&'a str> {
    let open = THOUGHTS.iter().flat_map(|it| opening(it));
    let at = open.filter_map(|it| low.find(&it)).min()?;
    Some(&text[..at]).filter(|it| !it.trim().is_empty())
}

fn opening(name: &str) -> [String; 2] {
    [format!("<{name}>"), format!("[{name}]")]
}

fn closing(name: &str) -> [String; 3] {
    [format!("</{name}>"), format!("[/{name}]"), format!("</{name} >")]
}

/// As long as `text`, so that places in one are places in the other.
fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_stands_behind_the_last_mark_that_ends_thoughts() {
        for text in [
            "Goede morgen.",
            "<think>\nshort\n</think>\n\nGoede morgen.",
            "Dutch, informal.</think>\n\nGoede morgen.",
            "Dutch, informal. </think> Goede morgen.",
            "<thinking>Dutch.</thinking>Goede morgen.",
            "<Reasoning>Dutch.</REASONING> Goede morgen.",
            "[THINK]Dutch.[/THINK]Goede morgen.",
            "<think>a</think>No.<think>b</think>Goede morgen.",
            "<|channel|>final<|message|>Goede morgen.",
            "<|channel|>analysis<|message|>Dutch.<|end|><|start|>assistant<|channel|>final<|message|>Goede morgen.<|return|>",
            "<|channel>thought\nDutch.\n<channel|>Goede morgen.<turn|>",
            "◁think▷Dutch.◁/think▷Goede morgen.",
            "analysisDutch, informal.assistantfinalGoede morgen.",
            "Goede morgen.<think>Was it right?</think>",
            "Goede morgen.<think>Was it",
            "Goede morgen.<|im_end|>\n<|im_start|>user",
        ] {
            assert_eq!(
                answer(text, "Good morning.").map(str::trim),
                Some("Goede morgen."),
                "{text}"
            );
        }
        for text in ["<think>Dutch", " <thinking>", "<think>Dutch</think>"] {
            assert_eq!(answer(text, "Good morning."), None, "{text}");
        }
    }

    #[test]
    fn marks_that_were_said_are_words() {
        let text = "Schrijf </think> daarachter.";
        assert_eq!(answer(text, "Write </think> behind it."), Some(text));
        assert_eq!(answer("de assistantfinal", "the final"), Some("de assistantfinal"));
    }

    proptest! {
        #[test]
        fn whatever_is_thought_the_answer_stays(thought in "[a-zé<>/ ]{0,40}", text in "[A-Za-zé,. ]{1,40}") {
            prop_assume!(!text.trim().is_empty());
            let whole = format!("<think>{thought}</think>{text}");
            prop_assert_eq!(answer(&whole, "Good morning."), Some(text.as_str()));
        }
    }
}
