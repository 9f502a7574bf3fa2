//! What of a plan belongs to one of its broadcasts: what its viewers are told of, and its operators see, pause and end.
use crate::spec::{
    Plan,
    plan::{Planned, Stage},
};

/// For each stage whether it belongs to the broadcast `of`: that one itself, all that leads to it, and what is fed by something of its own
/// without leading to another broadcast. What leads to no broadcast at all, and is fed by nothing that does, belongs to each of them: somebody has to see
/// it. Where there is one broadcast, all is its own.
pub(super) fn belongs(plan: &Plan, of: usize) -> Vec<bool> {
    let stages = plan.stages();
    let own = leading_to(stages, of);
    let mut others = vec![false; stages.len()];
    for (number, stage) in stages.iter().enumerate() {
        if number != of && matches!(stage.work, Planned::Broadcast(_)) {
            let theirs = leading_to(stages, number);
            others.iter_mut().zip(theirs).for_each(|(it, theirs)| *it |= theirs);
        }
    }
    let mut belongs: Vec<bool> = Vec::new();
    // Who gives stands before who takes.
    for (number, stage) in stages.iter().enumerate() {
        let fed = stage.feeds.is_empty() || stage.feeds.iter().any(|it| belongs[it.giver]);
        belongs.push(own[number] || !others[number] && fed);
    }
    belongs
}

/// Those from which something comes to this stage, and it.
pub(super) fn leading_to(stages: &[Stage], number: usize) -> Vec<bool> {
    let mut leads = vec![false; stages.len()];
    let mut open = vec![number];
    while let Some(number) = open.pop() {
        if !leads[number] {
            leads[number] = true;
            open.extend(stages[number].feeds.iter().map(|it| it.giver));
        }
    }
    leads
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::check;

    const TWO: &str = r#"
        [lines.left]
        path = "left.jsonl"
        [lines.right]
        path = "right.jsonl"
        [lines.both]
        path = "both.jsonl"
        [lines.alone]
        path = "alone.jsonl"
        [broadcast.one]
        from = ["left", "both"]
        listen = "127.0.0.1:0"
        [broadcast.two]
        from = ["right", "both"]
        listen = "127.0.0.1:0"
        [subtitles.file]
        from = "right"
        path = "{track}.srt"
        [subtitles.shared]
        from = "both"
        path = "shared.srt"
        [subtitles.apart]
        from = "alone"
        path = "apart.srt"
    "#;

    fn names(text: &str, of: &str) -> Vec<String> {
        let plan = check(text, Path::new("it.toml")).unwrap();
        let of = plan.stages().iter().position(|it| it.name == of).unwrap();
        let belongs = belongs(&plan, of);
        let names = plan.stages().iter().zip(belongs).filter(|(_, it)| *it);
        let mut names: Vec<_> = names.map(|(stage, _)| stage.name.clone()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_of_two_broadcasts_has_what_leads_to_it_and_what_leads_to_none() {
        let one = ["alone", "apart", "both", "left", "one", "shared"];
        assert_eq!(names(TWO, "one"), one);
        let two = ["alone", "apart", "both", "file", "right", "shared", "two"];
        assert_eq!(names(TWO, "two"), two);
    }

    #[test]
    fn all_is_the_only_broadcasts_own() {
        let alone = TWO.replace("[broadcast.two]", "[lines.two]").replacen(
            "listen = \"127.0.0.1:0\"\n        [subtitles.file]",
            "path = \"out.jsonl\"\n        [subtitles.file]",
            1,
        );
        assert_eq!(names(&alone, "one").len(), 9);
    }
}
