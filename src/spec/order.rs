//! The second phase, the whole: no circles, upstream first.
use petgraph::{algo::tarjan_scc, graph::DiGraph};

use super::{Code, Complaint, complaint::list, table::Table, wiring::Link};

/// The numbers of the tables, givers before takers and else in file order. `None`: they listen in a circle, and each
/// circle was complained about.
pub(super) fn upstream_first(
    tables: &[Table<'_>],
    links: &[Link],
    complaints: &mut Vec<Complaint>,
) -> Option<Vec<usize>> {
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<_> = tables.iter().map(|_| graph.add_node(())).collect();
    for link in links {
        graph.add_edge(nodes[link.giver], nodes[link.taker], ());
    }
    let before = complaints.len();
    for circle in tarjan_scc(&graph) {
        let within = |table: usize| circle.contains(&nodes[table]);
        let mut inner: Vec<&Link> =
            links.iter().filter(|it| within(it.giver) && within(it.taker)).collect();
        if !inner.is_empty() {
            inner.sort_by_key(|it| it.span.start);
            complaints.push(complaint(tables, &inner));
        }
    }
    if complaints.len() > before {
        return None;
    }
    let mut order: Vec<usize> = Vec::new();
    while order.len() < tables.len() {
        let placed = |link: &Link| order.contains(&link.giver);
        let ready = (0..tables.len()).find(|it| {
            !order.contains(it) && links.iter().filter(|link| link.taker == *it).all(placed)
        });
        order.push(ready?);
    }
    Some(order)
}

fn complaint(tables: &[Table<'_>], inner: &[&Link]) -> Complaint {
    let title = match inner {
        [own] => format!("`{}` listens to itself", tables[own.taker].title()),
        _ => {
            let titles: Vec<String> = inner.iter().map(|it| tables[it.taker].title()).collect();
            let titles = list(titles.iter().map(String::as_str), "and");
            format!("{titles} listen to each other in a circle")
        }
    };
    let mut complaint = Complaint::new(Code::Cycle, title);
    for link in inner {
        let (taker, giver) = (tables[link.taker].name, tables[link.giver].name);
        complaint = complaint.mark(link.span.clone(), format!("`{taker}` listens to `{giver}`"));
    }
    complaint.help("let one of them listen to a stage outside of the circle")
}
