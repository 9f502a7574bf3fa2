//! A plan as an operator's page is told of it, or what of it belongs to a broadcast.
use crate::{
    spec::Plan,
    wire::{Graph, GraphEdge, GraphStage},
};

/// The stages and edges that `livecap graph` draws.
pub(super) fn graph(plan: &Plan, belongs: &[bool]) -> Graph {
    let stages = plan.stages();
    let own = || stages.iter().zip(belongs).filter(|(_, own)| **own).map(|(stage, _)| stage);
    let edges = own().flat_map(|taker| {
        taker.feeds.iter().filter(|it| belongs[it.giver]).map(|feed| GraphEdge {
            from: stages[feed.giver].name.clone(),
            to: taker.name.clone(),
            carries: feed.carries.name().to_owned(),
            room: feed.room.to_string(),
            when_full: feed.when_full.name().to_owned(),
        })
    });
    Graph {
        name: plan.name().to_owned(),
        edges: edges.collect(),
        stages: own()
            .map(|it| GraphStage {
                name: it.name.clone(),
                kind: it.kind().name().to_owned(),
                implied: it.implied,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::check;
    use std::path::Path;

    #[test]
    fn the_graph_is_that_of_the_plan() {
        let text = "[pipeline]\nname = \"two\"\n[pcm.mic]\n[resample.speech]\nfrom = \"mic\"\n[whisper.english]\n\
                    from = \"speech\"\nmodel = \"demo\"\n[broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n[lines.out]\nfrom = \"english\"\n";
        let plan = check(text, Path::new("two.toml")).unwrap();
        let found = graph(&plan, &[true; 5]);
        assert_eq!(found.name, "two");
        let stages: Vec<_> = found.stages.iter().map(|it| (&*it.kind, &*it.name)).collect();
        assert_eq!(stages[..2], [("pcm", "mic"), ("resample", "speech")]);
        assert_eq!((stages.len(), stages[2]), (5, ("whisper", "english")));
        let edges: Vec<_> =
            found.edges.iter().map(|it| (&*it.from, &*it.to, &*it.carries)).collect();
        assert_eq!(edges[..2], [("mic", "speech", "audio"), ("speech", "english", "speech")]);
        assert!(edges.contains(&("english", "web", "captions")) && edges.len() == 4, "{edges:?}");
        let last = found.edges.iter().find(|it| it.to == "web").unwrap();
        let part = graph(&plan, &[true, true, true, false, true]);
        assert_eq!((part.stages.len(), part.edges.len()), (4, 3));
        assert_eq!((&*last.room, &*last.when_full), ("64", "coalesce"));
    }
}
